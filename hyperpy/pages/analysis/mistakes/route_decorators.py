"""`@app.get("/users")`: a decorator that adds a route in other frameworks. Here, the file is the route."""

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hyperpy.exceptions import RouteError
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of

DECORATORS: Final = frozenset(
    {"api_route", "delete", "get", "page", "patch", "post", "put", "route", "rt", "websocket", "websocket_route"}
)
_WRITING: Final = frozenset({"delete", "patch", "post", "put"})
_PARAMETER: Final = lazy_pattern(r"<(?:(\w+):)?(\w+)>|\{(\w+)(?::(\w+))?\}|:(\w+)")


class _Decorator(NamedTuple):
    call: ast.Call
    function: str
    """`get`, in `@app.get(…)`."""
    path: str
    owner: str
    """The name in front: `app`."""


def route_decorators(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about the decorators at module level that are called with a path."""
    for found in _decorators(parsed):
        yield LoadWarning(_what(found), place_of(found.call, parsed.file), advice(found.function, found.path))


def useless_decorator(parsed: ParsedFile) -> RouteError | None:
    """An error for the first of these decorators, for a file without an answer."""
    return next((_error(found, parsed) for found in _decorators(parsed)), None)


def check_route_decorators(parsed: ParsedFile, vocabulary: Vocabulary, known: frozenset[str] | None) -> None:
    """Raises RouteError for such a decorator if it is hyperpy's `route`, or if nothing sets its owner.

    `known` are the names that the file can have, or None if they can't be known.
    """
    for found in _decorators(parsed):
        is_unknown = known is not None and found.owner not in known
        if is_unknown or vocabulary.public_name(found.call.func) == "route":
            raise _error(found, parsed)


def _error(found: _Decorator, parsed: ParsedFile) -> RouteError:
    return RouteError(_what(found), place=place_of(found.call, parsed.file), hint=advice(found.function, found.path))


def advice(function: str, path: str) -> str:
    """What to write in place of a decorator with a path."""
    file = f"`{_file_of(path)}` in the routes folder answers this URL" if path else "its name is the URL"
    said = f"A file is a route: {file}. Write the page in it as a t-string of its own, outside of functions."
    if function in _WRITING:
        method = function.upper()
        said += f" Import {method} from hyperpy, and write what answers it under `if {method}:`."
    return said


def _what(found: _Decorator) -> str:
    return f"`@{ast.unparse(found.call.func)}(…)` adds no route"


def _decorators(parsed: ParsedFile) -> Iterator[_Decorator]:
    for function in parsed.index.owned(None, ast.FunctionDef, ast.AsyncFunctionDef):
        for node in function.decorator_list:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name), args=[ast.Constant(path), *_]):
                    pass
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(path), *_]):
                    owner = name
                case _:
                    continue
            if name in DECORATORS and isinstance(path, str) and path.startswith("/"):
                yield _Decorator(node, name, path, owner)


def _file_of(path: str) -> str:
    """The file below the routes folder for a path of another framework."""
    parts = [_PARAMETER.sub(_parameter, part) for part in path.strip("/").split("/")]
    return f"{'/'.join(parts) or 'index'}.py"


def _parameter(found: re.Match[str]) -> str:
    before, flask, name, after, express = found.groups()
    return f"{{{'...' if 'path' in (before, after) else ''}{flask or name or express}}}"
