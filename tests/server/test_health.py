"""The health checks."""

import signal

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hyperpy import Hyper
from hyperpy.server.health import HealthCheck, health_paths
from hyperpy.server.http.protocol import Stage, State
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.until import wait_until

BOTH = {"/healthz", "/readyz"}
H11 = "import sys; sys.modules['httptools'] = None"


async def plain(scope, receive, send):
    """An application without a table of routes."""


@pytest.mark.parametrize("parser", ["pass", H11])
def test_health_checks_reach_neither_the_application_nor_the_log(folder, parser):
    with Command("serve", "--port", "0", folder=folder, command=hyper_after(parser)) as command:
        for path in ("/healthz", "/readyz", "/readyz?verbose"):
            assert fetch(command.port(), path) == (200, "ok\n")
        fetch(command.port(), "/pid")
        command.wait_for_output("GET /pid")
        assert "healthz" not in command.output
        assert "readyz" not in command.output


def test_after_the_signal_the_server_is_alive_but_not_ready(folder):
    longer_timeouts = "from hyperpy.server.http import protocol; protocol.NEXT_REQUEST = 30"
    with Command("serve", "--port", "0", folder=folder, command=hyper_after(longer_timeouts)) as command:
        port = command.port()
        with RawClient(port) as live, RawClient(port) as ready, RawClient(port) as busy:
            for client in (live, ready):
                client.get("/readyz")
                client.read_until(b"ok\n")
                client.received = b""
            busy.get("/stream")
            busy.read_until(b"open")
            command.send(signal.SIGTERM)
            busy.read_all()
            live.get("/healthz")
            assert live.read_all().startswith(b"HTTP/1.1 200 OK\r\n")
            ready.get("/readyz")
            head, _, body = ready.read_all().partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"connection: close" in head
            assert body == b"stopping\n"
        assert command.exit_status() == 0


def test_each_worker_answers_health_checks(folder):
    with Command("serve", "--port", "0", "--workers", "2", folder=folder) as command:
        command.wait_for_output("Serving")
        assert {fetch(command.port(), "/readyz") for _ in range(8)} == {(200, "ok\n")}


def test_health_checks_do_not_count_towards_the_request_limit(folder):
    with Command("serve", "--port", "0", "--limit-max-requests", "3", folder=folder) as command:
        first = fetch(command.port(), "/pid")
        assert {fetch(command.port(), "/healthz") for _ in range(20)} == {(200, "ok\n")}
        assert fetch(command.port(), "/pid") == first
        wait_until(lambda: fetch(command.port(), "/pid") != first, command.transcript)


def test_an_explicit_route_replaces_a_health_check():
    route, parameter = (Route(path, PlainTextResponse("mine")) for path in ("/readyz", "/{name}"))
    assert health_paths(plain) == BOTH
    assert health_paths(Starlette()) == BOTH
    assert health_paths(Starlette(routes=[route])) == {"/healthz"}
    assert health_paths(Starlette(routes=[parameter])) == BOTH


@pytest.mark.parametrize(
    ("file", "paths"), [("healthz.py", {"/readyz"}), ("readyz/index.py", {"/healthz"}), ("{name}.py", BOTH)]
)
def test_a_route_file_replaces_a_health_check(tmp_path, file, paths):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text('t"<p>mine</p>"\n')
    assert health_paths(Hyper(routes=tmp_path, static=None)) == paths


@pytest.mark.parametrize(
    ("path", "stage", "status"),
    [
        ("/app/healthz", Stage.SERVING, 200),
        ("/app/healthz", Stage.STOPPING, 200),
        ("/app/readyz", Stage.SERVING, 200),
        ("/app/readyz", Stage.RETIRING, 200),
        ("/app/readyz", Stage.STOPPING, 503),
        ("/healthz", Stage.SERVING, None),
        ("/app/healthz/", Stage.SERVING, None),
    ],
)
async def test_health_checks_below_a_root_path(path, stage, status):
    state, sent = State(), []
    state.stage = stage

    async def send(message):
        sent.append(message)

    await HealthCheck(plain, state, frozenset(BOTH), "/app")({"type": "http", "path": path}, plain, send)
    assert [message["status"] for message in sent[:1]] == ([] if status is None else [status])
    assert state.requests == (status is None)
