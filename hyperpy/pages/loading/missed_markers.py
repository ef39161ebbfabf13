"""Finds input markers that analysis could not see. Without an error, their names would be ordinary variables."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.analyse import Description
from hyperpy.pages.analysis.declarations import unquoted
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.scopes import module_level
from hyperpy.pages.analysis.vocabulary import marker_in
from hyperpy.pages.input_markers import InputMarker


def check_missed_markers(description: Description, namespace: Mapping[str, Any]) -> None:
    """Raises RouteError for a variable with a marker that isn't an input.

    Its marker comes from an expression that analysis can't resolve, or is written as the default, as in other
    frameworks.
    """
    inputs = {id(declaration.node) for declaration in description.declarations}
    statements = (*description.once, *description.before, *description.after)
    nodes = [node for statement in statements for node in module_level(statement)]
    types = _Types(nodes, description.file, namespace)
    for node in nodes:
        if not isinstance(node, ast.AnnAssign) or id(node) in inputs:
            continue
        place, name, annotation = place_of(node, description.file), ast.unparse(node.target), unquoted(node.annotation)
        kind = types.evaluated(annotation)
        if marker_in(kind) is not None:
            hint = (
                "Write the marker's class into the annotation, or import the whole type from another module, such as "
                f"_common.py:\n\n    Type = {ast.unparse(annotation)}"
            )
            raise RouteError(f"the input marker of `{name}` isn't known before the file runs", place=place, hint=hint)
        if not isinstance(node.value, ast.Call) or not description.vocabulary.is_marker(node.value):
            continue
        if isinstance(kind, type) and not issubclass(kind, InputMarker):
            hint = f"Write `{name}: Annotated[{ast.unparse(annotation)}, {ast.unparse(node.value)}]`."
            raise RouteError("an input marker must be in the annotation", place=place, hint=hint)


class _Types(dict[str, Any]):
    """The names of annotations: the namespace, and the types that the file makes for each request."""

    def __init__(self, nodes: list[ast.AST], file: str, namespace: Mapping[str, Any]) -> None:
        super().__init__(namespace)
        self.file = file
        self.own = dict(_own_types(nodes))

    def __missing__(self, name: str) -> object:
        self[name] = found = self.evaluated(self.own.pop(name))  # KeyError: Python then looks in builtins
        return found

    def evaluated(self, expression: ast.expr) -> object:
        """The value; None if it can't be known at load."""
        try:
            code = compile(ast.Expression(expression), self.file, "eval", dont_inherit=True)
            return eval(code, {}, self)
        except Exception:  # noqa: BLE001 (an annotation may be any code; if it fails, it has no marker)
            return None


def _own_types(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() as value):
                yield name, value
