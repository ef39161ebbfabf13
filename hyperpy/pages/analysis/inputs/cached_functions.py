"""Functions whose cached result would be another request's."""

import ast
import functools

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import REQUEST_NAMES, Vocabulary

Function = ast.FunctionDef | ast.AsyncFunctionDef
_CACHES = (functools.cache, functools.lru_cache)


def check_cached_functions(tree: ast.Module, vocabulary: Vocabulary, file: str) -> None:
    """Raises RouteError for a cached function that reads `request` and the like, imported from hyperpy."""
    for node in ast.walk(tree):
        if isinstance(node, Function) and any(_is_cache(part, vocabulary) for part in node.decorator_list):
            _check(node, vocabulary, file)


def _is_cache(decorator: ast.expr, vocabulary: Vocabulary) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    value = vocabulary.value(called)
    return any(value is cache for cache in _CACHES)


def _check(function: Function, vocabulary: Vocabulary, file: str) -> None:
    for node in (node for statement in function.body for node in ast.walk(statement)):
        if isinstance(node, ast.Name | ast.Attribute) and vocabulary.public_name(node) in REQUEST_NAMES:
            what = f"`{function.name}` is cached, but reads `{ast.unparse(node)}`, which is another in each request"
            hint = f"Take what it depends on as an argument: `def {function.name}(user_id):`, or remove the cache."
            raise RouteError(what, place=place_of(node, file), hint=hint)
