"""Syntax trees as plain data, which `marshal` can write."""

import ast
from operator import attrgetter
from typing import Any

_location = attrgetter("lineno", "col_offset", "end_lineno", "end_col_offset")


def tree_to_data(tree: Any) -> Any:
    """A node as a tuple of its class, its fields and its location; anything else, such as None, is returned as it is.

    No constant of a syntax tree is a tuple.
    """
    if isinstance(tree, ast.AST):
        location = _location(tree) if "lineno" in tree.__dict__ else None
        fields = tuple([tree_to_data(getattr(tree, name, None)) for name in tree._fields])
        return type(tree).__name__, fields, location
    return [tree_to_data(item) for item in tree] if isinstance(tree, list) else tree


def tree_from_data(data: Any) -> Any:
    if type(data) is list:
        return [tree_from_data(item) for item in data]
    if type(data) is not tuple:
        return data
    kind, fields, location = data
    node = getattr(ast, kind)(*map(tree_from_data, fields))
    if location:
        node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = location
    return node
