"""Finds declarations of inputs in files that aren't routes."""

import ast
from collections.abc import Mapping
from typing import Any

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.facts import place_of, unquoted
from hyperpy.pages.input_markers import InputMarker
from hyperpy.pages.known_names import has_marker, is_marker


def check_no_inputs(parsed: ParsedFile, namespace: Mapping[str, Any]) -> None:
    """Raises RouteError for a declaration with a marker in a file that isn't a route, and has run.

    An import of the name gets the marker, which is true, or the default, and never the visitor's value.
    """
    for node in parsed.tree.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.value is None:
            continue
        name, kind = node.target.id, _value(unquoted(node.annotation), namespace)
        if is_marker(kind):  # a marker that is shared: `Page: InputMarker = Query(1)`
            continue
        if isinstance(namespace.get(name), InputMarker) or has_marker(kind):
            hint = (
                f"Write `{ast.unparse(node)}` in each route file that uses it. A type can be shared: "
                f"`Type = Annotated[…, …]` here, and `{name}: Type` there."
            )
            what = f"`{name}` is an input only in a route file or a guard"
            raise RouteError(what, place=place_of(node, parsed.file), hint=hint)


def _value(expression: ast.expr, namespace: Mapping[str, Any]) -> object:
    """The value of an annotation; None if it can't be known at load."""
    try:
        return eval(compile(ast.Expression(expression), "<annotation>", "eval", dont_inherit=True), dict(namespace))
    except Exception:  # noqa: BLE001 (an annotation may be any code; if it fails, it has no marker)
        return None
