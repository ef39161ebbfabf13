"""Event streams for Datastar and, in debug mode, for clients that don't understand its events."""

import logging
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.exceptions import EventError, Place
from hyperpy.pages import is_datastar
from hyperpy.streams.dialects.datastar_encoding import (
    encode_for_datastar,
    is_for_datastar,
    is_understood,
    not_understood,
)
from hyperpy.streams.dialects.patch_events import error_event
from hyperpy.streams.events import encode_event
from hyperpy.streams.negotiate import accepts, stream_headers
from hyperpy.streams.stream_errors import error_payload, located
from hyperpy.streams.streamed_responses import EventStream

logger: Final = logging.getLogger("hyperpy.streams")

# A stream may begin with events for other clients. One that goes on with them, perhaps without an end, gets a warning.
_MOST_IGNORED: Final = 5


class DatastarStream(EventStream):
    """Sends what Datastar understands: HTML without a name becomes a patch.

    In debug mode, it is an error if Datastar ignores everything that is sent.
    """

    __slots__ = ("ignored", "ignored_count", "is_understood")

    joins_html = False

    def __post_init__(self) -> None:
        self.headers = stream_headers(self.mode, self.headers, self.limits.ping)
        self.ignored = ""  # the first event that is
        self.ignored_count = 0
        self.is_understood = False

    def encode(self, item: object) -> str:  # type: ignore[override]
        try:
            text = encode_for_datastar(item)
        except EventError as error:
            raise located(error, self.generator) from error.__cause__
        if self.debug and not self.is_understood:
            self.is_understood = is_understood(text)
            if not self.is_understood:
                self.ignored = self.ignored or text
                self.ignored_count += 1
                if self.ignored_count == _MOST_IGNORED:
                    logger.warning("%s", not_understood(self.ignored).at(Place(self.route)))
        return text

    async def _conclude(self, failure: Exception | None) -> None:
        if failure is None and self.ignored and not self.is_understood:
            failure = not_understood(self.ignored).at(Place(self.route))
        await EventStream._conclude(self, failure)

    def reported(self, error: Exception, log_id: str, retry: int) -> str:
        return encode_event(error_event(error_payload(error, log_id, debug=self.debug), retry))


class NativeStream(EventStream):
    """Sends the same as an EventStream. In debug mode, to a client that takes none of Datastar's events."""

    __slots__ = ()

    joins_html = False

    @staticmethod
    def encode(item: object) -> str:
        text = encode_event(item)
        if is_for_datastar(text):
            hint = (
                "Only Datastar understands it, and this request has no `Datastar-Request: true`.\n"
                "For an EventSource, htmx or createStream, yield HTML, a value, or an event with a name of your own.\n"
                'swap("#news", t"…") is right for htmx and for Datastar.'
            )
            raise EventError("this client can't do anything with an event for Datastar", hint=hint)
        return text


def kind_of_events(scope: Scope) -> type[EventStream]:
    """The kind of event stream that the client of a request understands."""
    headers = Headers(scope=scope)
    accept = ",".join(headers.getlist("accept"))
    if is_datastar(headers, accept):
        return DatastarStream
    return NativeStream if scope["app"].debug and accepts(accept).event_stream else EventStream
