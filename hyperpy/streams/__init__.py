"""What a generator yields, on its way to the client: encoding, negotiation, and the life of a stream."""

from hyperpy.streams.events import CLOSE, JSON, PING, Event, encode_chunk, encode_event, stream_error
from hyperpy.streams.lifecycle import LIMITS, Ending, Limits, limits_of
from hyperpy.streams.negotiate import Accept, Mode, Shape, accepts, choose, varies
from hyperpy.streams.polling import Poll, poll
from hyperpy.streams.record import StreamRecord
from hyperpy.streams.registry import STATE_KEY, Streams
from hyperpy.streams.response import EventStream, HTMLStream, PageStream, stream_headers
from hyperpy.streams.signals import SignalledStreams, StopSignals

__all__ = [
    "CLOSE",
    "JSON",
    "LIMITS",
    "PING",
    "STATE_KEY",
    "Accept",
    "Ending",
    "Event",
    "EventStream",
    "HTMLStream",
    "Limits",
    "Mode",
    "PageStream",
    "Poll",
    "Shape",
    "SignalledStreams",
    "StopSignals",
    "StreamRecord",
    "Streams",
    "accepts",
    "choose",
    "encode_chunk",
    "encode_event",
    "limits_of",
    "poll",
    "stream_error",
    "stream_headers",
    "varies",
]
