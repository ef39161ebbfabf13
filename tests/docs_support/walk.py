"""Follow a document from top to bottom, as a reader would who tries everything in it.

- ```python whose first line is a comment with a file name is a file of the document's one site. So are ```toml, ```css,
  ```js and ```xml, and ```md with the comment in its front matter. Other Python is a script, whose output is in the
  ```text, ```html or ```json block right after it.
- ```text that begins with `file.py:line  ` is the load error that the file above it causes. The file is then deleted.
- ```console holds commands after `$ ` and their output; ```sh holds commands that must exist.
- ```ini is a systemd unit, ```dockerfile an image and ```yaml a set of containers, whose commands must exist.
- ```caddyfile is a configuration of Caddy. The site must answer what it asks for, and what ```yaml does.
- ```nginx is in a documented configuration, which a real nginx uses.
- ```html and ```js elsewhere are for browsers: the URLs in them must be routes of the site, and
  tests/browser/test_docs_scripts.py runs them.
- A table whose head is `You write | hyperpy says` holds templates or statements, and the error of each, and one with
  `You declare` statements of `routes/{number}.py`. Other tables hold file names and their errors, or values and their
  rendering.

At the end, and before a file is replaced, the tests that no command has run are run, and the page and the stream of
every route that no command has requested are requested.
"""

import ast
import json
import re
import shlex
import tomllib
from configparser import ConfigParser
from configparser import Error as ConfigError
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import hyperpy
from hyperpy import html
from hyperpy.config import load_settings
from hyperpy.exceptions import HyperError
from hyperpy.pages import Route
from hyperpy.routing import Match
from tests.docs_support.markdown import Block, Document, Table, code_in
from tests.docs_support.shell import REPOSITORY, agrees, check, perform, pytest, steps
from tests.docs_support.site import Site

_FILE = re.compile(r"(?:#|/\*|//|<!--) ?([\w{}./-]+\.(?:py|toml|css|js|svg))(?: \*/| -->)?$")
_MARKDOWN = re.compile(r"\+\+\+\n# ([\w./-]+\.md)$", re.MULTILINE)
_LOAD_ERROR = re.compile(r"[\w{}./-]+\.py(?::\d+)?  \S")
_URL = re.compile(
    r"""(?:sse-connect|:connect|hx-get|hx-post|href|action|src)="(/[^"]*)"|(?:EventSource|createStream)\("(/[^"]*)\"|@get\('(/[^']*)'"""
)
_EXECUTED = re.compile(r"^Exec\w+=(?:/[\w.-]+)*/(.+)$", re.MULTILINE)  # in a systemd unit; the folder is left out
_CONTAINED = re.compile(r"(?:^RUN |^CMD |^ +command: )(.+)$", re.MULTILINE)  # in a container, perhaps as a list
_PROBED = re.compile(r"(?:\bhealth_uri |http://127\.0\.0\.1:8000)([^\s']+)")
_TRY = "routes/try.py"
_DECLARING = (
    "from functools import cache; from typing import Annotated, Any, Final; from pydantic import BaseModel, Field; "
    "from hyperpy import Body, Cookie, Depends, Form, Header, InputMarker, Loaded, Path, Query, request\n"
)


