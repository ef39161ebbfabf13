"""SIGTERM and SIGINT under every server: streams end with a complete response, and the process exits."""

import signal
from contextlib import ExitStack

import pytest

from tests.servers.every_server import SERVERS, running
from tests.support.until import wait_until_steady

# Without these the server would wait until the client disconnects, as Hypercorn always does.
IMPATIENCE = {"uvicorn": "--timeout-graceful-shutdown 1", "granian": "--workers-kill-timeout 1"}

APPS = {"own-lifespan": "app:app", "mounted": "mounted:app"}

# One of each kind: the event loop makes no difference to how a server treats Ctrl-C, or a mounted application.
KINDS = ("uvicorn-uvloop-httptools", "uvicorn-workers", "hypercorn-asyncio", "granian-asyncio", "hyper")
COMBINATIONS = [(name, app) for app in APPS for name in SERVERS if app == "own-lifespan" or name in KINDS]


# Streams in different states, each with the bytes that its client has received before the signal.
STREAMS = {"/steps": b"data: 0\n\n", "/ticking": b"data: tick\n\n", "/silent": b"\r\n\r\n"}


@pytest.mark.parametrize(("name", "app"), COMBINATIONS)
def test_a_signal_ends_streams_and_server(name, folder, run, app):
    with running(name, folder, APPS[app]) as site, ExitStack() as opened:
        clients = [opened.enter_context(site.get(f"{path}?run={run}{path[1:]}")) for path in STREAMS]
        for client, received in zip(clients, STREAMS.values(), strict=True):
            client.read_until(received)
        site.command.send(signal.SIGTERM)
        for client in clients:
            client.read_until(b"\r\n0\r\n\r\n")
            assert b"event:" not in client.received
        site.command.exit_status()
        cleaned = [(folder / f"{run}{path[1:]}-cleaned").exists() for path in STREAMS]
        # Granian does not wait for what runs after the answer, unless the lifespan does.
        assert all(cleaned) or (site.kind == "granian" and app == "mounted")
        assert "Traceback" not in site.command.errors


@pytest.mark.parametrize("name", KINDS)
def test_ctrl_c(name, folder, run):
    with running(name, folder) as site, site.get(f"/steps?run={run}") as client:
        client.read_until(b"data: ")
        site.command.interrupt_group()
        client.read_until(b"\r\n0\r\n\r\n")
        site.command.exit_status()


@pytest.mark.parametrize("name", SERVERS)
def test_a_stream_ends_even_if_its_client_does_not_read(name, folder, run):
    with running(name, folder, more=IMPATIENCE.get(name.partition("-")[0], "")) as site:
        with site.get(f"/flood?run={run}") as client:
            client.read_until(b"data: tick")
            wait_until_steady(lambda: (folder / f"{run}-count").stat().st_size)
            site.command.send(signal.SIGTERM)
            site.until_made(f"{run}-cleaned")
            if not name.startswith("hypercorn"):
                site.command.exit_status()
        site.command.exit_status()
