"""OpenTelemetry, if its API is installed: a span for each stream, and metrics of all of them.

Names and units of attributes follow the semantic conventions where those have one.
"""

from contextvars import Context, copy_context
from typing import Final

from starlette.types import Scope

from hyperpy.streams.stream_record import EndReason, StreamRecord, is_refusal

try:
    from opentelemetry import metrics, trace
    from opentelemetry.context import attach
except ImportError:
    IS_INSTALLED = False
else:
    IS_INSTALLED = True

_NAME: Final = "hyperpy"

# Seconds. Streams last from no time at all to days.
_BOUNDARIES: Final = (0.01, 0.1, 1, 10, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600)


class Telemetry:
    """What is told of streams. As long as no provider is set, the API makes next to nothing of it."""

    __slots__ = ("_bytes", "_duration", "_events", "_open", "_tracer")

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter) -> None:
        self._tracer = tracer
        self._open = meter.create_up_down_counter("hyperpy.streams.open", "{stream}", "Streams that are open")
        self._events = meter.create_counter("hyperpy.stream.events", "{event}", "Events of streams that have ended")
        self._bytes = meter.create_counter("hyperpy.stream.bytes", "By", "Bytes that streams have sent till their end")
        self._duration = meter.create_histogram(
            "hyperpy.stream.duration",
            "s",
            "How long streams were open",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )

    def begin(self, record: StreamRecord, scope: Scope) -> tuple[trace.Span, Context | None]:
        """The span of a stream that opens, a child of the current one, and the context for the generator.

        In that context it is the current span. None is as good where nobody records anything.
        """
        span = self._tracer.start_span(f"stream {record.route or record.path}", attributes=_attributes(record, scope))
        self._open.add(1, _dimensions(record))
        if not span.get_span_context().is_valid:
            return span, None
        context = copy_context()
        context.run(attach, trace.set_span_in_context(span))
        return span, context

    def end(self, span: trace.Span, record: StreamRecord) -> None:
        assert record.end_reason is not None
        dimensions = _dimensions(record)
        ending = record.end_reason.name.lower()
        self._open.add(-1, dimensions)
        self._events.add(record.events, dimensions)
        self._bytes.add(record.bytes, dimensions)
        self._duration.record(record.age, {**dimensions, "hyperpy.stream.ending": ending})
        if span.is_recording():
            span.set_attribute("hyperpy.stream.events", record.events)
            span.set_attribute("hyperpy.stream.bytes", record.bytes)
            span.set_attribute("hyperpy.stream.ending", ending)
            _tell_failure(span, record)
        span.end()


def _tell_failure(span: trace.Span, record: StreamRecord) -> None:
    if (failure := record.failure) is None:
        return
    if record.log_id:
        span.set_attribute("hyperpy.stream.log_id", record.log_id)
    span.record_exception(failure)
    # What is the client's fault is no error of the server's.
    if record.end_reason in (EndReason.FAILED, EndReason.BROKEN) and not is_refusal(failure):
        span.set_attribute("error.type", type(failure).__qualname__)
        span.set_status(trace.StatusCode.ERROR, record.error)


def _attributes(record: StreamRecord, scope: Scope) -> dict[str, str]:
    attributes = {
        "http.request.method": scope.get("method", ""),
        "http.route": record.route,
        "url.path": record.path,
        "client.address": record.client,
        "code.file.path": record.file,
        "hyperpy.stream.mode": record.mode.value,
    }
    return {name: value for name, value in attributes.items() if value}


def _dimensions(record: StreamRecord) -> dict[str, str]:
    """The attributes of measurements: few values each, and none that clients choose."""
    return {"http.route": record.route} if record.route else {}


TELEMETRY: Final = Telemetry(trace.get_tracer(_NAME), metrics.get_meter(_NAME)) if IS_INSTALLED else None
