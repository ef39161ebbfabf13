"""The `response` that a route file can declare: status, headers and cookies of its answer."""

from collections.abc import Iterable
from typing import Any, Never, Self, SupportsIndex

from starlette.background import BackgroundTask

from hyperpy.exceptions import AnswerError, HeadersSentError, caller_place
from hyperpy.lazy import lazy_pattern
from hyperpy.responses import Response

type RawHeader = tuple[bytes, bytes]

_INVALID = lazy_pattern(rb"[\r\n\0]")
# RFC 9110, 5.6.2 and 5.5
_NAME = lazy_pattern(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = lazy_pattern(rb"[\x00-\x08\x0a-\x1f\x7f]")


class InjectedResponse(Response):
    """Status, headers and cookies of the page or stream that is sent. It has no body of its own.

    Once the headers have been sent, changing them raises HeadersSentError.
    """

    def __init__(self, status: int = 200) -> None:
        self.raw_headers: list[RawHeader] = _Headers()
        self.status_code = status
        self.has_own_status = False
        self.background: BackgroundTask | None = None
        self.body = b""

    @property
    def sent(self) -> bool:
        return isinstance(self.raw_headers, _Headers) and self.raw_headers.sent

    @sent.setter
    def sent(self, sent: bool) -> None:
        if isinstance(self.raw_headers, _Headers):
            self.raw_headers.sent = sent

    has_own_status: bool
    """Whether the status has been set since."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "status_code":
            if self.sent:
                _too_late()
            self.has_own_status = True
        super().__setattr__(name, value)


class _Headers(list[RawHeader]):
    """The raw headers of a response. Starlette's `MutableHeaders` and `set_cookie` write to this list."""

    sent = False

    def _check(self, header: RawHeader | None = None) -> None:
        if self.sent:
            _too_late()
        if header is not None:
            check_header(header)

    def append(self, header: RawHeader, /) -> None:
        self._check(header)
        super().append(header)

    def extend(self, headers: Iterable[RawHeader], /) -> None:
        for header in headers:
            self.append(header)

    def insert(self, index: SupportsIndex, header: RawHeader, /) -> None:
        self._check(header)
        super().insert(index, header)

    def __iadd__(self, headers: Iterable[RawHeader], /) -> Self:  # type: ignore[misc, override]
        self.extend(headers)
        return self

    def __setitem__(self, index: Any, header: Any, /) -> None:
        self._check(header)
        super().__setitem__(index, header)

    def __delitem__(self, index: SupportsIndex | slice, /) -> None:
        self._check()
        super().__delitem__(index)


def check_header(header: RawHeader) -> None:
    """Raise AnswerError for a header with a line end, which would add another one, or anything else servers reject."""
    if _NAME.fullmatch(header[0]) and not _CONTROL.search(header[1]):
        return
    hint = "Remove them from values that come from outside, or encode the value: quote(value)."
    if _INVALID.search(header[0]) or _INVALID.search(header[1]):
        raise AnswerError(f"the header {header!r:.80} contains a line end or NUL", hint=hint)
    if _CONTROL.search(header[1]):
        raise AnswerError(f"the header {header!r:.80} contains a control character", hint=hint)
    raise AnswerError(f"invalid header name: {header[0]!r:.80}", hint="Use letters, digits and hyphens.")


def _too_late() -> Never:
    raise HeadersSentError(
        "the status, headers and cookies have been sent already",
        place=caller_place(),
        hint="Set them in the body or in the loader: both run before a stream starts.",
    )
