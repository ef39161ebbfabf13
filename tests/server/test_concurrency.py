"""The limit on concurrent connections."""

import signal

import pytest

from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.until import wait_until

PARSERS = {"httptools": "pass", "h11": "import sys; sys.modules['httptools'] = None"}
PROBES = ("/healthz", "/readyz")


@pytest.fixture(params=PARSERS)
def parser(request):
    return PARSERS[request.param]


def test_requests_at_the_limit_get_a_503(folder, parser):
    with Command(
        "serve", "--port", "0", "--limit-concurrency", "3", folder=folder, command=hyper_after(parser)
    ) as command:
        port = command.port()
        with RawClient(port) as first, RawClient(port) as second:
            for client in (first, second):
                client.get("/stream")
                client.read_until(b"open")
            for _ in range(2):
                with RawClient(port) as third:
                    third.get("/pid")
                    head, _, body = third.read_all().partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
                assert b"connection: close" in head
                assert body == b"Service Unavailable"
            command.wait_for_output(r'"GET /pid HTTP/1\.1" 503 19')
            assert [fetch(port, path) for path in PROBES] == [(200, "ok\n")] * 2
        assert wait_until(lambda: fetch(port, "/pid")[0] == 200)
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
        assert command.errors.count("3 connections are open, which is the limit") == 1


def test_the_limit_applies_to_each_worker(folder):
    with Command("serve", "--port", "0", "--workers", "2", "--limit-concurrency", "1", folder=folder) as command:
        command.wait_for_output("with 2 workers")
        assert fetch(command.port(), "/pid") == (503, "Service Unavailable")
        assert fetch(command.port(), "/healthz") == (200, "ok\n")
