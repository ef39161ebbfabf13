"""Names of files that mean nothing to hyperpy, but look as if they should."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hyperpy.exceptions import Place
from hyperpy.lazy import difflib
from hyperpy.pages import LoadWarning
from hyperpy.routing import Discovery, RouteFile
from hyperpy.routing.patterns import CONVERTERS, typed

_SPECIAL: Final = ("_guard", "_404", "_error")
_MARKDOWN: Final = (".md", ".mdx")
_TO_RENDER: Final = (
    "Keep the texts in a folder outside of the routes, and write one route file for all, such as `{slug}.py`: it reads"
    " the text and shows {Markup(html)}, with the HTML from a library such as markdown-it-py."
)
# How other frameworks write a parameter: `[id]`, `[...path]`, `[[id]]`, `[id=int]`, `<int:id>`, `:id`, `$id`.
_PARAMETER: Final = re.compile(
    r"\[(?P<rest>\.\.\.)?(?P<a>\w+)(?:=\w+)?\]|\[\[(?P<more>\.\.\.)?(?P<b>\w+)\]\]"
    r"|<(?:(?P<kind>\w+):)?(?P<c>\w+)>|[:$](?P<d>[^\W\d]\w*)"
)
_GROUP: Final = re.compile(r"\([\w-]+\)")
_OTHERS: Final = ("+page", "+server")


def name_warnings(found: Discovery) -> Iterator[LoadWarning]:
    """Warnings about misspelt guards and error pages, and about parameters without braces."""
    for path in _private_files(found):
        similar = [name for name in _SPECIAL if abs(len(name) - len(path.stem)) <= 1]
        near = difflib.get_close_matches(path.stem, similar, n=1, cutoff=0.8)
        if near and path.stem not in _SPECIAL and not _is_mentioned(path.stem, found.folder):
            what = f"hyperpy ignores `{path.name}`, and no file here imports it"
            hint = f"Did you mean `{near[0]}.py`?"
            if near[0] == "_guard":
                hint += " Under this name, it guards nothing."
            yield LoadWarning(what, Place(str(path)), hint)
    for path in sorted(path for suffix in _MARKDOWN for path in found.folder.rglob(f"*{suffix}")):
        if path.is_file() and not _is_private(path, found.folder) and not _is_read(path.suffix, found.folder):
            yield LoadWarning("Markdown isn't a route, so this answers no URL", Place(str(path)), _TO_RENDER)
    groups: set[str] = set()
    for route in found.routes:
        yield from _literal_parameters(route, groups)
        if route.path.name == "guard.py" and len(list(route.path.parent.glob("*.py"))) > 1:
            what = f"this is a route, {route.url}, and guards nothing"
            yield LoadWarning(what, Place(str(route.path)), "A guard is called `_guard.py`.")


def _private_files(found: Discovery) -> list[Path]:
    """The private files of every folder with routes or folders of them below it."""
    own = map(Path, {os.path.dirname(route.path) for route in found.routes})  # texts are compared more quickly
    above = {above for folder in own for above in (folder, *folder.parents)}
    folders = {found.folder, *(folder for folder in above if folder.is_relative_to(found.folder))}
    return sorted(path for folder in folders for path in folder.glob("_*.py"))


def _is_private(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return any(part.startswith(("_", ".")) for part in parts) or path.stem.upper() == path.stem  # such as README


def _is_read(suffix: str, folder: Path) -> bool:
    """Whether code of the routes or beside them speaks of such files."""
    files = (*folder.rglob("*.py"), *folder.parent.glob("*.py"))
    return any(path.is_file() and suffix.encode() in path.read_bytes() for path in files)


def _is_mentioned(stem: str, folder: Path) -> bool:
    word = re.compile(rf"(?<!\w){re.escape(stem)}(?!\w)".encode())
    return any(path.is_file() and word.search(path.read_bytes()) for path in folder.rglob("*.py"))


def _literal_parameters(route: RouteFile, groups: set[str]) -> Iterator[LoadWarning]:
    """Warnings about the parts of a URL. Each group is one warning, however many files it has."""
    parts = route.path.with_suffix("").parts[-len(route.segments) - 1 :]
    for part in parts:
        place = Place(str(route.path))
        if match := _PARAMETER.fullmatch(part):
            dots = "..." if match["rest"] or match["more"] or match["kind"] == "path" else ""
            name = next(filter(None, match.group("a", "b", "c", "d")))
            what = f"`{part}` is a literal part of the URL, not a parameter"
            hint = f"Name it `{{{dots}{name}}}`."
            if match["kind"] in CONVERTERS and not dots:
                hint = f"{hint[:-1]}, and write its type in the file: {typed(name, match['kind'])}."
            yield LoadWarning(what, place, hint)
        elif _GROUP.fullmatch(part) and part not in groups:
            groups.add(part)
            hint = "Folders don't group files without being in the URL: move its files to the folder above."
            yield LoadWarning(f"`{part}` is a literal part of the URL, not a group", place, hint)
        elif part in _OTHERS:
            yield LoadWarning(f"`{part}` is a literal part of the URL", place, "The page of a folder is `index.py`.")
