"""The lines about requests: their forms, who gets them, and that none is lost."""

import asyncio
import json
import logging
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from hyperpy.server.access import AccessEntry, AccessLog, CommonFormat, JSONFormat, short_format
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.until import wait_until

NOW = 1_790_000_000.25


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def request(**changes: object) -> AccessEntry:
    given = {"client": "192.0.2.7", "method": "GET", "target": "/a?b=c", "version": "1.1", "status": 200, "sent": 12}
    return AccessEntry(**given | {"seconds": 0.0123456} | changes)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, '192.0.2.7 - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 200 12'),
        ({"sent": 0, "status": 304}, '192.0.2.7 - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 304 -'),
        ({"client": "::1"}, '::1 - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 200 12'),
        ({"method": "", "target": "", "status": 400}, '192.0.2.7 - - [21/Sep/2026:16:13:20 +0200] "-" 400 12'),
        ({"client": 'x" y\n'}, '- - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 200 12'),
    ],
)
def test_the_common_format(berlin, changes, line):
    assert CommonFormat()(request(**changes), NOW) == line


def test_what_the_documentation_shows(berlin):
    text = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text()
    asked = {"client": "203.0.113.9", "target": "/morning?greet=me", "sent": 19, "seconds": 0.001204}
    for name, form in (("common", CommonFormat()), ("json", JSONFormat())):
        assert f"| `{name}` | `{form(request(**asked), 1795179336.125)}` |" in text


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ('/"quoted"', r"/\"quoted\""),
        ("/back\\slash", r"/back\\slash"),
        ("/two\nlines\r", r"/two\x0alines\x0d"),
        ("/\x1b[31mred", r"/\x1b[31mred"),
        ("/\xe9\x85", r"/\xe9\x85"),
        ("/\N{SNOWMAN}", "/\\x3f"),
        ("/%0d%0a%22", "/%0d%0a%22"),
    ],
)
def test_a_target_can_not_forge_a_line(target, shown):
    assert f'"GET {shown} HTTP/1.1" 200' in CommonFormat()(request(target=target), NOW)
    assert f"200 GET {shown} 12 ms" in short_format(request(target=target), NOW)
    assert json.loads(JSONFormat()(request(target=target), NOW))["path"] == target


def test_json():
    line = JSONFormat()(request(client='"', target='/"\n?x=1?y'), NOW)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-09-21T14:13:20.250Z",
        "client": '"',
        "method": "GET",
        "path": '/"\n',
        "query": "x=1?y",
        "status": 200,
        "bytes": 12,
        "duration_ms": 12.346,
    }


@pytest.mark.parametrize("form", [CommonFormat, JSONFormat])
def test_the_time_goes_on(form):
    log = form()
    lines = [log(request(), NOW + seconds) for seconds in (0, 1, 60)]
    assert [re.search(r":(\d\d:\d\d)|T\d\d:(\d\d:\d\d)", line) is not None for line in lines] == [True] * 3
    assert len(set(lines)) == 3


