"""Sends the items of a generator to a client: encoding, content negotiation, and the lifetime of a stream."""

from hyperpy.streams.clean_up import CleanUp
from hyperpy.streams.disconnect import MessageEvent
from hyperpy.streams.events import CLOSE, JSON, PING, Event, encode_chunk, encode_event
from hyperpy.streams.negotiate import (
    Accept,
    GeneratorShape,
    StreamMode,
    accepts,
    choose,
    names_stream,
    stream_headers,
    varies,
)
from hyperpy.streams.polling import Poll, poll
from hyperpy.streams.pump_state import LIMITS, StreamLimits
from hyperpy.streams.registry import RETRY_AT_ONCE, STATE_KEY, Streams
from hyperpy.streams.signals import SignalledStreams, StopSignals
from hyperpy.streams.stream_errors import stream_error
from hyperpy.streams.stream_record import EndReason, StreamRecord
from hyperpy.streams.streamed_responses import EventStream, HTMLStream, PageStream

__all__ = [
    "CLOSE",
    "JSON",
    "LIMITS",
    "PING",
    "RETRY_AT_ONCE",
    "STATE_KEY",
    "Accept",
    "CleanUp",
    "EndReason",
    "Event",
    "EventStream",
    "GeneratorShape",
    "HTMLStream",
    "MessageEvent",
    "PageStream",
    "Poll",
    "SignalledStreams",
    "StopSignals",
    "StreamLimits",
    "StreamMode",
    "StreamRecord",
    "Streams",
    "accepts",
    "choose",
    "encode_chunk",
    "encode_event",
    "names_stream",
    "poll",
    "stream_error",
    "stream_headers",
    "varies",
]
