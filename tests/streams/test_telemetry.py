"""The spans and metrics of streams, read from in-memory exporters; OpenTelemetry is optional."""

import asyncio
import subprocess
import sys
from types import SimpleNamespace

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode
from starlette.exceptions import HTTPException

from hyperpy.pages import current
from hyperpy.streams import CLOSE, EventStream, HTMLStream
from hyperpy.streams.telemetry import Telemetry
from tests.streams.wire import Lasting, Wire


class Recorded:
    """The spans and metrics so far."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("test")
        self.meters = MeterProvider([self.reader])
        self.telemetry = Telemetry(self.tracer, self.meters.get_meter("test"))

    def spans(self):
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def metrics(self):
        """The data points of each metric, by its name."""
        data = self.reader.get_metrics_data()
        found = [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics] if data else []
        return {metric.name: (metric.unit, list(metric.data.data_points)) for metric in found}

    def value(self, name):
        [point] = self.metrics()[name][1]
        return point.value


@pytest.fixture
def recorded(monkeypatch):
    recorded = Recorded()
    monkeypatch.setattr("hyperpy.streams.pump.telemetry", lambda: recorded.telemetry)
    yield recorded
    recorded.meters.shutdown()


@pytest.fixture
def in_route():
    """Makes a stream run as that of a route file."""
    run = SimpleNamespace(
        route=SimpleNamespace(url="/feed/{id}"), rendered=None, deferred=None, show=lambda encode, item: encode(item)
    )
    token = current.set(run)
    yield
    current.reset(token)


async def two():
    yield "a"
    yield "b"


@pytest.mark.usefixtures("in_route")
def test_a_stream_has_one_span_and_measurements(run, recorded):
    async def check():
        lasting, wire = Lasting("a", "b"), Wire()
        with recorded.tracer.start_as_current_span("request"):
            task = wire.start(lasting())
        await wire.until("data: b")
        assert recorded.value("hyperpy.streams.open") == 1
        assert recorded.spans().keys() == {"request"}
        wire.gone.set()
        await task

    run(check)
    span = recorded.spans()["stream /feed/{id}"]
    assert span.parent.span_id == recorded.spans()["request"].context.span_id
    assert dict(span.attributes) == {
        "http.route": "/feed/{id}",
        "url.path": "/feed",
        "client.address": "127.0.0.1",
        "code.file.path": "routes/feed.py",
        "hyperpy.stream.mode": "sse",
        "hyperpy.stream.events": 2,
        "hyperpy.stream.bytes": 18,
        "hyperpy.stream.ending": "client_left",
    }
    assert span.status.status_code is StatusCode.UNSET
    metrics = recorded.metrics()
    assert {name: unit for name, (unit, _) in metrics.items()} == {
        "hyperpy.streams.open": "{stream}",
        "hyperpy.stream.events": "{event}",
        "hyperpy.stream.bytes": "By",
        "hyperpy.stream.duration": "s",
    }
    assert (recorded.value("hyperpy.streams.open"), recorded.value("hyperpy.stream.events")) == (0, 2)
    assert recorded.value("hyperpy.stream.bytes") == 18
    [duration] = metrics["hyperpy.stream.duration"][1]
    assert (duration.count, dict(duration.attributes)) == (
        1,
        {"http.route": "/feed/{id}", "hyperpy.stream.ending": "client_left"},
    )
    assert 0 < duration.sum < 10


def test_outside_a_route_no_dimension_is_chosen_by_clients(run, recorded):
    async def check():
        await Wire().start(two())

    run(check)
    assert recorded.value("hyperpy.stream.bytes") == len("data: a\n\ndata: b\n\n" + CLOSE)
    assert [dict(point.attributes) for point in recorded.metrics()["hyperpy.stream.events"][1]] == [{}]
    assert recorded.spans().keys() == {"stream /feed"}


def test_spans_of_the_generator_are_children_of_the_streams(run, recorded):
    async def asks():
        with recorded.tracer.start_as_current_span("query"):
            yield "a"
        yield "b"

    async def check():
        outside = trace.get_current_span()
        await Wire().start(asks())
        assert trace.get_current_span() is outside

    run(check)
    spans = recorded.spans()
    assert spans["query"].parent.span_id == spans["stream /feed"].context.span_id


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (ValueError("secret"), EventStream, StatusCode.ERROR),
        (ValueError("secret"), HTMLStream, StatusCode.ERROR),
        (HTTPException(503), EventStream, StatusCode.ERROR),
        (HTTPException(403), EventStream, StatusCode.UNSET),
    ],
)
def test_a_failure_is_recorded(run, recorded, caplog, error, kind, status):
    async def wrong():
        yield "a"
        raise error

    async def check():
        await asyncio.gather(Wire().start(wrong(), kind), return_exceptions=True)

    run(check)
    [span] = recorded.spans().values()
    assert span.status.status_code is status
    assert span.attributes["hyperpy.stream.ending"] == "failed"
    [event] = span.events
    assert event.attributes["exception.type"].endswith(type(error).__name__)
    if kind is EventStream:
        assert f"[{span.attributes['hyperpy.stream.log_id']}]" in caplog.text
    assert span.attributes.get("error.type") == (type(error).__name__ if status is StatusCode.ERROR else None)


def test_an_unsampled_span_is_ended_too(run, recorded, monkeypatch):
    """With a provider that samples nothing, children must see that their parent was not sampled."""
    unsampled = TracerProvider(sampler=ALWAYS_OFF)
    monkeypatch.setattr(recorded.telemetry, "_tracer", unsampled.get_tracer("test"))
    seen = []

    async def looks():
        seen.append(trace.get_current_span().get_span_context())
        yield "a"

    async def check():
        await Wire().start(looks())

    run(check)
    assert seen[0].is_valid
    assert not seen[0].trace_flags.sampled
    assert recorded.value("hyperpy.stream.events") == 1


SCRIPT = """
import asyncio, os, sys
{before}
from hyperpy.streams import EventStream, telemetry
{after}

async def one():
    yield "a"

async def main():
    sent = []
    async def receive():
        await asyncio.Event().wait()
    async def send(message):
        sent.append(message.get("body", b""))
    await EventStream(one(), route="routes/feed.py")({{"type": "http", "path": "/"}}, receive, send)
    print(telemetry.telemetry() is None, "opentelemetry" in sys.modules, b"".join(sent).startswith(b"data: a"))

asyncio.run(main())
{end}
"""

LATE_PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
"""


NAMED_PROVIDER = "os.environ['OTEL_PYTHON_TRACER_PROVIDER'] = "

UNUSED, USED = "True False True\n", "False True True\n"


@pytest.mark.parametrize(
    ("parts", "output"),
    [
        ({"before": "sys.modules['opentelemetry'] = None; import hyperpy"}, "True True True\n"),
        ({"before": "import hyperpy"}, UNUSED),
        (
            {"after": LATE_PROVIDER, "end": "print([span.name for span in spans.get_finished_spans()])"},
            f"{USED}['stream /']\n",
        ),
        ({"before": NAMED_PROVIDER + "'default_tracer_provider'"}, USED),
    ],
    ids=["not installed", "not used", "with a provider that is set after the import", "named in the environment"],
)
def test_streams_in_a_separate_process(parts, output):
    script = SCRIPT.format(**({"before": "", "after": "", "end": ""} | parts))
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (output, "")
