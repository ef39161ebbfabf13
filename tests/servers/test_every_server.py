"""Behaviour that is the same under every server. One process of each serves all these tests."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.every_server import SERVERS, Running, running
from tests.streams.parsing import parse
from tests.support.clients import fetch
from tests.support.until import PATIENCE

CLOSE = b"event: close\nid: close\nretry: 86400000\ndata: \n\n"

# The prefixes of the same routes behind different middleware.
BEHIND = {"bare": "", "gzip": "/zipped", "base-http-middleware": "/wrapped"}


@pytest.fixture(scope="module", params=[name for name in SERVERS if name != "uvicorn-workers"])
def site(request: pytest.FixtureRequest, folder: Path) -> Iterator[Running]:
    with running(request.param, folder) as site:
        yield site


@pytest.mark.parametrize("prefix", BEHIND.values(), ids=BEHIND)
def test_events_arrive_one_by_one(site, run, prefix):
    with site.get(f"{prefix}/steps?run={run}", Accept_Encoding="gzip") as client:
        for number in range(3):
            client.read_until(b"data: %d\n\n" % number)
            site.make(f"{run}-{number}")
        client.read_until(b"\r\n0\r\n\r\n")
    assert client.body == b"data: 0\n\ndata: 1\n\ndata: 2\n\n" + CLOSE
    assert (site.folder / f"{run}-cleaned").exists()


@pytest.mark.parametrize("prefix", BEHIND.values(), ids=BEHIND)
def test_a_page_arrives_in_parts(site, run, prefix):
    with site.get(f"{prefix}/report?run={run}", "text/html", Accept_Encoding="gzip") as client:
        client.read_body_until(b"<h1>First</h1>")
        site.make(f"{run}-0")
        client.read_body_until(b"<p>Last</p>")
        client.read_until(b"\r\n0\r\n\r\n")
    assert (b"content-encoding: gzip" in client.received.lower()) == (prefix == "/zipped")


def test_the_headers_are_sent_before_the_first_event(site, run):
    with site.get(f"/silent?run={run}") as client:
        assert b"text/event-stream" in client.read_until(b"\r\n\r\n")
        assert b"data" not in client.received
        site.make(f"{run}-0")
        client.read_until(b"data: 0\n\n")


def test_events_that_are_ready_together_are_sent_together(site):
    with site.get("/together") as client:
        assert b"data: a\n\ndata: b\n\ndata: c\n\n" in client.read_until(b"data: c\n\n")


@pytest.mark.parametrize("prefix", BEHIND.values(), ids=BEHIND)
@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("path", ["/steps", "/ticking"])
def test_the_generator_ends_with_its_client(site, run, prefix, leave, path):
    with site.get(f"{prefix}{path}?run={run}") as client:
        client.read_until(b"data: ")
        getattr(client, leave)()
        site.until_made(f"{run}-cleaned")


def test_a_generator_that_never_waits_does_not_block_others(site, run):
    with site.get(f"/busy?run={run}") as client:
        client.read_until(b"data: tick\n\n")
        assert fetch(site.port, "/hello") == (200, "hello")
        client.reset()
        site.until_made(f"{run}-cleaned")


def test_a_client_that_does_not_read_does_not_block_others(site, run):
    with site.get(f"/flood?run={run}") as client:
        client.read_until(b"data: tick")
        assert fetch(site.port, "/hello") == (200, "hello")
        client.reset()
        site.until_made(f"{run}-cleaned")


def test_an_error_after_the_start_is_an_event(site):
    with site.get("/broken") as client:
        client.read_until(b"\r\n0\r\n\r\n")
    first, last = parse(client.body).events
    assert (first.data, last.type) == ("a", "stream-error")
    assert json.loads(last.data).keys() == {"status", "message", "log"}
    assert b"secret" not in client.received


@pytest.mark.parametrize("prefix", BEHIND.values(), ids=BEHIND)
def test_a_failing_page_is_cut_off(site, run, prefix):
    with site.get(f"{prefix}/broken-report?run={run}", "text/html", Accept_Encoding="gzip") as client:
        client.read_body_until(b"<h1>First</h1>")
        site.make(f"{run}-0")
        client.read_until(b"\r\n0\r\n\r\n") if prefix == "/wrapped" else client.read_all(may_reset=True)
    # BaseHTTPMiddleware completes the body before it raises the error.
    assert client.complete == (prefix == "/wrapped")
    assert b"secret" not in client.received


def test_head_runs_nothing(site, run):
    response = httpx.head(
        f"http://127.0.0.1:{site.port}/steps?run={run}", headers={"Accept": "text/event-stream"}, timeout=PATIENCE
    )
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert not (site.folder / f"{run}-cleaned").exists()


def test_http_1_0_gets_no_chunks(site):
    with site.get("/together", version="1.0") as client:
        client.read_all(may_reset=True)
    # uvicorn's httptools protocol uses chunks for any version.
    assert (b"transfer-encoding" in client.received.lower()) == (site.name == "uvicorn-uvloop-httptools")
    assert client.body == b"data: a\n\ndata: b\n\ndata: c\n\n" + CLOSE


def test_http_2(site, run):
    if site.kind not in ("hypercorn", "granian"):
        assert site.kind in ("uvicorn", "hyper")  # which do not know HTTP/2
        return
    url = f"http://127.0.0.1:{site.port}/steps?run={run}"
    with (
        httpx.Client(http1=False, http2=True, timeout=PATIENCE) as client,
        client.stream("GET", url, headers={"Accept": "text/event-stream"}) as response,
    ):
        assert response.http_version == "HTTP/2"
        pieces, text = response.iter_text(), ""
        for number in range(2):
            while f"data: {number}\n\n" not in text:
                text += next(pieces)
            site.make(f"{run}-{number}")
    site.until_made(f"{run}-cleaned")
