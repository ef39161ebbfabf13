"""Code that reads the request: when it is made, and without awaiting it."""

import ast
from collections.abc import Iterator

from starlette.requests import Request

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.scopes import module_level
from hyperpy.pages.analysis.vocabulary import REQUEST_NAMES, Vocabulary


def reads_request(statement: ast.stmt, vocabulary: Vocabulary) -> bool:
    """Whether running a statement reads the imported `request` and the like. The bodies of functions run later."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
        return False  # another name for it
    return any(
        isinstance(node, ast.Name | ast.Attribute) and vocabulary.public_name(node) in REQUEST_NAMES
        for node in _evaluated(statement)
    )


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
            return  # annotations are evaluated when somebody asks for them
        case ast.AnnAssign(target=target, value=value):
            parts = [target, value] if value is not None else [target]
        case _:
            parts = list(ast.iter_child_nodes(node))
    yield node
    for part in parts:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Name):
            continue
        yield from _evaluated(part)


def check_awaited(tree: ast.Module, vocabulary: Vocabulary, file: str) -> None:
    """Raises RouteError for code that takes a part of `request.form()`, `.json()` or `.body()` without awaiting it."""
    declared = {
        node.target.id
        for statement in tree.body
        for node in module_level(statement)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if vocabulary.value(node.annotation) is Request
    }
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    parts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Subscript | ast.Attribute)}
    calls = {node.func: node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for method in ast.walk(tree):
        match method:
            case ast.Attribute(value=ast.Name() | ast.Attribute() as owner, attr="form" | "json" | "body" as name):
                is_declared = isinstance(owner, ast.Name) and owner.id in declared and owner not in vocabulary.local
                is_request = is_declared or vocabulary.public_name(owner) == "request"
                call = calls.get(method)
                if is_request and (method in parts or call in parts or (call and _is_kept(call, scopes))):
                    what = f"`{ast.unparse(call or method)}` is not awaited, so it has no parts yet"
                    value = "form" if name == "form" else "data"
                    hint = f"Await it in the loader: `{value} = await {ast.unparse(method)}()`."
                    raise RouteError(what, place=place_of(call or method, file), hint=hint)


def _is_kept(call: ast.Call, scopes: list[ast.FunctionDef | ast.AsyncFunctionDef]) -> bool:
    """Whether a call is assigned to a name of which a function only takes parts."""
    for scope in scopes:
        inside = list(ast.walk(scope))
        for node in inside:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
                    parts = {part.value for part in inside if isinstance(part, ast.Subscript | ast.Attribute)}
                    uses = [n for n in inside if isinstance(n, ast.Name) and n.id == name]
                    stores = [n for n in uses if isinstance(n.ctx, ast.Store)]
                    reads = [n for n in uses if isinstance(n.ctx, ast.Load)]
                    return len(stores) == 1 and bool(reads) and parts.issuperset(reads)
    return False
