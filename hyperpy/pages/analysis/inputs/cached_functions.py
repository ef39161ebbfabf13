"""Functions whose cached result would be another request's."""

import ast
import functools
from collections.abc import Sequence
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex, Function
from hyperpy.pages.analysis.objects.helper_functions import uses_request
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of
from hyperpy.pages.known_names import REQUEST_NAMES

_FUNCTION_CACHES: Final = (functools.cache, functools.lru_cache)
_CACHES: Final = (*_FUNCTION_CACHES, functools.cached_property)
# Imported from hyperpy, these are the running request's.
_OF_THE_REQUEST: Final = frozenset({"htmx", "request", "response", "session"})


def cache_of(function: Function, vocabulary: Vocabulary) -> str:
    """How a function is decorated with a cache, or the empty string."""
    found = (_called(d) for d in function.decorator_list if _is_cache(d, vocabulary, _CACHES))
    return next(map(ast.unparse, found), "")


def _is_cache(written: ast.expr, vocabulary: Vocabulary, caches: Sequence[object] = _FUNCTION_CACHES) -> bool:
    value = vocabulary.value(_called(written))
    return any(value is cache for cache in caches)


def _called(written: ast.expr) -> ast.expr:
    return written.func if isinstance(written, ast.Call) else written


def check_cached_functions(parsed: ParsedFile, vocabulary: Vocabulary, *, is_private: bool = False) -> None:
    """Raises RouteError for a cached function that reads `request` and the like, imported from hyperpy.

    In a file that is not private, a cache that is made by a call lives for one request, unless it is `Final`.
    """
    for function in parsed.index.functions:
        if any(_is_cache(decorator, vocabulary) for decorator in function.decorator_list):
            _check(function.name, function.body, parsed, vocabulary)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = {statement.name: statement for statement in parsed.tree.body if isinstance(statement, kinds)}
    for statement in parsed.tree.body:
        is_final = isinstance(statement, ast.AnnAssign) and vocabulary.is_final(statement.annotation)
        if not (is_final or (is_private and isinstance(statement, ast.Assign | ast.AnnAssign))):
            continue
        for call in parsed.index.of(ast.Call, inside=statement):
            if call.args and _is_cache(call.func, vocabulary):
                match call.args:
                    case [ast.Name(id=name)] if name in functions:
                        _check(name, functions[name].body, parsed, vocabulary)
                    case [function, *_]:
                        _check(ast.unparse(function), [function], parsed, vocabulary)


def _check(name: str, body: Sequence[ast.AST], parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    for node in (node for part in body for node in parsed.index.of(ast.Name, ast.Attribute, inside=part)):
        if vocabulary.public_name(node) in REQUEST_NAMES:
            what = f"`{name}` is cached, but reads `{ast.unparse(node)}`, which is another in each request"
        elif vocabulary.answer(uses_request, node):
            what = f"`{name}` is cached, but `{ast.unparse(node)}` reads the request, which is another each time"
        else:
            continue
        example = f"`def {name}(user_id):`" if name.isidentifier() else "`lambda user_id: …`"
        hint = f"Take what it depends on as an argument: {example}, or remove the cache."
        raise RouteError(what, place=place_of(node, parsed.file), hint=hint)


def check_cached_reads(parsed: ParsedFile, variables: frozenset[str], vocabulary: Vocabulary) -> None:
    """Raises RouteError for a cached function that reads a name of the request, itself or by another function.

    Its cache would give the values of one visitor to the next. Functions inside of others aren't checked: they are made
    again each time.
    """
    index = parsed.index
    lasting = (function for function in index.functions if not _is_nested(function, index))
    cached = [(function, cache) for function in lasting if (cache := cache_of(function, vocabulary))]
    readers = variables | _readers(parsed, vocabulary) if cached else variables
    for function, cache in cached:
        statement = next(s for s in parsed.tree.body if index.contains(s, function))
        uses = (use.node for use in parsed.names[statement].uses)
        for node in (node for node in uses if any(index.contains(part, node) for part in function.body)):
            if node.id in readers or vocabulary.public_name(node) in _OF_THE_REQUEST:
                what = f"`@{cache}` keeps what {function.name}() returns, but it uses `{node.id}` of the request"
                hint = f"Pass `{node.id}` as an argument, or what you need of it, or remove `@{cache}`."
                if (value := single_value(parsed, node.id)) is not None:
                    hint += f"\nIf it is the same for all requests, write `{node.id}: Final = {ast.unparse(value)}`."
                raise RouteError(what, place=place_of(node, parsed.file), hint=hint)


def single_value(parsed: ParsedFile, name: str) -> ast.expr | None:
    """The only value that the file gives to a name."""
    for statement in parsed.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return value if name in parsed.bound_once else None
    return None


def _is_nested(function: Function, index: FileIndex) -> bool:
    """Whether a function is inside another one."""
    return not all(isinstance(owner, ast.ClassDef) for owner in index.owners_of(function))


def _readers(parsed: ParsedFile, vocabulary: Vocabulary) -> frozenset[str]:
    """The functions and classes that read the imported request, themselves or by another."""
    readers: set[str] = set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    definitions = {s.name: parsed.index.of(ast.Name, inside=s) for s in parsed.tree.body if isinstance(s, kinds)}

    def reads(node: ast.Name) -> bool:
        is_local = node in vocabulary.local
        return not is_local and (node.id in readers or vocabulary.public_name(node) in _OF_THE_REQUEST)

    while found := [name for name, nodes in definitions.items() if name not in readers and any(map(reads, nodes))]:
        readers.update(found)
    return frozenset(readers)
