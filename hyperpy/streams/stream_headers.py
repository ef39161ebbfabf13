"""The response headers of streams."""

from collections.abc import Iterable
from typing import Final

from hyperpy.streams.negotiate import StreamMode

type RawHeaders = list[tuple[bytes, bytes]]

# By default nginx buffers responses.
_UNBUFFERED: Final = (b"x-accel-buffering", b"no")

_FIXED: Final[dict[StreamMode, RawHeaders]] = {
    StreamMode.SSE: [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache, no-transform"),
        _UNBUFFERED,
    ],
    StreamMode.HTML: [_UNBUFFERED],
    StreamMode.PAGE: [_UNBUFFERED],
}
_HTML_DEFAULTS: Final = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-cache")]
# These describe the body on one connection, which is up to the server.
_NEVER: Final = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive"))


def stream_headers(mode: StreamMode, headers: Iterable[tuple[bytes, bytes]] = ()) -> RawHeaders:
    """The headers of an event stream or a streamed page, plus those of `headers` that do not conflict with them."""
    fixed, taken = _FIXED[mode], {name for name, _ in _FIXED[mode]} | _NEVER
    added = [(name.lower(), value) for name, value in headers if name.lower() not in taken]
    defaults = [] if mode is StreamMode.SSE else _HTML_DEFAULTS
    names = {name for name, _ in added}
    return [*fixed, *(default for default in defaults if default[0] not in names), *added]