APP = """
import asyncio
import contextlib
import logging
import logging.config
import os

import settings_of_the_test


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/error":
        logging.getLogger("shop").warning("only %d left", 3)
        raise ZeroDivisionError("on purpose")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
    else:
        await send({"type": "http.response.body", "body": b"four"})
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "settings_of_the_test.py").write_text("")
    return tmp_path


PARSERS = {"httptools": "pass", "h11": "import sys; sys.modules['httptools'] = None"}


@pytest.mark.parametrize("parser", PARSERS)
def test_lines_of_a_server(folder, parser):
    with Command("serve", "--port", "0", folder=folder, command=hyper_after(PARSERS[parser])) as command:
        with RawClient(command.port()) as client:
            client.get("/a?b=%22")
            command.wait_for_output(r'(?m)^127\.0\.0\.1 - - \[\S+ [+-]\d{4}\] "GET /a\?b=%22 HTTP/1\.1" 200 4$')
            client.socket.sendall(b"HEAD /head HTTP/1.1\r\nHost: x\r\n\r\n")
            command.wait_for_output(r'(?m)"HEAD /head HTTP/1\.1" 200 -$')
        with RawClient(command.port()) as client:
            client.get("/stream")
            client.read_until(b"begun")
            assert "/stream" not in command.output
        # A stream's line comes when it has ended.
        command.wait_for_output(r'(?m)"GET /stream HTTP/1\.1" 200 5$')
        fetch(command.port(), "/error")
        command.wait_for_output(r'(?m)"GET /error HTTP/1\.1" 500 21$')
        assert not re.search(r"GET|HEAD", command.errors)
        assert len(re.findall(r"HTTP/1\.1\"", command.output)) == 4


def test_pipelined_requests_have_a_line_each(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.socket.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(50)))
        command.wait_for_output(r"GET /49 ")
        assert re.findall(r"GET /(\d+) ", command.output) == [str(number) for number in range(50)]


def test_no_line_is_lost_at_the_end(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/stream")
        client.read_until(b"begun")
        for number in range(100):
            fetch(command.port(), f"/{number}")
        command.send(signal.SIGTERM)
        client.socket.close()
        assert command.exit_status() == 0
        assert command.output.count("GET /") == 101


def test_json_from_everybody(folder):
    with Command("serve", "--port", "0", "--log-format", "json", folder=folder) as command:
        fetch(command.port(), "/a?b=c")
        fetch(command.port(), "/error")
        command.wait_for_output('"path":"/error"')
        command.send(signal.SIGTERM)
        command.exit_status()
        lines = [json.loads(line) for line in command.out if line.startswith("{")]
        assert [(line["path"], line["query"], line["status"]) for line in lines] == [
            ("/a", "b=c", 200),
            ("/error", "", 500),
        ]
        told = [json.loads(line) for line in command.err]
        assert [(each["level"], each["logger"]) for each in told] == [("WARNING", "shop"), ("ERROR", "uvicorn.error")]
        assert told[0]["message"] == "only 3 left"
        assert told[1]["exception"].endswith("ZeroDivisionError: on purpose")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told[0]["time"])


@pytest.mark.parametrize("given", [("--no-access-log", {}), ("", {"HYPER_ACCESS_LOG": "0"})])
def test_no_lines_where_none_are_wanted(folder, given):
    flag, variables = given
    with Command("serve", "--port", "0", *filter(None, [flag]), folder=folder, **variables) as command:
        fetch(command.port())
        command.send(signal.SIGTERM)
        command.exit_status()
        assert "GET" not in command.output + command.errors


TAKING_OVER = """
import logging
handler = logging.FileHandler("requests.log")
handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
logging.getLogger("hyperpy.access").addHandler(handler)
"""


def test_a_handler_takes_the_lines_over(folder):
    (folder / "settings_of_the_test.py").write_text(TAKING_OVER)
    with Command("serve", "--port", "0", folder=folder) as command:
        fetch(command.port())
        wait_until(lambda: (folder / "requests.log").read_text())
        line = (folder / "requests.log").read_text()
        assert re.fullmatch(r'hyperpy\.access: 127\.0\.0\.1 - - \[.*\] "GET / HTTP/1\.1" 200 4\n', line)
        assert "GET" not in command.output


@pytest.mark.parametrize(
    "theirs",
    ["logging.config.dictConfig({'version': 1})", "logging.basicConfig(format='mine: %(message)s')"],
)
def test_what_an_application_sets_up_stands_and_silences_nobody(folder, theirs):
    (folder / "settings_of_the_test.py").write_text(f"import logging.config; {theirs}")
    with Command("serve", "--port", "0", folder=folder) as command:
        fetch(command.port(), "/error")
        command.wait_for_output("on purpose")
        command.wait_for_output("GET /error")
        command.wait_for_output(
            r"(?m)^mine: only 3 left$" if "mine" in theirs else r"(?m)^\S+ \S+ WARNING only 3 left$"
        )


@pytest.mark.parametrize(("level", "said"), [("error", False), ("warning", True)])
def test_the_level_of_the_log(folder, level, said):
    with Command("serve", "--port", "0", "--log-level", level, folder=folder) as command:
        fetch(command.port(), "/error")
        command.wait_for_output("on purpose")
        assert ("only 3 left" in command.errors) is said


def test_hyper_dev_keeps_it_short(folder):
    with Command("dev", "--port", "0", folder=folder) as command:
        port = command.port()
        wait_until(lambda: fetch(port, "/a")[0] == 200)
        command.wait_for_output(r"(?m)^\d\d:\d\d:\d\d 200 GET /a \d+ ms$")


class Broken:
    def write(self, text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_reader_that_is_gone_is_told_of_once(monkeypatch, caplog):
    async def main() -> None:
        log = AccessLog(CommonFormat())
        for _ in range(3):
            log(request())
            log.flush()

    monkeypatch.setattr(sys, "stdout", Broken())
    monkeypatch.setattr(logging.getLogger("hyperpy"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("hyperpy.access"), "handlers", [])
    asyncio.run(main())
    assert [record.getMessage() for record in caplog.records] == [
        "Standard output is gone ([Errno 32] Broken pipe): there are no more lines about requests."
    ]
