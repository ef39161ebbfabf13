"""Warns about a query that names a constant of its route file, which the author may take for an input."""

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from hyperpy.exceptions import Place
from hyperpy.pages import LoadWarning
from hyperpy.pages.analysis.mistakes.constant_controls import own_conversion

_TYPES: Final = (bool, float, int, str)


def ignored_in_query(file: str, query: bytes) -> Iterator[LoadWarning]:
    """The warnings about the names in a query string that the route file assigns once, to a constant."""
    if not query or not file:
        return
    constants = _constants("".join(linecache.getlines(file)))
    for name in dict.fromkeys(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
        if (found := constants.get(name)) is not None:
            line, column, said, value, annotation = found
            what = f"`?{name}=` has no effect: `{name}` {said} {value!r}, since an assignment is never an input"
            hint = f"For the value from the URL, write `{name}: {annotation} = Query({value!r})`."
            yield LoadWarning(what, Place(file, line, column, len(name)), hint)


@lru_cache(maxsize=64)
def _constants(source: str) -> dict[str, tuple[int, int, str, object, str]]:
    """The variables of a file that have no value but a constant, or one made from that.

    Each with its line and column, the verb for its value, the value and its type.

    None of a file that reads the query itself, for which a constant may be the default.
    """
    if "query_params" in source:
        return {}
    try:
        tree = ast.parse(source)
    except SyntaxError:  # it has been changed, and is about to be loaded again
        return {}
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    found: dict[str, tuple[int, int, str, object, str]] = {}
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(target=ast.Name() as target, value=ast.Constant(value=value)):
                annotation = ast.unparse(statement.annotation)
            case ast.Assign(targets=[ast.Name() as target], value=ast.Constant(value=value)):
                annotation = type(value).__name__
            case _:
                continue
        is_plain = isinstance(value, _TYPES) and not target.id.isupper() and "Final" not in annotation
        is_once = stored.count(target.id) == 1
        if is_plain and (is_once or own_conversion(tree, target.id) is not None):
            said = "is always" if is_once else "starts as"
            found[target.id] = (target.lineno, target.col_offset, said, value, annotation)
    return found
