"""Functions whose cached result would be another request's."""

import ast
import functools
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex, Function
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import REQUEST_NAMES, Vocabulary

_FUNCTION_CACHES: Final = (functools.cache, functools.lru_cache)
_CACHES: Final = (*_FUNCTION_CACHES, functools.cached_property)
# Imported from hyperpy, these are the running request's.
_OF_THE_REQUEST: Final = frozenset({"request", "response", "session"})


def cache_of(function: Function, vocabulary: Vocabulary) -> str:
    """How a function is decorated with a cache, or the empty string."""
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if any(vocabulary.value(target) is cache for cache in _CACHES):
            return ast.unparse(target)
    return ""


def check_cached_functions(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a cached function that reads `request` and the like, imported from hyperpy."""
    index = parsed.index
    for function in index.functions:
        decorators = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
        if not any(vocabulary.value(d) is cache for d in decorators for cache in _FUNCTION_CACHES):
            continue
        for node in (node for part in function.body for node in index.of(ast.Name, ast.Attribute, inside=part)):
            if vocabulary.public_name(node) in REQUEST_NAMES:
                what = f"`{function.name}` is cached, but reads `{ast.unparse(node)}`, which is another in each request"
                hint = f"Take what it depends on as an argument: `def {function.name}(user_id):`, or remove the cache."
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
    owner = index.owner(function)
    while isinstance(owner, ast.ClassDef):
        owner = index.owner(owner)
    return owner is not None


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
