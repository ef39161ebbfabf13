"""Finds input markers that analysis could not see. Without an error, their names would be ordinary variables."""

import ast
import typing

from hyperpy.exceptions import RouteError
from hyperpy.pages.facts import place_of, unquoted
from hyperpy.pages.known_names import has_marker, is_marker
from hyperpy.pages.loading.compiled.route_facts import RouteFacts
from hyperpy.pages.loading.type_names import TypeNames


def check_missed_markers(facts: RouteFacts, types: TypeNames) -> None:
    """Raises RouteError for a variable with a marker that isn't an input.

    Its marker comes from an expression that analysis can't resolve.
    """
    for node in facts.unknown:
        place, name, annotation = place_of(node, facts.file), ast.unparse(node.target), unquoted(node.annotation)
        what = f"the input marker of `{name}` isn't known before the file runs"
        kind = _evaluated(types, annotation)
        if has_marker(kind) or (kind is None and _names_maker(annotation, facts.makers)):
            hint = (
                "Write the marker's class into the annotation, or import the whole type from another module, such as "
                f"_common.py:\n\n    Type = {ast.unparse(annotation)}"
            )
            raise RouteError(what, place=place, hint=hint)
        if isinstance(node.value, ast.Call) and not is_marker(kind):
            called = node.value.func
            if _names_maker(called, facts.makers) or _returns_marker(types, called):
                hint = f"`{ast.unparse(called)}()` returns a marker. Write the marker's class itself."
                raise RouteError(what, place=place, hint=hint)


def _names_maker(expression: ast.expr, makers: frozenset[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in makers for node in ast.walk(expression))


def _evaluated(types: TypeNames, expression: ast.expr) -> object:
    """The value; None if it can't be known at load."""
    try:
        return types.evaluated(expression)
    except Exception:  # noqa: BLE001 (an annotation may be any code; if it fails, it has no marker)
        return None


def _returns_marker(types: TypeNames, called: ast.expr) -> bool:
    """Whether a function says that it returns an input marker."""
    if not isinstance(called, ast.Name | ast.Attribute):
        return False
    try:
        return is_marker(typing.get_type_hints(types.evaluated(called))["return"])
    except Exception:  # noqa: BLE001 (not a function, or one whose annotations mean nothing here)
        return False
