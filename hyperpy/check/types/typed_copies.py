"""Copies of a routes folder that type checkers accept: each file has the name of a module.

Type checkers take no file such as `{user_id}.py`, and only one of each name outside of packages. The text of a copy is
that of the file, so lines and columns are the same.
"""

import ast
import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.source_files import read_source
from hyperpy.record_classes import record

_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages"})
# What a checker takes for a value of any type. Nothing imports this module.
_VALUE: Final = ' = __import__("hyperpy").value'


@record(frozen=True, slots=True)
class Copies:
    """`folder` holds the copy of the routes folder; `originals` are the files by the path of their copy."""

    folder: Path
    originals: Mapping[str, Path]


def copy_routes(routes: Path, target: Path, *, assigned: bool) -> Copies:
    """Copy the Python files of a routes folder into a folder below `target`, except for those with syntax errors.

    With `assigned`, module-level names that only have an annotation get a value, for checkers that would take them for
    unbound.
    """
    folder = target / _module_name(routes.name, ())
    originals: dict[str, Path] = {}
    for file, copy in _pairs(routes, folder, frozenset()):
        try:
            source = read_source(file)
            tree = ast.parse(source)
        except RouteError, SyntaxError:  # loading the file has reported it
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(_assigned(source, tree) if assigned else source, "utf-8", newline="")
        originals[str(copy)] = file
    return Copies(folder, originals)


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
            lines[node.end_lineno - 1] = f"{line[:at].decode()}{_VALUE}{line[at:].decode()}"
    return "".join(lines)
