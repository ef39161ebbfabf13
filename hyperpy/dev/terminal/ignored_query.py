"""Warns about names in a query that have no effect: constants of the route file, and lists with brackets, `ids[]`."""

import ast
import linecache
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from hyperpy.lazy import lazy_pattern
from hyperpy.pages import LoadWarning
from hyperpy.pages.analysis.mistakes.constant_controls import FixedValue, fixed_values
from hyperpy.pages.facts import place_of

_LIST = lazy_pattern(r"(?:list|set|frozenset|tuple)\b")


def ignored_in_query(file: str, query: bytes) -> Iterator[LoadWarning]:
    """The warnings about the names in a query string that the file assigns once, to a constant, or that are `ids[]`."""
    if not query or not file:
        return
    source = "".join(linecache.getlines(file))
    constants = _constants(source)
    for name in dict.fromkeys(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
        if (found := constants.get(name)) is not None:
            yield found.ignored(f"`?{name}=`", "Query", file)
        elif name.endswith("[]") and name not in source and (declared := _lists(source).get(name[:-2])) is not None:
            what = f"`?{name}=` has no effect: the name of the input is `{name[:-2]}`"
            hint = f"Send `?{name[:-2]}=1&{name[:-2]}=2`. For a client that always adds the brackets, write "
            hint += f'`{ast.unparse(declared.target)}: {ast.unparse(declared.annotation)} = Query(alias="{name}")`.'
            yield LoadWarning(what, place_of(declared, file), hint)


@lru_cache(maxsize=64)
def _lists(source: str) -> Mapping[str, ast.AnnAssign]:
    """The inputs of a file that are lists."""
    try:
        statements = ast.walk(ast.parse(source))
    except SyntaxError:
        return {}
    return {
        ast.unparse(s.target): s
        for s in statements
        if isinstance(s, ast.AnnAssign) and isinstance(s.value, ast.Call) and _LIST.match(ast.unparse(s.annotation))
    }


@lru_cache(maxsize=64)
def _constants(source: str) -> Mapping[str, FixedValue]:
    """The fixed values of a file; none if it reads the query itself, for which a constant may be the default."""
    if "query_params" in source:
        return {}
    try:
        return fixed_values(ast.parse(source))
    except SyntaxError:  # it has been changed, and is about to be loaded again
        return {}
