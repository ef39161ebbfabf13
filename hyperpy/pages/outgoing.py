"""The `response` that a route file may ask for: status, headers and cookies of whatever it answers."""

import re
from collections.abc import Iterable
from typing import Any, Never, SupportsIndex

from starlette.background import BackgroundTask
from starlette.responses import Response

from hyperpy.exceptions import AnswerError, HeadersSentError

type RawHeader = tuple[bytes, bytes]

_UNFIT = re.compile(rb"[\r\n\0]")


class Outgoing(Response):
    """Settles what leaves with the page or the stream. Its own body is never sent.

    Once the headers have left, any change of them raises HeadersSentError.
    """

    def __init__(self, status: int = 200) -> None:
        self.sent = False
        self.status_code = status
        self.raw_headers = _Headers(self)
        self.background: BackgroundTask | None = None
        self.body = b""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "status_code" and self.sent:
            _too_late()
        super().__setattr__(name, value)


class _Headers(list[RawHeader]):
    """The raw headers of a response; Starlette's `MutableHeaders` and `set_cookie` write to this list."""

    def __init__(self, response: Outgoing) -> None:
        super().__init__()
        self._response = response

    def _check(self, header: RawHeader = (b"", b"")) -> None:
        if self._response.sent:
            _too_late()
        name, value = header
        if _UNFIT.search(name + value):
            hint = "Take line ends and NUL out of values that others have written, or encode them: quote(value)."
            raise AnswerError(f"the header {header!r:.80} would not be one header", hint=hint)

    def append(self, header: RawHeader, /) -> None:
        self._check(header)
        super().append(header)

    def extend(self, headers: Iterable[RawHeader], /) -> None:
        self._check()
        super().extend(headers)

    def __setitem__(self, index: Any, header: Any, /) -> None:
        self._check(header)
        super().__setitem__(index, header)

    def __delitem__(self, index: SupportsIndex | slice, /) -> None:
        self._check()
        super().__delitem__(index)


def _too_late() -> Never:
    raise HeadersSentError(
        "the status, headers and cookies have left already",
        hint="Set them in the body or in the loader: both run before a stream starts.",
    )
