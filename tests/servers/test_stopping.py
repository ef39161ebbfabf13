"""SIGTERM and SIGINT under every server: streams end, their clients see a whole response, the process goes."""

import signal

import pytest

from tests.servers.running import SERVERS, running
from tests.streams.serving import wait_until_still

# Without these the server itself would wait until the client leaves, as Hypercorn always does.
IMPATIENCE = {"uvicorn": "--timeout-graceful-shutdown 1", "granian": "--workers-kill-timeout 1"}

APPS = {"own-lifespan": "app:app", "mounted": "mounted:app"}


@pytest.mark.parametrize("app", APPS.values(), ids=APPS)
@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("path", ["/steps", "/ticking", "/silent"])
def test_streams_end_and_the_server_with_them(name, folder, run, app, path):
    with running(name, folder, app) as site, site.get(f"{path}?run={run}") as client:
        client.read_until(b"\r\n\r\n" if path == "/silent" else b"data: ")
        site.command.send(signal.SIGTERM)
        client.read_until(b"\r\n0\r\n\r\n")
        assert b"event:" not in client.received
        site.command.status()
        assert (folder / f"{run}-cleaned").exists() or app == APPS["mounted"]
        assert "Traceback" not in site.command.errors


@pytest.mark.parametrize("name", SERVERS)
def test_ctrl_c(name, folder, run):
    with running(name, folder) as site, site.get(f"/steps?run={run}") as client:
        client.read_until(b"data: ")
        site.command.interrupt_group()
        client.read_until(b"\r\n0\r\n\r\n")
        site.command.status()


@pytest.mark.parametrize("name", SERVERS)
def test_a_client_that_does_not_read_does_not_keep_its_stream(name, folder, run):
    with running(name, folder, more=IMPATIENCE.get(name.partition("-")[0], "")) as site:
        with site.get(f"/flood?run={run}") as client:
            client.read_until(b"data: tick")
            wait_until_still(lambda: (folder / f"{run}-count").stat().st_size)
            site.command.send(signal.SIGTERM)
            site.until_made(f"{run}-cleaned")
            if not name.startswith("hypercorn"):
                site.command.status()
        site.command.status()
