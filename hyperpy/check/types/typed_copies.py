"""Copies of a routes folder that type checkers accept: each file has the name of a module.

Type checkers take no file such as `{user_id}.py`, and only one of each name outside of packages. The text of a copy is
that of the file, so lines are the same. So are columns, except after insertions, which are taken into account.
"""

import ast
import keyword
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from hyperpy.check.types.type_checkers import Diagnostic
from hyperpy.exceptions import Place, RouteError
from hyperpy.pages.source_files import read_source
from hyperpy.record_classes import record

_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages"})
# What a checker takes for a value of any type. Nothing imports this module.
ANY: Final = '__import__("hyperpy").value'
_OF_ARGUMENTS: Final = ("[arg-type]", "[reportArgumentType]")
# What may be said of a call, and not of a name.
_OF_CALLS: Final = (
    *("[abstract]", "[call-arg]", "[call-overload]", "[deprecated]", "[func-returns-value]", "[misc]"),
    *("[no-any-return]", "[no-untyped-call]", "[operator]", "[type-var]", "[unused-awaitable]", "[unused-coroutine]"),
    *("[reportAbstractUsage]", "[reportCallIssue]", "[reportOptionalCall]", "[reportUnknownVariableType]"),
)


@record(frozen=True, slots=True)
class Argument:
    """A part of an insertion. `place` is that of its attribute."""

    start: int
    end: int
    place: Place
    value: Place | None
    """Where its text comes from, if that is on one line. A type checker says the same of both only once."""


@record(frozen=True, slots=True)
class Insertion:
    """The arguments of a call, which only the copy has, behind the name that it calls. All of it is on one line."""

    line: int
    name: int
    """The column in which the name begins."""
    column: int
    text: str
    arguments: tuple[Argument, ...]

    def place(self, offset: int, width: int, *, of_argument: bool) -> Place | None:
        """The place in the user's file for an offset in the text; None if nothing there is the user's."""
        for argument in self.arguments:
            if offset == argument.start and of_argument:
                return argument.place
            if argument.start <= offset < argument.end and argument.value is not None:
                value = argument.value
                return Place(value.file, value.line, value.column + offset - argument.start, width)
        return None


@record(frozen=True, slots=True)
class Copies:
    """`folder` holds the copy of the routes folder; `originals` are the files by the path of their copy."""

    folder: Path
    originals: Mapping[str, Path]
    insertions: Mapping[tuple[str, int], Sequence[Insertion]]
    """By the path of the copy and the line, in the order of their columns."""

    def place(self, found: Diagnostic) -> Place | None:
        """The place in the user's file; None for what is said of an inserted call, except for types of arguments."""
        before = 0
        for insertion in self.insertions.get((found.file, found.line), ()):
            column = found.column - before
            if column == insertion.name and found.message.endswith(_OF_CALLS):
                return None
            if column < insertion.column:
                break
            if column < insertion.column + len(insertion.text):
                of_argument = found.message.endswith(_OF_ARGUMENTS)
                return insertion.place(column - insertion.column, found.width, of_argument=of_argument)
            before += len(insertion.text)
        file = str(self.originals.get(found.file, found.file))
        return Place(file, found.line, found.column - before, found.width)


def copy_routes(
    routes: Path, target: Path, inserted: Callable[[Path], Iterable[Insertion]] = lambda file: (), *, assigned: bool
) -> Copies:
    """Copy the Python files of a routes folder into a folder below `target`, except for those with syntax errors.

    With `assigned`, module-level names that only have an annotation get a value, for checkers that would take them for
    unbound.
    """
    folder = target / _module_name(routes.name, ())
    originals: dict[str, Path] = {}
    insertions: dict[tuple[str, int], list[Insertion]] = {}
    for file, copy in _pairs(routes, folder, frozenset()):
        try:
            source = read_source(file)
            tree = ast.parse(source)
        except RouteError, SyntaxError:  # loading the file has reported it
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        found = sorted(inserted(file), key=lambda each: (each.line, each.column))
        source = _with_insertions(source, found)
        copy.write_text(_assigned(source, tree) if assigned else source, "utf-8", newline="")
        originals[str(copy)] = file
        for each in found:
            insertions.setdefault((str(copy), each.line), []).append(each)
    return Copies(folder, originals, insertions)


def _with_insertions(source: str, insertions: Sequence[Insertion]) -> str:
    lines = source.splitlines(keepends=True)
    for each in reversed(insertions):
        line = lines[each.line - 1]
        lines[each.line - 1] = line[: each.column] + each.text + line[each.column :]
    return "".join(lines)


def _pairs(folder: Path, copy: Path, above: frozenset[Path]) -> Iterator[tuple[Path, Path]]:
    """Each Python file below a folder, with the path of its copy."""
    real = folder.resolve()
    if real in above:  # a link to a folder that it is in
        return
    # Names that are modules already stay what they are.
    found = sorted(folder.iterdir(), key=lambda path: (not path.stem.isidentifier(), path.name))
    modules: list[str] = []
    folders: list[str] = []
    for path in found:
        if path.is_dir() and path.name not in _SKIPPED:
            folders.append(_module_name(path.name, folders))
            yield from _pairs(path, copy / folders[-1], above | {real})
        elif path.suffix == ".py":
            modules.append(_module_name(path.stem, modules))
            yield path, copy / f"{modules[-1]}.py"


def _module_name(name: str, taken: Collection[str]) -> str:
    found = re.sub(r"\W", "_", name)
    if not found.isidentifier() or keyword.iskeyword(found):
        found = f"_{found}"
    while found in taken:
        found += "_"
    return found


def _assigned(source: str, tree: ast.Module) -> str:
    lines = source.splitlines(keepends=True)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is None and node.end_lineno and node.end_col_offset:
            line = lines[node.end_lineno - 1].encode()
            at = node.end_col_offset
            lines[node.end_lineno - 1] = f"{line[:at].decode()} = {ANY}{line[at:].decode()}"
    return "".join(lines)
