"""A shortcut for most pages: the server sends them in one step, instead of in two ASGI messages."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from starlette.types import Send

from hyperpy.lazy import lazy_pattern

type Fields = tuple[tuple[bytes, bytes], ...]

type Respond = Callable[[Any, Fields, bytes], bool]
"""`WholeResponses.respond`, or a function that does the same for another object."""

# Bytes of a body that is copied behind its head, to send both at once.
MOST_COPIED: Final = 65536

_FIELD: Final = lazy_pattern(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*")  # RFC 9110, 5.5 and 5.6.2
# These tell where a response ends, or whether its connection does.
_FRAMING: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})


class WholeResponses:
    """What sends the response to a request. A server that can do that in one step overrides `respond`."""

    __slots__ = ()

    def respond(self, fields: Fields, body: bytes) -> bool:
        """Send a response with the status 200, these headers and the length of the body. Nothing after a disconnect.

        Returns False, having sent nothing, if that takes two messages: `send` may have to wait for a slow client, leave
        out the body, or raise an error because there has been a response.
        """
        return False


def respond_at_once(send: Send, fields: Fields, body: bytes) -> bool:
    """Have the object respond whose method `send` is. False for any other function, such as that of a middleware."""
    owner: Any = getattr(send, "__self__", None)
    kind: type = type(owner)
    return _respond_of(kind)(owner, fields, body)


@lru_cache(maxsize=64)
def _respond_of(kind: type) -> Respond:
    if issubclass(kind, WholeResponses):
        return kind.respond
    if (kind.__module__, kind.__name__) == ("uvicorn.protocols.http.httptools_impl", "RequestResponseCycle"):
        return _respond_as_uvicorn
    return _cannot_respond


def _cannot_respond(_owner: object, _fields: Fields, _body: bytes) -> bool:
    return False


def _respond_as_uvicorn(cycle: Any, fields: Fields, body: bytes) -> bool:
    """Send as uvicorn's own cycle does, which has not been told to log requests."""
    if cycle.flow.write_paused or cycle.response_started or cycle.access_log or cycle.scope["method"] == "HEAD":
        return False
    if cycle.disconnected:
        return True
    beginning = _beginning(cycle.default_headers)
    lines = _lines(fields)
    if beginning is None or lines is None:
        return False
    close = b"" if cycle.keep_alive else b"connection: close\r\n"
    head = b"%b%bcontent-length: %d\r\n%b\r\n" % (beginning, lines, len(body), close)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    if len(body) <= MOST_COPIED:
        cycle.transport.write(head + body)
    else:
        cycle.transport.write(head)
        cycle.transport.write(body)
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


_latest: tuple[list[tuple[bytes, bytes]], bytes | None] = ([], b"")


def _beginning(default_headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """The status line and the default headers, of which uvicorn makes a new list each second."""
    global _latest
    if _latest[0] is not default_headers:
        lines = _checked(default_headers)
        _latest = default_headers, None if lines is None else b"HTTP/1.1 200 OK\r\n" + lines
    return _latest[1]


@lru_cache(maxsize=64)
def _lines(fields: Fields) -> bytes | None:
    return _checked(fields)


def _checked(fields: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The lines of a head; None if they have an error, or are more than fields that any response may have."""
    lines = []
    for name, value in fields:
        line = b"%b: %b" % (name.lower(), value)
        if name.lower() in _FRAMING or not _FIELD.fullmatch(line):
            return None
        lines.append(line + b"\r\n")
    return b"".join(lines)
