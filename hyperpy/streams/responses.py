"""The two kinds of streamed response: server-sent events, and a page that is sent as it is made."""

import traceback
from collections.abc import Iterable
from typing import Final

from starlette.exceptions import HTTPException

from hyperpy.streams.events import CLOSE, PING, encode_chunk, encode_event, stream_error
from hyperpy.streams.framing import data_continued
from hyperpy.streams.negotiate import StreamMode
from hyperpy.streams.pump import Pump, RawHeaders

# What the public may know of an exception that nobody meant for it.
PUBLIC_MESSAGE: Final = "Something went wrong on our side."

# nginx holds an answer back until its buffers are full, unless told not to.
_UNBUFFERED: Final = (b"x-accel-buffering", b"no")

_FIXED: Final[dict[StreamMode, RawHeaders]] = {
    StreamMode.SSE: [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache, no-transform"),
        _UNBUFFERED,
    ],
    StreamMode.HTML: [_UNBUFFERED],
}
_DEFAULTS: Final[dict[StreamMode, RawHeaders]] = {
    StreamMode.SSE: [],
    StreamMode.HTML: [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-cache")],
}
# These say how a body of known length goes over one connection; a stream leaves that to the server.
_NEVER: Final = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive"))


def stream_headers(mode: StreamMode, headers: Iterable[tuple[bytes, bytes]] = ()) -> RawHeaders:
    """The headers of an event stream or a streamed page, plus those of `headers` that do not conflict with them."""
    fixed, taken = _FIXED[mode], {name for name, _ in _FIXED[mode]} | _NEVER
    added = [(name.lower(), value) for name, value in headers if name.lower() not in taken]
    given = {name for name, _ in added}
    return [*fixed, *(default for default in _DEFAULTS[mode] if default[0] not in given), *added]


class EventStream(Pump):
    """Sends what the generator yields as server-sent events, `close` at the end, and a ping into long silences.

    A failure after the start becomes the event `stream-error`, whose `log` is the id that the log has the traceback
    under. When the server stops, the stream ends without `close`, so that its client comes back.
    """

    __slots__ = ()

    mode = StreamMode.SSE
    ping = PING
    farewell = CLOSE
    encode = staticmethod(encode_event)
    inserted = staticmethod(data_continued)

    @staticmethod
    def make_headers(added: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        return stream_headers(StreamMode.SSE, added)

    def last_words(self, error: Exception) -> str:
        if not isinstance(error, HTTPException):
            return stream_error(PUBLIC_MESSAGE, self.log("failed", error), self._details(error))
        log_id = self.log(f"ended with HTTP status {error.status_code}", error)
        words = stream_error(error.detail, log_id, self._details(error))
        # The client's fault stays one: asking again is of no use.
        return words + CLOSE if error.status_code < 500 else words

    def drain(self) -> None:
        self.end_cleanly()

    def _details(self, error: Exception) -> str | None:
        return "".join(traceback.format_exception(error)) if self.debug else None


class HTMLStream(Pump):
    """Sends the HTML that the generator yields, as it comes.

    A failure after the start cuts the connection without the end of the body and is raised, for the server to log:
    neither a browser nor a cache takes half a page for a whole one. When the server stops, the page is finished first.
    """

    __slots__ = ()

    mode = StreamMode.HTML
    encode = staticmethod(encode_chunk)

    @staticmethod
    def make_headers(added: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        return stream_headers(StreamMode.HTML, added)

    def last_words(self, error: Exception) -> None:
        return None

    def drain(self) -> None:
        return None


class PageStream(HTMLStream):
    """A page that waits for some of its parts. As long as nothing has left, an error takes back what was ready to."""

    __slots__ = ()

    mode = StreamMode.PAGE
    discards_unsent = True
