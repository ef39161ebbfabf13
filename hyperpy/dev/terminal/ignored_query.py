"""Warns about a query that names a constant of its route file, which the author may take for an input."""

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from hyperpy.exceptions import Place
from hyperpy.pages import LoadWarning

_TYPES: Final = (bool, float, int, str)


def ignored_in_query(file: str, query: bytes) -> Iterator[LoadWarning]:
    """The warnings about the names in a query string that the route file assigns once, to a constant."""
    if not query or not file:
        return
    constants = _constants("".join(linecache.getlines(file)))
    for name in dict.fromkeys(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
        if (found := constants.get(name)) is not None:
            line, column, value, annotation = found
            what = f"`?{name}=` has no effect: `{name}` is always {value!r}, since an assignment is never an input"
            hint = f"For the value from the URL, write `{name}: {annotation} = Query({value!r})`."
            yield LoadWarning(what, Place(file, line, column, len(name)), hint)


@lru_cache(maxsize=64)
def _constants(source: str) -> dict[str, tuple[int, int, object, str]]:
    """The variables of a file that one statement sets to a constant: line, column, value and type of each.

    None of a file that reads the query itself, for which a constant may be the default.
    """
    if "query_params" in source:
        return {}
    try:
        tree = ast.parse(source)
    except SyntaxError:  # it has been changed, and is about to be loaded again
        return {}
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    found: dict[str, tuple[int, int, object, str]] = {}
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(target=ast.Name() as target, value=ast.Constant(value=value)):
                annotation = ast.unparse(statement.annotation)
            case ast.Assign(targets=[ast.Name() as target], value=ast.Constant(value=value)):
                annotation = type(value).__name__
            case _:
                continue
        is_plain = isinstance(value, _TYPES) and not target.id.isupper() and "Final" not in annotation
        if is_plain and stored.count(target.id) == 1:
            found[target.id] = (target.lineno, target.col_offset, value, annotation)
    return found
