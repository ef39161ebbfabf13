"""OpenTelemetry, if the application uses it: a span for each stream, and metrics for all of them.

Its API takes a while to import, so this module imports it only when it is needed. Attribute names and units follow the
semantic conventions where there is one.
"""

import sys
from contextvars import Context, copy_context
from functools import cache
from importlib import import_module
from os import environ
from typing import TYPE_CHECKING, Final

from starlette.types import Scope

from hyperpy.record_classes import record as record_class
from hyperpy.streams.stream_record import EndReason, StreamRecord, is_refusal

if TYPE_CHECKING:
    from opentelemetry import metrics, trace

_NAME: Final = "hyperpy"

# Code that configures a provider has imported one of these modules, or has named the provider in the environment.
_APIS: Final = ("opentelemetry.trace", "opentelemetry.metrics")
_IN_ENVIRONMENT: Final = any(
    variable in environ for variable in ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER")
)

# Seconds. Streams last from milliseconds to days.
_BOUNDARIES: Final = (0.01, 0.1, 1, 10, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600)


class Telemetry:
    """Spans and metrics of streams. Without a configured provider, the API does next to nothing."""

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter) -> None:
        self._trace = import_module("opentelemetry.trace")
        self._attach = import_module("opentelemetry.context").attach
        self._tracer = tracer
        self._open = meter.create_up_down_counter("hyperpy.streams.open", "{stream}", "Open streams")
        self._events = meter.create_counter("hyperpy.stream.events", "{event}", "Events sent by ended streams")
        self._bytes = meter.create_counter("hyperpy.stream.bytes", "By", "Bytes sent by ended streams")
        self._duration = meter.create_histogram(
            "hyperpy.stream.duration",
            "s",
            "Duration of ended streams",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )

    def begin(self, record: StreamRecord, scope: Scope) -> Recording:
        """Start the span of a stream, a child of the current one."""
        span = self._tracer.start_span(f"stream {record.route or record.path}", attributes=_attributes(record, scope))
        self._open.add(1, _dimensions(record))
        if not span.get_span_context().is_valid:
            return Recording(self, span)
        context = copy_context()
        context.run(self._attach, self._trace.set_span_in_context(span))
        return Recording(self, span, context)

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
            self._record_failure(span, record)
        span.end()

    def _record_failure(self, span: trace.Span, record: StreamRecord) -> None:
        if (failure := record.failure) is None:
            return
        if record.log_id:
            span.set_attribute("hyperpy.stream.log_id", record.log_id)
        try:
            span.record_exception(failure)
        except Exception:  # noqa: BLE001 (its `__str__` may raise)
            name = type(failure).__qualname__
            span.add_event("exception", {"exception.type": name, "exception.message": record.error})
        # A 4xx is an error of the client, not of the server.
        if record.end_reason in (EndReason.FAILED, EndReason.BROKEN) and not is_refusal(failure):
            span.set_attribute("error.type", type(failure).__qualname__)
            span.set_status(self._trace.StatusCode.ERROR, record.error)


@record_class(slots=True, eq=False)
class Recording:
    """The span of one stream, with a context for the generator in which it is the current one, if anything records."""

    _telemetry: Telemetry
    _span: trace.Span
    context: Context | None = None

    def end(self, record: StreamRecord) -> None:
        self._telemetry.end(self._span, record)


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
    """The attributes of measurements: few values, none of them chosen by clients."""
    return {"http.route": record.route} if record.route else {}


def telemetry() -> Telemetry | None:
    """The recorder for a stream that begins now; None if the application doesn't use OpenTelemetry."""
    return _telemetry() if _IN_ENVIRONMENT or any(api in sys.modules for api in _APIS) else None


@cache
def _telemetry() -> Telemetry | None:
    try:
        tracing, measuring = map(import_module, _APIS)
        import_module("opentelemetry.context")
    except ImportError:
        return None
    return Telemetry(tracing.get_tracer(_NAME), measuring.get_meter(_NAME))


if _IN_ENVIRONMENT:
    _telemetry()  # a provider that can't be loaded stops the start, not a stream
