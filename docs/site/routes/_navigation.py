"""The order of the pages and their groups: the headings and lists of `docs/index.md`."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from routes._documents import PARSER, documents, plain
from routes._repository import DOCS

TITLES: Final = {"how-to": "How-to", "reference": "Reference", "explanation": "Explanation"}


@dataclass(frozen=True)
class Entry:
    name: str
    label: str


OVERVIEW: Final = Entry("index", "Overview")


@dataclass(frozen=True)
class Group:
    title: str
    entries: tuple[Entry, ...]


def navigation() -> tuple[Group, ...]:
    index = DOCS / "index.md"
    return read(index.read_text(), tuple(documents().items()))


@lru_cache(maxsize=8)
def read(text: str, files: tuple[tuple[str, Path], ...]) -> tuple[Group, ...]:
    """A paragraph or heading before a list is the name of its group. Documents in no list follow, by their folder."""
    files_by_name = dict(files)
    names = {file: name for name, file in files}
    groups: dict[str, dict[str, str]] = {}
    title, depth = "", 0
    for token in PARSER.parse(text):
        depth += (token.type == "bullet_list_open") - (token.type == "bullet_list_close")
        if token.type != "inline":
            continue
        if not depth:
            title = plain(token).split(",")[0].split(":")[0].strip()
            continue
        for start, child in enumerate(token.children or ()):
            if child.type == "link_open":
                name = names.get((DOCS / str(child.attrs["href"]).partition("#")[0]).resolve())
                label = (token.children or [])[start + 1].content
                if name and files_by_name[name].suffix == ".conf":
                    label = files_by_name[name].name
                if name and all(name not in group for group in groups.values()) and name != "index":
                    groups.setdefault(title, {})[name] = label
    for name, file in files:
        if name != "index" and all(name not in group for group in groups.values()):
            groups.setdefault(TITLES.get(file.parent.name, "More"), {})[name] = (
                file.read_text().splitlines()[0].lstrip("# ").replace("`", "")
            )
    return tuple(Group(title, tuple(Entry(*entry) for entry in group.items())) for title, group in groups.items())


def neighbours(name: str) -> tuple[Entry | None, Entry | None]:
    """The entries before and after a page."""
    entries = [OVERVIEW, *(entry for group in navigation() for entry in group.entries)]
    names = [entry.name for entry in entries]
    if name not in names:
        return None, None
    place = names.index(name)
    return (entries[place - 1] if place else None), (entries[place + 1] if place + 1 < len(entries) else None)
