"""The tables of `docs/how-to/from-php.md`: a call of another library, the line that does the same here, its outcome."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import hyperpy
from tests.docs_support import walk
from tests.docs_support.markdown import Document
from tests.docs_support.shell import REPOSITORY

DOCUMENT = Document.read(REPOSITORY / "docs" / "how-to" / "from-php.md")
SOURCES = frozenset({"Laravel", "Hyper", "Hazaar", "tiny", "hyperpy"})

# What the heads of the last columns say about a table: who runs its lines.
URLS = ("The file", "Its URL")
CURL = ("The line", "curl gets")
CREATE_STREAM = ("The line", "createStream calls")
EVENT_SOURCE = ("The line", "EventSource gets")
POSTGRESQL = ("The line", "With PostgreSQL")
SCRIPT = ('In a `<script type="module">`', "The console")
HTMX = ("In the page", "htmx shows")
DATASTAR = ("The line", "Datastar shows")
ATTRIBUTES = ("In the page", "Datastar fills in")
PROMISES = ("Here",)
FILES = ("In …",)  # in a file of the document, whose name is in the head
KINDS = frozenset(
    {URLS, CURL, CREATE_STREAM, EVENT_SOURCE, POSTGRESQL, SCRIPT, HTMX, DATASTAR, ATTRIBUTES, PROMISES, FILES}
)

# Where the names in the lines come from, besides hyperpy.
IMPORTS = {
    **{name: f"import {name}" for name in ("asyncio", "os", "time")},
    **{name: f"from routes._names import {name}" for name in ("Price", "create", "find")},
    "b64encode": "from base64 import b64encode",
    "batched": "from itertools import batched",
    "ds": "from hyperpy import datastar as ds",
    "datetime": "from datetime import datetime",
}

_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line` and `outcome` are the code of their cells, and `here` and `head` the cell and its head."""

    place: str
    kind: tuple[str, ...]
    sources: tuple[str, ...]
    there: str
    here: str
    head: str
    line: tuple[str, ...]
    outcome: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place}: {self.there} → {self.here}"


def read() -> list[Row]:
    """All rows of the tables."""
    rows = []
    for table in DOCUMENT.tables():
        first, second, head, *_ = table.head
        assert (first, second) == ("From", "There"), f"line {table.line} has another table"
        kind = FILES if re.fullmatch(r"In `[\w./{}-]+`", head) else table.head[2:]
        assert kind in KINDS, f"nothing runs the rows of the table in line {table.line}: {kind}"
        for number, (sources, there, here, *outcome) in enumerate(table.rows, table.line + 2):
            row = Row(
                f"{DOCUMENT.file.name}:{number}",
                kind,
                tuple(sources.split(", ")),
                there,
                here,
                head,
                tuple(_CODE.findall(here)),
                tuple(_CODE.findall(" ".join(outcome))),
            )
            assert set(row.sources) <= SOURCES, row
            assert len(outcome) == len(kind) - 1 == bool(row.outcome), row
            rows.append(row)
    return rows


ROWS = read()


def of(*kinds: tuple[str, ...]) -> list[Row]:
    return [row for row in ROWS if row.kind in kinds]


def files() -> dict[str, str]:
    """The files that the document shows, by name."""
    return walk.files(DOCUMENT)


def write_files(folder: Path) -> None:
    """Write the files of the document to a folder."""
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def stream_of(row: Row) -> str:
    """A route file whose stream consists of the row's lines."""
    body = "".join(f"    {line}\n" for line in row.line)
    return f"{imports('\n'.join(row.line))}\n\nasync def stream():\n{body}"


def imports(code: str) -> str:
    """The imports that some statements need."""
    function = f"async def lines():\n    {'\n    '.join(code.splitlines() or ['pass'])}"
    names = {node.id for node in ast.walk(ast.parse(function)) if isinstance(node, ast.Name)}
    own = sorted(names & set(hyperpy.__all__))
    needed = [IMPORTS[name] for name in sorted(names) if name in IMPORTS]
    return "\n".join([*needed, *(f"from hyperpy import {name}" for name in own)])


def agree(documented: tuple[str, ...], actual: list[str]) -> bool:
    """Whether both are the same texts. `…` stands for anything, and `\\n` for a line end."""
    patterns = [".*".join(re.escape(part.replace("\\n", "\n")) for part in text.split("…")) for text in documented]
    return len(patterns) == len(actual) and all(
        re.fullmatch(pattern, text, re.DOTALL) for pattern, text in zip(patterns, actual, strict=True)
    )
