"""Finds declarations of inputs in files that aren't routes, and markers that are taken for values."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex
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
    check_misread_markers(parsed, namespace)


def check_misread_markers(parsed: ParsedFile, namespace: Mapping[str, Any]) -> None:
    """Raises the first of `misread_markers`."""
    if (error := next(misread_markers(parsed, namespace), None)) is not None:
        raise error


def misread_markers(parsed: ParsedFile, namespace: Mapping[str, Any]) -> Iterator[RouteError]:
    """Errors for reads of a marker as if it were the visitor's value: in a comparison, a test or a text.

    `namespace` has what the names of the file stand for. A marker may be kept under a name, to be used in declarations.
    """
    for name in parsed.index.of(ast.Name):
        marker = None if name in parsed.local else namespace.get(name.id)
        if isinstance(marker, InputMarker) and isinstance(name.ctx, ast.Load) and _takes_value(name, parsed.index):
            source = type(marker).__name__.removesuffix("Marker")
            what = f"`{name.id}` is {source}() itself here, and not the visitor's value"
            hint = f"Declare the input in this file, as in `{name.id}: … = {source}(…)`."
            if (function := parsed.index.function_of(name)) is not None:
                hint = f"Take it as a parameter, `def {function.name}({name.id}):`, and pass the value to it."
            yield RouteError(what, place=place_of(name, parsed.file), hint=hint)


def _takes_value(name: ast.Name, index: FileIndex) -> bool:
    match index.parent(name):
        case ast.Compare(left=left, comparators=others):
            return all(part is name or isinstance(part, ast.Constant) for part in (left, *others))
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is name
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Interpolation() | ast.FormattedValue():
            return True
    return False


def _value(expression: ast.expr, namespace: Mapping[str, Any]) -> object:
    """The value of an annotation; None if it can't be known at load."""
    try:
        return eval(compile(ast.Expression(expression), "<annotation>", "eval", dont_inherit=True), dict(namespace))
    except Exception:  # noqa: BLE001 (an annotation may be any code; if it fails, it has no marker)
        return None
