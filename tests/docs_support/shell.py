"""Commands in the documents: most are run and their output compared; the others must at least exist."""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

import click
import uvicorn

from hyperpy.cli import main
from hyperpy.config import load_settings, setting_fields
from hyperpy.exceptions import HyperError
from tests.docs_support.site import Response, Site
from tests.support.servers import HYPER, Command, free_port

REPOSITORY = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
# Programs of the reader's machine, and programs that install something. They are not run.
NOT_RUN = frozenset(
    {*("cd", "find", "git", "kill", "nginx", "npm", "pip", "python3.14", "redis-server", "source", "useradd", "xargs")}
)
NOWHERE = Path(os.devnull)  # a folder without `pyproject.toml`
OPERATORS = frozenset(["|", "&&", "||", ";", ">", ">>", "<"])  # what comes after them is not an argument
# With these options, mypy finds what tests/test_user_tools.py has cached.
TOOLS = {"mypy": ("--strict", f"--cache-dir={REPOSITORY / '.mypy_cache' / 'tools'}"), "ruff": ()}
# Plugins of pytest that are installed here and that no document uses: importing them is a fifth of a short run.
WITHOUT = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "-p", "no:hypothesispytest")

_CURL = argparse.ArgumentParser("curl", exit_on_error=False)
_CURL.add_argument("url")
_CURL.add_argument("-i", action="store_true")
_CURL.add_argument("-I", action="store_true")
_CURL.add_argument("-N", action="store_true")
_CURL.add_argument("-X")
_CURL.add_argument("-H", action="append", default=[])
_CURL.add_argument("-b")
_CURL.add_argument("-d")


@dataclass(frozen=True)
class Step:
    """A command of a console block, and its output in the document."""

    command: str
    output: str


def steps(text: str) -> Iterator[Step]:
    """The commands after `$ `, each with the lines that follow it."""
    command, output = "", list[str]()
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            if command:
                yield Step(command, "\n".join(output))
            command, output = line[2:], []
        else:
            assert command, f"the console block begins without a command: {line!r}"
            output.append(line)
    yield Step(command, "\n".join(output))


def agrees(documented: str, actual: str) -> bool:
    """Whether the output is as documented. Any white space equals one space, and `…` matches anything."""
    parts = [re.escape(part.strip()) for part in _folded(documented).split("…")]
    return re.fullmatch(r"\s?.*?\s?".join(parts), _folded(actual), re.DOTALL) is not None


def _folded(text: str) -> str:
    return " ".join(text.split())


def perform(step: Step, site: Site) -> None:
    """Run one command of a console block, and compare its output with the document."""
    words = shlex.split(step.command)
    match words:
        case ["curl", *arguments]:
            actual = curl(arguments, step.output, site)
        case ["hyper", "serve" | "dev", *_] | ["uvicorn", *_]:
            _serve(words, step.output, site)
            return
        case ["hyper", *arguments]:
            actual = _output_of(*arguments, folder=site.folder)
        case ["pytest", *arguments]:
            actual = pytest(arguments, site)
        case [tool, *arguments] if tool in TOOLS:
            actual = _output([str(BIN / tool), *TOOLS[tool], *arguments], site.folder)
        case _:
            assert not step.output, f"{step.command}: its output can't be checked"
            check(step.command)
            return
    assert agrees(step.output, actual), f"$ {step.command}\ndocumented:\n{step.output}\n\nactual:\n{actual}"


def pytest(arguments: list[str], site: Site) -> str:
    """Run some of the site's tests, and return the output. Like `pytest`, it keeps the folder out of `sys.path`."""
    site.tests -= set(arguments)
    program = "import sys; sys.path[:1] = []; import pytest; sys.exit(pytest.main())"
    # The forked process has imported anyio, which has a plugin.
    quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    return _output_of(*WITHOUT, *quiet, *arguments, folder=site.folder, command=(sys.executable, "-c", program))


