"""`hyper shell`: what is at the prompt, and that the application runs meanwhile."""

import io
import sys
from pathlib import Path

import pytest

from hyperpy.cli.loading import load_app
from hyperpy.cli.shell import prompt
from hyperpy.cli.shell.shell_application import ShellSession
from hyperpy.config import load_settings
from hyperpy.pages import temporary_imports
from tests.support.sites import write_files

APP = """
from contextlib import asynccontextmanager
from hyperpy import Hyper

import shell_models

@asynccontextmanager
async def lifespan(app):
    shell_models.events.append("started")
    yield
    shell_models.events.append("stopped")

app = Hyper(lifespan=lifespan)
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_files(tmp_path, {"app.py": APP, "shell_models.py": "events = []\n"})
    write_files(
        tmp_path / "routes", {"index.py": "t'<h1>Start</h1>'", "users/{name}.py": "name: str\nt'<p>{name}</p>'"}
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with temporary_imports(tmp_path):
        yield lambda: load_app(load_settings({}, {}, tmp_path), debug=True)


STATEMENTS = {
    "print((await client.get('/')).text)": "<h1>Start</h1>",
    "print((await client.page('/users/Ada')).select_one('p').text)": "Ada",
    "print(url('/users/{name}', name='A B'))": "/users/A%20B",
    "print(html(t'<b>{1}</b>'))": "<b>1</b>",
    "print(app.routes_table()[0].url)": "/",
    "print(shell_models.events)": "['started']",
    "async with channel('x').subscribe() as m:\n await channel('x').publish(4)\n print((await anext(m)).data)": "4",
    "x = 5\ndef f():\n return x\nprint(f())": "5",
}


def test_statements(load, capsys):
    wrong = []
    with ShellSession(load) as session:
        for text, expected in STATEMENTS.items():
            status = prompt.run_code(session, text)
            captured = capsys.readouterr()
            if (status, captured.out.strip()) != (0, expected):
                wrong.append((text, captured))
        assert [each for each in session.namespace if each.startswith("shell_")] == ["shell_models"]
        events = session.namespace["shell_models"].events
    assert not wrong
    assert events == ["started", "stopped"]


FAILURES = {
    "def f():\n    1 / 0\nf()": ["<hyper shell>", "ZeroDivisionError: division by zero"],
    "await client.get('/'": ["SyntaxError"],
    "url('/nowhere')": ["URLError"],
}


def test_failures_have_their_traceback(load, capsys):
    with ShellSession(load) as session:
        for text, expected in FAILURES.items():
            assert prompt.run_code(session, text) == 1
            errors = capsys.readouterr().err
            assert [each for each in expected if each not in errors] == []
            assert "session.py" not in errors


def test_a_failing_lifespan_is_reported(load, tmp_path):
    write_files(tmp_path, {"app.py": APP.replace("    yield", "    raise OSError('no database')\n    yield")})
    with pytest.raises(OSError, match="no database"), ShellSession(load):
        pass


def test_standard_input_is_read_without_a_terminal(load, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("print(1 + 1)\nraise SystemExit(7)\n"))
    with pytest.raises(SystemExit) as ended:
        prompt.run_shell(load, None)
    assert (capsys.readouterr().out, ended.value.code) == ("2\n", 7)


def test_without_the_libraries_for_tests_there_is_no_client(load, capsys, monkeypatch):
    for name in ("hyperpy.testing", "httpx"):
        monkeypatch.setitem(sys.modules, name, None)
    with ShellSession(load) as session:
        assert prompt.run_code(session, "print(shell_models.events, 'client' in globals())") == 0
        assert 'pip install "./hyperpy[testing]"' in prompt.banner(session)
    assert capsys.readouterr().out == "['started'] False\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_prompt(load, capsys, monkeypatch):
    """An exception doesn't end it, an unfinished statement goes on, and `exit` ends it with a status."""
    typed = iter(["1 + 1", "(await client.get('/')).status_code", "1 / 0", "for n in range(2):", "  n", "", "exit(3)"])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda prompt="": next(typed))
    monkeypatch.setattr(prompt, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        prompt.run_shell(load, None)
    assert ended.value.code == 3
    captured = capsys.readouterr()
    assert captured.out.split() == ["2", "200", "0", "1"]
    assert "modules   shell_models" in captured.err
    assert captured.err.count("ZeroDivisionError") == 1
