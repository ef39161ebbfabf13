"""Definitions that need the request when they are made, and therefore belong to it."""

import ast
from collections.abc import Iterator

from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.vocabulary import REQUEST_NAMES, Vocabulary


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