class Walk:
    """One document, and the site that it builds."""

    def __init__(self, document: Document, folder: Path) -> None:
        self.document = document
        self.site = Site(folder)
        self.last_file = ""
        self.printed: str | None = None
        self.routes: set[str] = set()
        self.probed: set[str] = set()  # what a proxy or a container requests to find out whether the site is up

    def go(self) -> list[Block]:
        """Check every part, and return the blocks, each marked as used."""
        parts = self.document.parts()
        with self.site.entered():
            for part in parts:
                try:
                    self.table(part) if isinstance(part, Table) else self.block(part)
                except (AssertionError, HyperError, ConfigError, ElementTree.ParseError) as error:
                    raise AssertionError(f"{self.document.file.name}:{part.line}\n{error}") from error
            self.visit_all()
            for url in self.probed:
                assert self.site.request(url).status == 200, f"nothing answers {url}"
        return [part for part in parts if isinstance(part, Block)]

    def block(self, block: Block) -> None:
        printed, self.printed = self.printed, None
        match block.language:
            case "python" | "toml" | "css" | "js" | "xml" | "md" if named := file_name(block):
                self.file(named, block.text)
                if block.language == "js":
                    self.urls(block.text)
            case "python":
                self.printed = self.site.run(block.text, str(block))
            case "text" if _LOAD_ERROR.match(block.text):
                self.load_error(block.text)
            case "text" | "html" | "json" if printed is not None:
                assert agrees(block.text, printed), f"documented:\n{block.text}\n\nprinted:\n{printed}"
            case "html" | "js":
                self.urls(block.text)
            case "console":
                for step in steps(block.text):
                    perform(step, self.site)
            case "sh":
                for line in block.text.replace("\\\n", " ").splitlines():
                    check(line)
            case "ini":
                ConfigParser(interpolation=None).read_string(block.text)
                for command in _EXECUTED.findall(block.text):
                    check(command)
            case "caddyfile":
                self.probed |= {*_PROBED.findall(block.text)}
            case "dockerfile" | "yaml":
                self.probed |= {*_PROBED.findall(block.text)}
                for command in _CONTAINED.findall(block.text):
                    check(shlex.join(json.loads(command)) if command.startswith("[") else command)
            case "nginx" if self.document.file.name == "scaling.md":
                pass  # a real nginx runs it, in tests/test_scaling.py
            case "sql" if self.document.file.name in ("deploying.md", "from-php.md"):
                pass  # a real PostgreSQL runs it, in tests/channels/test_listening.py
            case "nginx":
                self.excerpt(block.text, sorted((REPOSITORY / "docs").glob("nginx*.conf")))
            case _:
                raise AssertionError(f"nothing checks a block of `{block.language}`")
        block.used = True

    def file(self, name: str, text: str) -> None:
        if (self.site.folder / name).exists():
            self.visit_all()
        self.site.write(name, text)
        self.last_file = name
        if name == "pyproject.toml":
            tomllib.loads(text)
            load_settings({}, {}, self.site.folder)
        if name.endswith(".svg"):
            ElementTree.fromstring(text)

    def load_error(self, documented: str) -> None:
        """Check the error that the file above causes. Without that file, the site must load."""
        actual = self.site.load_error()
        # White space counts: the carets point at a column.
        assert _stripped(documented) == _stripped(actual), f"documented:\n{documented}\n\nactual:\n{actual}"
        self.site.remove(self.last_file)
        assert not self.site.load_error()

    def urls(self, text: str) -> None:
        found = ["".join(found) for found in _URL.findall(text)]
        router = self.site.load().loaded_routes.router
        for url in found:
            if url.startswith("/_hyper/"):
                assert self.site.request(url).status == 200, f"hyperpy has no script {url}"
            elif not url.startswith("/static/"):
                assert isinstance(router.match(url.partition("?")[0].encode()), Match), f"no route answers {url}"

    def excerpt(self, text: str, files: list[Path]) -> None:
        """Check that one of the files has all lines."""
        lines = {line.strip() for line in text.splitlines()}
        names = [file.name for file in files]
        wholes = [{line.strip() for line in file.read_text().splitlines()} for file in files]
        assert any(lines <= whole for whole in wholes), f"none of {names} has all lines of {text!r}"

    def table(self, table: Table) -> None:
        match table.head[:2]:
            case ("You write", "hyperpy says"):
                for template, says, *_ in table.rows:
                    source = code_in(template)
                    page = "" if "t'" in source or 't"' in source else "t'<p>'"
                    self.rejected({_TRY: f"{_assignments(source)}\n{source}\n{page}"}, code_in(says))
            case ("You declare", "hyperpy says"):
                for source, says, *_ in table.rows:
                    self.rejected({"routes/{number}.py": f"{_DECLARING}{code_in(source)}\nt''"}, code_in(says))
            case ("A file named", "hyperpy says"):
                for names, says, *_ in table.rows:
                    self.rejected({f"routes/{code_in(name)}": "t'<p>'" for name in names.split(" and ")}, code_in(says))
            case ("Rendered", "hyperpy says") | ("You write", "The browser gets"):
                for value, says, *_ in table.rows:
                    self.renders(code_in(value), code_in(says))
            case _:
                unchecked = [row[0] for row in table.rows if row[0].startswith("`t") and "{" in row[0]]
                assert not unchecked, f"no test reads a table with the head {table.head}: {unchecked}"

    def rejected(self, files: dict[str, str], says: str) -> None:
        """Check that the site with these files added fails to load, with the message `says`."""
        for name, text in files.items():
            self.site.write(name, text)
        actual = self.site.load_error()
        for name in files:
            self.site.remove(name)
        assert says in actual, f"{files}\ndocumented: {says}\nactual: {actual}"

    def renders(self, value: str, says: str) -> None:
        """Check the rendering, or the error, of an expression that uses the names of the scripts so far."""
        try:
            actual = str(html(eval(value, self.site.names)))
        except HyperError as error:
            actual = str(error)
        assert says in actual, f"{value}\ndocumented: {says}\nactual: {actual}"

    def visit_all(self) -> None:
        """Run the tests, and request the page or response and the stream of every route."""
        if self.site.tests:
            output = pytest([*sorted(self.site.tests), "-q"], self.site)
            assert re.search(r"^\d+ passed(, \d+ skipped)? in ", output, re.MULTILINE), output
        if not (self.site.folder / "routes").exists():
            return
        for entry in self.site.load().loaded_routes.entries:
            if not isinstance(entry, Route) or not entry.url:
                continue
            self.routes.add(entry.url)
            url = re.sub(r"\{\w+\}", "1", re.sub(r"\{\.\.\.\w+\}", "a/b", entry.url))
            if entry.file in self.site.requested:
                continue
            kinds = ["text/html"] if entry.templates or not entry.stream else []
            for accept in kinds + ["text/event-stream"] * bool(entry.stream):
                response = self.site.request(url, headers=[("accept", accept)], enough=bool)
                good = response.status < 400 and (response.body or response.status in (204, 303, 307, 308))
                assert good, f"GET {url} ({accept}): {response.status} {response.body}"