def curl(arguments: list[str], documented: str, site: Site) -> str:
    options = _CURL.parse_args(arguments)
    url = urlsplit(options.url)
    assert url.netloc == "127.0.0.1:8000", options.url
    method = options.X or ("HEAD" if options.I else "POST" if options.d is not None else "GET")
    headers = [(name.strip(), value.strip()) for name, _, value in (header.partition(":") for header in options.H)]
    if options.d is not None and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/x-www-form-urlencoded"))
    if options.b:
        headers.append(("cookie", options.b))
    target = url.path + (f"?{url.query}" if url.query else "")
    expected_body = re.split(r"\n\s*\n", documented, maxsplit=1)[-1] if options.i else documented
    endless = expected_body.rstrip().endswith("…")
    response = site.request(
        target, method, headers, options.d or "", lambda body: endless and agrees(expected_body, body)
    )
    return _with_head(response, documented) if options.i or options.I else response.body


def _with_head(response: Response, documented: str) -> str:
    """The status line, those headers that the document shows, and the body."""
    phrase = HTTPStatus(response.status).phrase
    names = re.findall(r"^([\w-]+):", re.split(r"\n\s*\n", documented, maxsplit=1)[0], re.MULTILINE)
    rows = [
        f"{name}: {value}" for name in dict.fromkeys(names) for key, value in response.headers if key == name.lower()
    ]
    return "\n".join([f"HTTP/1.1 {response.status} {phrase}", *rows, "", response.body])


def _output_of(*arguments: str, folder: Path, command: tuple[str, ...] = HYPER) -> str:
    with Command(*arguments, folder=folder, command=command) as process:
        process.exit_status()
        return process.output + process.errors


def _output(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def _serve(words: list[str], documented: str, site: Site) -> None:
    """Run a server on a free port until its output is as documented."""
    check(shlex.join(words))
    port = free_port()
    for at, word in enumerate(words[:-1]):
        if word == "--port":
            words = [*words[:at], *words[at + 2 :]]
            break
    program = (sys.executable, "-m", "hyperpy" if words[0] == "hyper" else words[0])
    lines = [re.sub(r":\d{4}\b", f":{port}", line.strip()) for line in documented.splitlines() if line.strip(" …")]
    with Command(*words[1:], "--port", str(port), folder=site.folder, command=program) as server:
        for line in lines:
            pattern = r"\s+".join(map(re.escape, line.split())).replace("…", r".*")
            server.wait_for_output(pattern)


def check(command: str) -> None:
    """Check that the command of a line exists, and takes these arguments, options and variables."""
    words = [*takewhile(lambda word: word not in OPERATORS, shlex.split(command, comments=True))]
    variables = dict(word.split("=", 1) for word in takewhile(re.compile(r"[A-Z_]+=").match, words))
    wrong = _unfit({}, variables)
    assert not wrong, f"{command!r}: {wrong}"
    match words[len(variables) :]:
        case []:
            return
        case ["make", *targets]:
            known = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
            wrong = ", ".join(sorted({target for target in targets if "=" not in target} - known))
        case ["hyper", *arguments]:
            wrong = _refused(main, arguments)
        case ["uvicorn", *arguments]:
            wrong = _refused(uvicorn.main, arguments)
        case ["curl" | "python", *_]:
            wrong = ""
        case [tool, *_]:
            name = Path(tool).name
            wrong = "" if name in NOT_RUN or (name in TOOLS and shutil.which(name, path=BIN)) else f"no {tool}"
    assert not wrong, f"{command!r}: {wrong}"


def _refused(command: click.Command, arguments: list[str]) -> str:
    """What the command says against its arguments. A subcommand has arguments of its own."""
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    try:
        given = command.make_context("", arguments).params
    except click.exceptions.Exit:  # --help and --version
        pass
    except click.UsageError as error:
        return error.format_message()
    else:
        flags = {name: value for name, value in given.items() if name in setting_fields()}
        return "" if command is uvicorn.main else _unfit(flags, {})
    return ""


def _unfit(flags: dict[str, object], variables: dict[str, str]) -> str:
    """What is wrong with the values of settings."""
    try:
        load_settings(flags, variables, NOWHERE)
    except HyperError as error:
        return str(error)
    return ""
