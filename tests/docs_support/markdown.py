"""The checkable parts of a Markdown file: fenced blocks, tables, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_INLINE = re.compile(r"(`+)(.+?)\1")


@dataclass(eq=False)
class Block:
    """A fenced block without its fences. `line` is that of its first text, and `used` is set by the check."""

    language: str
    text: str
    file: Path
    line: int
    used: bool = field(default=False)

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line} ({self.language})"


@dataclass(frozen=True)
class Table:
    """The head and the rows of a table, as Markdown."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line: int


@dataclass(frozen=True)
class Document:
    file: Path
    text: str

    @classmethod
    def read(cls, file: Path) -> Document:
        return cls(file, file.read_text(encoding="utf-8"))

    @property
    def prose(self) -> str:
        """The text with its fenced blocks blanked out, lines kept."""
        return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    def parts(self) -> list[Block | Table]:
        """Blocks and tables in the order of the file."""
        parts: list[Block | Table] = [*self.blocks(), *self.tables()]
        return sorted(parts, key=lambda part: part.line)

    def blocks(self) -> Iterator[Block]:
        for found in _FENCE.finditer(self.text):
            indent, language, text = found.groups()
            lines = [line.removeprefix(indent) for line in text.splitlines()]
            yield Block(language, "\n".join(lines), self.file, self.text.count("\n", 0, found.start()) + 2)

    def tables(self) -> Iterator[Table]:
        lines = [*self.prose.splitlines(), ""]
        start = None
        for number, line in enumerate(lines):
            if line.startswith("|"):
                start = number if start is None else start
            elif start is not None:
                head, _, *rows = [tuple(_cells(row)) for row in lines[start:number]]
                yield Table(head, tuple(rows), start + 1)
                start = None

    def links(self) -> list[str]:
        return _LINK.findall(_INLINE.sub("", self.prose))

    def anchors(self) -> set[str]:
        """The link targets that code hosts make from headings."""
        return {anchor(found) for found in _HEADING.findall(self.prose)}


def anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.strip().replace(" ", "-")


def code_in(cell: str) -> str:
    """The first inline code of a cell, or the cell itself."""
    found = _INLINE.search(cell)
    if found is None:
        return cell
    text = found[2]
    return text[1:-1] if text.startswith(" ") and text.endswith(" ") else text


def _cells(row: str) -> list[str]:
    parts = re.split(r"(?<!\\)\|", row.strip().strip("|"))
    return [part.strip().replace("\\|", "|") for part in parts]
