"""Quick forms of functions of `ast`: the nodes inside a node, and the location of a new one."""

import ast
from collections.abc import Mapping
from typing import Any, Final, get_args

# These have no location, or aren't part of the tree.
_PLAIN: Final = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.type_ignore)


def _holds_nodes(held: Any) -> bool:
    kinds = get_args(held) or (held,)
    return any(isinstance(kind, type) and issubclass(kind, ast.AST) and not issubclass(kind, _PLAIN) for kind in kinds)


CHILD_FIELDS: Final[Mapping[type[ast.AST], tuple[str, ...]]] = {
    kind: tuple(name for name, held in getattr(kind, "_field_types", {}).items() if _holds_nodes(held))
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""The fields of each class of nodes that hold nodes or lists of nodes, without contexts and operators."""


def child_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes in the fields of a node, without contexts and operators."""
    found: list[ast.AST] = []
    for name in CHILD_FIELDS[type(node)]:
        held = getattr(node, name)
        if type(held) is list:
            found += [child for child in held if child is not None]
        elif held is not None:
            found.append(held)
    return found


def copy_place[N: ast.AST](new: N, old: ast.expr | ast.stmt) -> N:
    """Give a new node the location of an old one, and return it. Faster than `ast.copy_location`."""
    located: Any = new
    located.lineno, located.col_offset = old.lineno, old.col_offset
    located.end_lineno, located.end_col_offset = old.end_lineno, old.end_col_offset
    return new


def nodes_in(root: ast.AST) -> list[ast.AST]:
    """A node and everything below it, level by level, as `ast.walk` gives it."""
    found = [root]
    for node in found:
        found += child_nodes(node)
    return found
