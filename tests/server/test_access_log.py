"""The access log: its formats, where its lines go, and that none is lost."""

import asyncio
import json
import logging
import re
import signal
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from hyperpy import Hyper
from hyperpy.server.access import AccessEntry, AccessLog, common_format, json_format, local_stamp, short_format
from hyperpy.server.logs import JSONFormatter, TextFormatter
from tests.support.clients import client_of, fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.sites import write_files
from tests.support.until import wait_until

NOW = 1_790_000_000.25


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    local_stamp.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    local_stamp.cache_clear()


def request(**changes: object) -> AccessEntry:
    given = {"client": "192.0.2.7", "method": "GET", "target": "/a?b=c", "version": "1.1", "status": 200, "sent": 12}
    return AccessEntry(**given | {"seconds": 0.0123456} | changes)


COMMON = [
    ({}, '192.0.2.7 - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 200 12'),
    ({"sent": 0, "status": 304}, '192.0.2.7 - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 304 -'),
    ({"client": "::1"}, '::1 - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 200 12'),
    ({"method": "", "target": "", "status": 400}, '192.0.2.7 - - [21/Sep/2026:16:13:20 +0200] "-" 400 12'),
    ({"client": 'x" y\n'}, '- - - [21/Sep/2026:16:13:20 +0200] "GET /a?b=c HTTP/1.1" 200 12'),
]


def test_the_common_format(berlin):
    lines = [common_format(request(**changes), NOW) for changes, _ in COMMON]
    assert lines == [line for _, line in COMMON]


def test_the_documentation_shows_real_lines(berlin):
    text = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text()
    changes = {"client": "203.0.113.9", "target": "/morning?greet=me", "sent": 19, "seconds": 0.001204}
    for name, line_format in (("common", common_format), ("json", json_format)):
        assert f"| `{name}` | `{line_format(request(**changes), 1795179336.125)}` |" in text


ESCAPED = {
    '/"quoted"': r"/\"quoted\"",
    "/back\\slash": r"/back\\slash",
    "/two\nlines\r": r"/two\x0alines\x0d",
    "/\x1b[31mred": r"/\x1b[31mred",
    "/\xe9\x85": r"/\xe9\x85",
    "/\N{SNOWMAN}": "/\\x3f",
    "/%0d%0a%22": "/%0d%0a%22",
}


def test_targets_are_escaped():
    for target, escaped in ESCAPED.items():
        assert f'"GET {escaped} HTTP/1.1" 200' in common_format(request(target=target), NOW)
        assert f"200 GET {escaped} 12 ms" in short_format(request(target=target), NOW)
        assert json.loads(json_format(request(target=target), NOW))["path"] == target


def test_the_json_format():
    line = json_format(request(client='"', target='/"\n?x=1?y'), NOW)
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


@pytest.mark.parametrize("line_format", [common_format, json_format])
def test_each_line_has_its_own_time(line_format):
    lines = [line_format(request(), NOW + seconds) for seconds in (0, 1, 60, 0)]
    times = [re.search(r"(\d\d:\d\d)[ .]", line)[1] for line in lines]
    assert times == ["13:20", "13:21", "14:20", "13:20"]


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
def test_a_server_logs_each_request_when_its_response_ends(folder, parser):
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
        # A stream is logged when it has ended.
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


