"""What `hyper dev` prints of errors."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hyperpy import Hyper, Settings
from hyperpy.dev.problems.problem import identity_of
from hyperpy.dev.terminal import configure_terminal, trimmed_traceback
from hyperpy.dev.terminal.log import TerminalFormatter
from hyperpy.exceptions import Place, TemplateError
from hyperpy.server.colours import coloured, has_colours
from hyperpy.server.logs import configure_logging
from tests.support.clients import client_of
from tests.support.sites import write_files

FILES = {
    "index.py": "import json\nfrom hyperpy import Query\ntext: str = Query('{')\nt'{json.loads(text)}'",
    "called.py": """
        import functools
        from starlette.concurrency import run_in_threadpool

        def divide(by):
            return 1 / by

        async def load():
            global x
            x = await run_in_threadpool(divide, 0)

        t"{x}"
        """,
    "card.py": "def Card(title='', a_b=''): return t''\nt'''<p>\n  é <{Card} />\n  <{Card}\n  a-b=\"{{\" titel=1 />'''",
    "shown.py": "user = {1: 2}\nt'<p>{user}</p>'",
    "numbered.py": "from hyperpy import Query\nn: int = Query(0)\nraise LookupError(f'no {n}')\nt'x'",
}


@pytest.fixture
def printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[], str]]:
    """What has been printed since the last call, in a folder with the files."""
    write_files(tmp_path / "routes", FILES)
    monkeypatch.chdir(tmp_path)
    kept = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in map(logging.getLogger, LOGGERS)]
    last = logging.lastResort
    yield lambda: capsys.readouterr().err
    logging.lastResort = last
    for logger, handlers, level, propagate in kept:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


LOGGERS = ("hyperpy", "hyperpy.access", "uvicorn", "uvicorn.error", "python_multipart")


async def test_tracebacks_have_the_users_frames_and_a_mark(printed: Callable[[], str]):
    configure_logging(Settings())
    configure_terminal(Settings())
    client = client_of(Hyper(debug=True))
    await client.get("/called")
    lines = re.sub(r"(?m)^\S+ ERROR|\[\w{8}\]", "", printed()).rstrip().split("\n")
    assert lines == [
        " GET /called failed ",
        "  Traceback (most recent call last):",
        '    File "routes/called.py", line 9, in load',
        "      x = await run_in_threadpool(divide, 0)",
        "          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "    [4 frames of starlette, anyio]",
        '    File "routes/called.py", line 5, in divide',
        "      return 1 / by",
        "             ~~^~~~",
        "  ZeroDivisionError: division by zero",
    ]
    await client.get("/shown")
    text = printed()
    assert "Traceback" not in text
    assert re.search(r"shown.py:2  a template can't.*\n *\n.*\n.*\n +\^\^\^\^\n +Render its items", text)
    await client.get("/card")
    *_, source, marks, _, _ = printed().split("\n")
    assert (source.index("titel"), marks.count("^")) == (marks.index("^"), 5)


async def test_an_error_is_printed_once(printed: Callable[[], str]):
    configure_logging(Settings())
    repeated = configure_terminal(Settings())
    client = client_of(Hyper(debug=True))

    async def logged(*paths: str) -> list[str]:
        for path in paths:
            await client.get(path)
        return re.findall(r"GET (\S+) failed \[\w+\](.*)", printed())

    assert await logged("/called", "/called", "/shown", "/shown") == [("/called", ""), ("/shown", "")]
    assert await logged(*["/called"] * 9) == [("/called", ": ZeroDivisionError (repeated 10 times)")]
    assert await logged("/", "/?text=[") == [("/", ""), ("/", "")]  # other messages
    assert len(await logged(*(f"/numbered?n={n}" for n in range(10)))) == 6  # a message that always differs
    repeated.forget()
    assert await logged("/called") == [("/called", "")]


def test_an_error_of_another_place_is_another_one():
    def raised(file: str) -> TemplateError:
        try:
            raise TemplateError("the same", place=Place(file, 1))
        except TemplateError as error:
            return error

    one, again, other = map(identity_of, map(raised, ("a.py", "a.py", "b.py")))
    assert one == again != other


def test_json_stays_json(printed: Callable[[], str]):
    settings = Settings(log_format="json")
    configure_logging(settings)
    configure_terminal(settings)
    logging.getLogger("hyperpy").error("broken")
    assert json.loads(printed())["message"] == "broken"


def test_groups_and_causes_are_trimmed():
    def fail():
        raise ValueError("inner")

    def outer():
        try:
            fail()
        except ValueError as error:
            try:
                json.loads("{]")
            except ValueError as bad:
                raise ExceptionGroup("both", [error, bad]) from error

    with pytest.raises(ExceptionGroup) as caught:
        outer()
    text = trimmed_traceback(caught.value)
    assert "The above exception was the direct cause" in text
    assert text.count("json/decoder.py") == 1  # the last frame
    assert "frames of Python]" in text


def test_colours():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    cases = {
        (Terminal, ()): True,
        (io.StringIO, ()): False,
        (Terminal, (("NO_COLOR", "1"),)): False,
        (Terminal, (("NO_COLOR", ""),)): True,
        (Terminal, (("TERM", "dumb"),)): False,
        (io.StringIO, (("FORCE_COLOR", "1"),)): True,
        (io.StringIO, (("FORCE_COLOR", "1"), ("NO_COLOR", "1"))): False,
    }
    wrong = [case for case, expected in cases.items() if has_colours(case[0](), dict(case[1])) is not expected]
    assert not wrong
    text = 'a.py:1  wrong\n\n  > 1 | x\n        ^\n  File "x.py", line 1, in f\nValueError: x\n  other'
    shown = coloured(text)
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == text
    assert [line for line in shown.split("\n") if "\x1b" not in line] == ["", "  > 1 | x", "  other"]


def test_a_message_cannot_control_the_terminal():
    formatter = TerminalFormatter(has_colours=True)
    record = logging.makeLogRecord({"msg": "a\x1b[2Jb", "levelno": logging.ERROR, "levelname": "ERROR"})
    assert "\\x1b[2J" in formatter.format(record)
