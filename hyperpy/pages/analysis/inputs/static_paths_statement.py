"""The statement of a route file that is `static_paths`. `hyper build` alone runs it, so it is taken out of the file."""

import ast
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.facts import place_of

STATIC_PATHS: Final = "static_paths"


def take_static_paths(tree: ast.Module, file: str) -> ast.stmt | None:
    """The statement, which is removed from the tree. Raises RouteError for a second one."""
    found = [statement for statement in tree.body if _is_static_paths(statement)]
    if len(found) > 1:
        hint = f"Join the two. The first one is at line {found[0].lineno}."
        raise RouteError("a file can have only one `static_paths`", place=place_of(found[1], file), hint=hint)
    for statement in found:
        tree.body.remove(statement)
    return found[0] if found else None


def _is_static_paths(statement: ast.stmt) -> bool:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name == STATIC_PATHS
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name == STATIC_PATHS
    return False
