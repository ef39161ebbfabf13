"""The kinds of streamed responses: server-sent events, HTML that is sent in parts, and pages that have to wait."""

import random
from typing import Final

from hyperpy.streams.events import CLOSE, PING, RECONNECT, encode_chunk, encode_event, joined_events
from hyperpy.streams.framing import continuation
from hyperpy.streams.negotiate import StreamMode
from hyperpy.streams.pump import Pump
from hyperpy.streams.stream_errors import RETRY_AFTER_ERROR, RETRY_IN_DEBUG, stream_error
from hyperpy.streams.stream_record import EndReason, http_error, status_of

_JITTER: Final = 0.2  # of the maximum age


class EventStream(Pump):
    """Sends the items of the generator as server-sent events, `close` at the end, and pings in silent periods.

    An exception after the start is sent as the event `stream-error`; its `log` is the id of the traceback in the log.
    When the server stops or the stream is too old, it ends without `close`, so that the client reconnects.
    """

    __slots__ = ()

    mode = StreamMode.SSE
    opens_early = True
    ping = PING
    trailer = CLOSE
    joined = staticmethod(joined_events)
    joins_html = True
    encode = staticmethod(encode_event)
    inserted = staticmethod(continuation)

    def error_trailer(self, error: Exception) -> str:
        status = status_of(error)
        log_id = self.record.log(f"ended with HTTP status {status}" if http_error(error) else "failed", error)
        retry = RETRY_IN_DEBUG if self.debug else RETRY_AFTER_ERROR
        event = self.reported(error, log_id, retry)
        # A 4xx would be the same after reconnecting.
        return event + CLOSE if status < 500 else event

    def reported(self, error: Exception, log_id: str, retry: int) -> str:
        """The event that tells the client of an error."""
        return stream_error(error, log_id, debug=self.debug, retry=retry)

    def lifetime(self) -> float:
        """Streams that began together don't end together."""
        return self.limits.age * random.uniform(1 - _JITTER, 1)

    def drain(self, last: str = "", reason: EndReason = EndReason.DRAINING) -> None:
        self.end_cleanly(reason, last)

    def end_cleanly(self, reason: EndReason = EndReason.DRAINING, last: str = "") -> None:
        """Say that the end is planned, too."""
        super().end_cleanly(reason, RECONNECT + last)


class HTMLStream(Pump):
    """Sends the HTML that the generator yields, part by part.

    An exception after the start cuts the connection before the end of the body, so that neither a browser nor a cache
    takes half a page for a whole one, and is raised for the server to log. A stopping server finishes the page first.
    The headers wait for the first part, so that an error before that has its status however long it takes.
    """

    __slots__ = ()

    mode = StreamMode.HTML
    encode = staticmethod(encode_chunk)

    def error_trailer(self, error: Exception) -> None:
        return None


class PageStream(HTMLStream):
    """A pending page. If it fails before anything has been sent, the answer is an error page."""

    __slots__ = ()

    mode = StreamMode.PAGE
    discards_unsent = True
