"""Engines, pools and clients that a loader or a stream makes for each request."""

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from hyperpy.pages.analysis.file_index import parameters
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.shared_objects import shared_call
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of

# They keep connections open, to use them again. Locks and queues may belong to one request.
_NAMES: Final = "aiohttp asyncpg boto3 httpx motor openai psycopg_pool pymongo redis sqlalchemy"
_PACKAGES: Final = frozenset(_NAMES.split())
_CLOSING: Final = frozenset({"aclose", "close", "disconnect", "dispose"})


def clients_in_functions(
    functions: Iterable[ast.AsyncFunctionDef], parsed: ParsedFile, variables: Collection[str], vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    """Warnings about calls that could as well be made once. `variables` are the names of a request.

    A client that the function closes, or whose arguments come from the request, is meant to be made there.
    """
    for function in functions:
        own = {*parameters(function), *_stored(function, parsed), *variables}
        for call in parsed.index.owned(function, ast.Call):
            made = shared_call(call, vocabulary, _PACKAGES)
            if made and not _read(call, parsed) & own and not _is_closed(call, function, parsed):
                yield _warning(made, call, function, parsed)


def _stored(function: ast.AsyncFunctionDef, parsed: ParsedFile) -> Iterator[str]:
    names = parsed.index.of(ast.Name, inside=function)
    return (name.id for name in names if isinstance(name.ctx, ast.Store))


def _read(call: ast.Call, parsed: ParsedFile) -> set[str]:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return {name.id for argument in arguments for name in parsed.index.of(ast.Name, inside=argument)}


def _is_closed(call: ast.Call, function: ast.AsyncFunctionDef, parsed: ParsedFile) -> bool:
    """Whether the function closes what a call makes, by `with` or by a method, or gives it to somebody else."""
    parent = parsed.index.parent(call)
    if isinstance(parent, ast.withitem | ast.Call | ast.keyword | ast.Return | ast.Yield):
        return True
    name = _name(call, parsed)
    for use in parsed.index.of(ast.Name, inside=function):
        if use.id == name and isinstance(use.ctx, ast.Load):
            parent = parsed.index.parent(use)
            if isinstance(parent, ast.withitem | ast.Return | ast.Yield):
                return True
            if isinstance(parent, ast.Attribute) and parent.attr in _CLOSING:
                return True
    return False


def _name(call: ast.Call, parsed: ParsedFile) -> str:
    parent = parsed.index.parent(call)
    if isinstance(parent, ast.Await):
        parent = parsed.index.parent(parent)
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def _warning(made: str, call: ast.Call, function: ast.AsyncFunctionDef, parsed: ParsedFile) -> LoadWarning:
    name = _name(call, parsed)
    what = f"{function.name}() makes {f'`{name}`' if name else f'{made}()'} again for each request"
    hint = f"Create it once, above: `{name or 'shared'}: Final = {ast.unparse(call)}`, with `from typing import Final`."
    if isinstance(parsed.index.parent(call), ast.Await):
        hint = "Create it once, in the lifespan of `app.py`."
    return LoadWarning(what, place_of(call, parsed.file), hint)