def test_no_line_is_lost_at_shutdown(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/stream")
        client.read_until(b"begun")
        for number in range(100):
            fetch(command.port(), f"/{number}")
        command.send(signal.SIGTERM)
        client.socket.close()
        assert command.exit_status() == 0
        assert command.output.count("GET /") == 101


def test_both_logs_can_be_json(folder):
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
        records = [json.loads(line) for line in command.err]
        assert [(each["level"], each["logger"]) for each in records] == [
            ("WARNING", "shop"),
            ("ERROR", "uvicorn.error"),
        ]
        assert records[0]["message"] == "only 3 left"
        assert records[1]["exception"].endswith("ZeroDivisionError: on purpose")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", records[0]["time"])


@pytest.mark.parametrize("given", [("--no-access-log", {}), ("", {"HYPER_ACCESS_LOG": "0"})])
def test_the_access_log_can_be_turned_off(folder, given):
    flag, variables = given
    with Command("serve", "--port", "0", *filter(None, [flag]), folder=folder, **variables) as command:
        fetch(command.port())
        command.send(signal.SIGTERM)
        command.exit_status()
        assert "GET" not in command.output + command.errors


FILE_HANDLER = """
import logging
handler = logging.FileHandler("requests.log")
handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
logging.getLogger("hyperpy.access").addHandler(handler)
"""


def test_a_handler_receives_the_lines_instead_of_stdout(folder):
    (folder / "settings_of_the_test.py").write_text(FILE_HANDLER)
    with Command("serve", "--port", "0", folder=folder) as command:
        fetch(command.port())
        wait_until(lambda: (folder / "requests.log").read_text())
        line = (folder / "requests.log").read_text()
        assert re.fullmatch(r'hyperpy\.access: 127\.0\.0\.1 - - \[.*\] "GET / HTTP/1\.1" 200 4\n', line)
        assert "GET" not in command.output


@pytest.mark.parametrize(
    "setup",
    ["logging.config.dictConfig({'version': 1})", "logging.basicConfig(format='mine: %(message)s')"],
)
def test_the_application_s_logging_setup_is_kept_and_disables_nothing(folder, setup):
    (folder / "settings_of_the_test.py").write_text(f"import logging.config; {setup}")
    with Command("serve", "--port", "0", folder=folder) as command:
        fetch(command.port(), "/error")
        command.wait_for_output("on purpose")
        command.wait_for_output("GET /error")
        command.wait_for_output(r"(?m)^mine: only 3 left$" if "mine" in setup else r"(?m)^\S+ \S+ WARNING only 3 left$")


@pytest.mark.parametrize(("level", "is_logged"), [("error", False), ("warning", True)])
def test_the_log_level(folder, level, is_logged):
    with Command("serve", "--port", "0", "--log-level", level, folder=folder) as command:
        fetch(command.port(), "/error")
        command.wait_for_output("on purpose")
        assert ("only 3 left" in command.errors) is is_logged


def test_hyper_dev_logs_short_lines(folder):
    with Command("dev", "--port", "0", folder=folder) as command:
        port = command.port()
        wait_until(lambda: fetch(port, "/a")[0] == 200)
        command.wait_for_output(r"(?m)^\d\d:\d\d:\d\d 200 GET /a \d+ ms$")


class BrokenOutput:
    def write(self, text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_broken_stdout_is_reported_once(monkeypatch, caplog):
    async def main() -> None:
        log = AccessLog(common_format)
        for _ in range(3):
            log(request())
            log.flush()

    monkeypatch.setattr(sys, "stdout", BrokenOutput())
    monkeypatch.setattr(logging.getLogger("hyperpy"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("hyperpy.access"), "handlers", [])
    asyncio.run(main())
    assert [record.getMessage() for record in caplog.records] == [
        "Can't write to standard output ([Errno 32] Broken pipe): requests are no longer logged."
    ]


# What a visitor sends can't forge a line of the log


HOSTILE = 'a\r\n2026-01-01 00:00:00,000 INFO forged\x1b[2J\x9b\u2028\u2029\u202e\u200b\x85\x7f\x00 "b'


def test_a_hostile_request_is_one_printable_line(berlin):
    changes = dict.fromkeys(("client", "method", "target"), HOSTILE)
    changes |= {"target": HOSTILE.encode().decode("latin-1")}
    for line_format in (common_format, json_format, short_format):
        for changed in ({name: changes[name]} for name in changes):
            line = line_format(request(**changed), NOW)
            assert line.isprintable(), line
            assert line.isascii(), line
            assert line.count('"') == line_format(request(), NOW).count('"') + line.count('\\"')


def test_only_the_first_line_of_a_record_starts_at_the_margin():
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        failure = sys.exc_info()
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "%s\tfailed", (HOSTILE,), failure)
    for formatter in (TextFormatter(), JSONFormatter()):
        first, *rest = formatter.format(record).split("\n")
        assert [line for line in rest if not line.startswith("  ")] == []
        assert [line for line in (first, *rest) if not line.replace("\t", "").isprintable()] == []


async def test_the_path_of_a_failed_request_is_escaped_for_any_log(tmp_path, caplog):
    app = Hyper(write_files(tmp_path / "routes", {"{name}.py": "t'{1 / 0}'"}), static=None)
    async with client_of(app) as client:
        assert (await client.get("/" + quote(HOSTILE.replace("\x00", ""), safe=""))).status_code == 500
    (message,) = [record.getMessage() for record in caplog.records if "failed" in record.getMessage()]
    assert message.isprintable()
    assert "forged" in message
