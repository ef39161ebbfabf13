"""Warns about a query that names a constant of its route file, which the author may take for an input."""

import ast
import linecache
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from hyperpy.pages import LoadWarning
from hyperpy.pages.analysis.mistakes.constant_controls import FixedValue, fixed_values


def ignored_in_query(file: str, query: bytes) -> Iterator[LoadWarning]:
    """The warnings about the names in a query string that the route file assigns once, to a constant."""
    if not query or not file:
        return
    constants = _constants("".join(linecache.getlines(file)))
    for name in dict.fromkeys(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
        if (found := constants.get(name)) is not None:
            yield found.ignored(f"`?{name}=`", "Query", file)


@lru_cache(maxsize=64)
def _constants(source: str) -> Mapping[str, FixedValue]:
    """The fixed values of a file; none if it reads the query itself, for which a constant may be the default."""
    if "query_params" in source:
        return {}
    try:
        return fixed_values(ast.parse(source))
    except SyntaxError:  # it has been changed, and is about to be loaded again
        return {}
