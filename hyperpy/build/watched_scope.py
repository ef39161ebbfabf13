"""An ASGI scope that notes which code of the site reads what differs between visitors."""

import sys
import threading
from collections.abc import ItemsView, Iterator, ValuesView
from types import FrameType
from typing import Any, Final, override

from starlette.datastructures import URL
from starlette.types import Scope

from hyperpy.app.dispatch import Dispatch
from hyperpy.exceptions import Place
from hyperpy.pages import current

HEADERS: Final = "reads headers or cookies of the request"
SESSION: Final = "reads the session"
QUERY: Final = "reads the query"

_READS: Final = {
    "headers": HEADERS,
    "client": "reads the visitor's address",
    "session": SESSION,
    "user": "reads the user of the request",
    "auth": "reads the user of the request",
    "query_string": QUERY,
}
_LIBRARIES: Final = frozenset({"hyperpy", "starlette"}) | sys.stdlib_module_names
_STATE: Final = "starlette.datastructures"
_BEYOND: Final = Dispatch.__call__.__code__
_ADDRESS: Final = URL.__init__.__code__


class _Watched(dict[str, Any]):
    """A dict whose reads by route files, and by what these call, are noted in `reads`.

    It knows what a key says of the visitor by `watched`, to which belongs whatever middleware sets.
    """

    def __init__(self, content: Scope, reads: dict[str, Place], watched: dict[str, str]) -> None:
        super().__init__(content)
        self._reads = reads
        self._watched = watched
        self._thread = threading.get_ident()

    @override
    def __getitem__(self, key: str) -> Any:
        # Middleware may read anything: what it makes of that is seen where the page reads it, or in the response.
        if key in self._watched and self._is_read_by_page() and (place := _reading_place()) is not None:
            self._reads.setdefault(self._watched[key], place)
        return super().__getitem__(key)

    @override
    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 (this is `get`)

    @override
    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            self[key]
        return super().pop(key, *default)

    @override
    def copy(self) -> dict[str, Any]:
        return dict(self)

    @override
    def __iter__(self) -> Iterator[str]:  # with it, `dict(scope)` and `{**scope}` read each key by __getitem__
        return super().__iter__()

    @override
    def items(self) -> Any:
        return ItemsView(self)

    @override
    def values(self) -> Any:
        return ValuesView(self)

    def _is_read_by_page(self) -> bool:
        """A thread that a page has started by itself doesn't know the request. Middleware runs on the event loop."""
        return current.get(None) is not None or threading.get_ident() != self._thread

    @override
    def __setitem__(self, key: str, value: Any) -> None:
        if current.get(None) is None and _is_middleware():
            self._watched.setdefault(key, f"reads `{key}`, which middleware has set for the request")
        super().__setitem__(key, value)


class WatchedScope(_Watched):
    """The scope of one request, and its state. `reads` gets what is read, in words, and the first line that does."""

    def __init__(self, scope: Scope, reads: dict[str, Place]) -> None:
        state = scope["state"]
        watched = state if isinstance(state, _Watched) else _Watched(state, reads, {})
        super().__init__({**scope, "state": watched}, reads, dict(_READS))


def _reading_place() -> Place | None:
    """The line of the site's code that reads something; None if hyperpy itself does, or to make the page's address."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not _BEYOND and frame.f_code is not _ADDRESS:
        if not _is_library(frame):
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


def _is_middleware() -> bool:
    """Whether code that is not a library's sets a value, directly or as an attribute of `request.state`."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == _STATE:
        frame = frame.f_back
    return frame is not None and not _is_library(frame)


def _is_library(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _LIBRARIES
