"""Route files with streams under `hyper serve`, from the first byte to the end of the process."""

import re
import signal

import pytest

from tests.support.raw_client import RawClient
from tests.support.servers import Command

ROUTES = {
    "ticking.py": """
        async def stream():
            try:
                while True:
                    yield "tick"
                    await asyncio.sleep(0.05)
            finally:
                await asyncio.sleep(0)
                print("cleaned up", flush=True)
        """,
    "idle.py": """
        async def stream():
            try:
                yield "tick"
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                print("cleaned up", flush=True)
        """,
    "flood.py": """
        async def stream():
            try:
                while True:
                    yield "tick" + "x" * 60_000
            finally:
                print("cleaned up", flush=True)
        """,
    "report.py": """
        async def stream():
            yield t"<!doctype html><p>tick</p>"
            while not os.path.exists("go"):
                await asyncio.sleep(0.02)
            yield t"<p>last</p>"
        """,
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "routes").mkdir()
    for name, text in ROUTES.items():
        lines = [line.removeprefix(" " * 8) for line in text.splitlines()]
        (tmp_path / "routes" / name).write_text("import asyncio\nimport os\n" + "\n".join(lines))
    return tmp_path


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_ends_event_streams(folder, workers):
    paths = ("/idle", "/ticking")
    with Command("serve", "--port", "0", "--workers", workers, folder=folder) as command:
        with RawClient(command.port()) as idle, RawClient(command.port()) as ticking:
            for client, path in ((idle, paths[0]), (ticking, paths[1])):
                client.get(path, Accept="text/event-stream")
                client.read_until(b"data: tick\n\n")
            command.send(signal.SIGTERM)
            for client in (idle, ticking):
                received = client.read_all()
                assert received.endswith(b"0\r\n\r\n")
                assert b"event:" not in received
        assert command.exit_status() == 0
        assert command.output.count("cleaned up") == 2
        lines = sorted(line for line in command.errors.splitlines() if "has channels of its own" not in line)
        assert len(lines) == 2
        for path in paths:
            pattern = rf"INFO routes{path}\.py {path} 127\.0\.0\.1: \d+ events?, \d+ B in .* m?s; the server stops$"
            assert re.search(pattern, command.errors, re.MULTILINE)


def test_sigterm_ends_a_stream_that_its_client_does_not_read(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/flood", Accept="text/event-stream")
        client.read_until(b"data: tick")
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
        assert command.output.count("cleaned up") == 1
        assert "graceful" not in command.errors


def test_sigterm_lets_a_progressive_page_finish(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/report", Accept="text/html")
        client.read_until(b"<p>tick</p>")
        command.send(signal.SIGTERM)
        (folder / "go").touch()
        assert re.search(rb"<p>last</p>\r\n0\r\n\r\n$", client.read_all())
        assert command.exit_status() == 0


def test_http_1_0_gets_a_stream_without_chunks(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/ticking", version="1.0", Accept="text/event-stream")
        head, _, body = client.read_until(b"\n\ndata: tick\n\n").partition(b"\r\n\r\n")
        assert body.startswith(b"data: tick\n\ndata: tick\n\n")
        assert b"transfer-encoding" not in head.lower()