def file_name(block: Block) -> str | None:
    """The name of the file that a block is, from the comment in its first line or in its front matter."""
    found = _FILE.match(block.text.partition("\n")[0]) or _MARKDOWN.match(block.text)
    return found and found[1]


def files(document: Document) -> dict[str, str]:
    """The files of the document's site by name, as they are in the end."""
    return {name: f"{block.text}\n" for block in document.blocks() if (name := file_name(block))}


def for_browsers(document: Document) -> list[Block]:
    """The scripts of the document, and its HTML that is not the output of the script before it."""
    blocks = [None, *document.blocks()]
    return [
        block
        for before, block in pairwise(blocks)
        if block and (block.language == "js" or (block.language == "html" and not (before and _is_script(before))))
    ]


def _is_script(block: Block) -> bool:
    return block.language == "python" and not file_name(block)


def _stripped(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def _assignments(template: str) -> str:
    """Statements that define every name in a template: hyperpy's are imported."""
    names = {node.id for node in ast.walk(ast.parse(template)) if isinstance(node, ast.Name)}
    own = names & set(hyperpy.__all__)
    lines = [f"from hyperpy import {name}" for name in sorted({"fragment", *own})]
    return "\n".join([*lines, *(f"{name} = ()" for name in sorted(names - own))])
