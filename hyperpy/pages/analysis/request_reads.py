"""Code that reads the request: when it is made, and without awaiting it."""

import ast
from collections.abc import Iterator

from starlette.requests import Request

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of
from hyperpy.pages.known_names import REQUEST_NAMES


def reads_request(statement: ast.stmt, index: FileIndex, vocabulary: Vocabulary) -> bool:
    """Whether running a statement reads the imported `request` and the like. The bodies of functions run later."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
        return False  # another name for it
    names = index.of(ast.Name, ast.Attribute, inside=statement)
    reads = [node for node in names if vocabulary.public_name(node) in REQUEST_NAMES]
    return bool(reads) and not set(_evaluated(statement)).isdisjoint(reads)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions that are evaluated when a node runs."""
    match node:
        case ast.Lambda(args=arguments):
            parts: list[ast.AST] = [arguments]
        case (
            ast.FunctionDef(args=arguments, decorator_list=decorators)
            | ast.AsyncFunctionDef(args=arguments, decorator_list=decorators)
        ):
            parts = [*decorators, arguments]
        case ast.arg():
            return  # annotations are evaluated only on access
        case ast.AnnAssign(target=target, value=value):
            parts = [target, value] if value is not None else [target]
        case _:
            parts = list(ast.iter_child_nodes(node))
    yield node
    for part in parts:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Name):
            continue
        yield from _evaluated(part)


def check_awaited(index: FileIndex, vocabulary: Vocabulary, file: str) -> None:
    """Raises RouteError for code that takes a part of `request.form()`, `.json()` or `.body()` without awaiting it."""
    methods = [node for node in index.of(ast.Attribute) if node.attr in {"form", "json", "body"}]
    if not methods:
        return
    annotated = (node for node in index.owned(None, ast.AnnAssign) if isinstance(node.target, ast.Name))
    declared = {node.target.id for node in annotated if vocabulary.value(node.annotation) is Request}
    parts = {node.value for node in index.of(ast.Subscript, ast.Attribute)}
    calls = {node.func: node for node in index.of(ast.Call)}
    for method in methods:
        owner = method.value
        if not isinstance(owner, ast.Name | ast.Attribute):
            continue
        is_declared = isinstance(owner, ast.Name) and owner.id in declared and owner not in vocabulary.local
        is_request = is_declared or vocabulary.public_name(owner) == "request"
        call = calls.get(method)
        if is_request and (method in parts or call in parts):
            what = f"`{ast.unparse(call or method)}` is not awaited, so it has no parts yet"
            value = "form" if method.attr == "form" else "data"
            hint = f"Await it in the loader: `{value} = await {ast.unparse(method)}()`."
            raise RouteError(what, place=place_of(call or method, file), hint=hint)
