"""Functions whose cached result would be another request's."""

import ast
import functools
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import REQUEST_NAMES, PublicNames, Vocabulary

Function = ast.FunctionDef | ast.AsyncFunctionDef
_CACHES = (functools.cache, functools.lru_cache)


def check_cached_functions(tree: ast.Module, vocabulary: Vocabulary, file: str, *, is_private: bool = False) -> None:
    """Raises RouteError for a cached function that reads `request` and the like, imported from hyperpy.

    In a file that is not private, a cache that is made by a call lives for one request, unless it is `Final`.
    """
    for node in ast.walk(tree):
        if isinstance(node, Function) and any(_is_cache(part, vocabulary) for part in node.decorator_list):
            _check(node.name, node.body, vocabulary, file)
    functions = {statement.name: statement for statement in tree.body if isinstance(statement, Function)}
    for statement in tree.body:
        is_final = isinstance(statement, ast.AnnAssign) and vocabulary.is_final(statement.annotation)
        if not (is_final or (is_private and isinstance(statement, ast.Assign | ast.AnnAssign))):
            continue
        for node in ast.walk(statement):
            match node:
                case ast.Call(func=cache, args=[ast.Name(id=name)]) if (
                    _is_cache(cache, vocabulary) and name in functions
                ):
                    _check(name, functions[name].body, vocabulary, file)
                case ast.Call(func=cache, args=[function, *_]) if _is_cache(cache, vocabulary):
                    _check(ast.unparse(function), [function], vocabulary, file)


def _is_cache(decorator: ast.expr, vocabulary: Vocabulary) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    value = vocabulary.value(called)
    return any(value is cache for cache in _CACHES)


def _check(name: str, body: list[ast.stmt] | list[ast.expr], vocabulary: Vocabulary, file: str) -> None:
    for node in (node for part in body for node in ast.walk(part)):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        if vocabulary.public_name(node) in REQUEST_NAMES:
            what = f"`{name}` is cached, but reads `{ast.unparse(node)}`, which is another in each request"
        elif _reads_request(vocabulary.value(node), vocabulary.public, set()):
            what = f"`{name}` is cached, but `{ast.unparse(node)}` reads the request, which is another each time"
        else:
            continue
        example = f"`def {name}(user_id):`" if name.isidentifier() else "`lambda user_id: …`"
        hint = f"Take what it depends on as an argument: {example}, or remove the cache."
        raise RouteError(what, place=place_of(node, file), hint=hint)


def _reads_request(function: object, public: PublicNames, seen: set[FunctionType]) -> bool:
    """Whether a function of another file reads the imported `request`, itself or by another function."""
    if not isinstance(function, FunctionType) or function in seen or function.__module__.startswith("hyperpy."):
        return False
    seen.add(function)
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    values = [function.__globals__.get(name) for name in names]
    values += [vars(module).get(name) for module in values if isinstance(module, ModuleType) for name in names]
    return any(public.name_of(v) in REQUEST_NAMES or _reads_request(v, public, seen) for v in values)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a function and of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
