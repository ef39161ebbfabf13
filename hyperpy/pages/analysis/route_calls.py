"""Finds the `route(…)` of a file, and refuses one that would not be read or not be constant."""

import ast
from collections.abc import Mapping
from dataclasses import field

from hyperpy.exceptions import Place, RouteError, did_you_mean
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of
from hyperpy.pages.route_settings import NAMES
from hyperpy.record_classes import record

_EXAMPLE = 'route(max_body="10 MiB")'
_CONSTANT = (ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)


@record(frozen=True, slots=True)
class SettingsStatement:
    """The `route(…)` of a file: the expressions of its arguments by name, to be evaluated when the file is loaded."""

    statement: ast.stmt | None = None
    values: Mapping[str, ast.expr] = field(default_factory=dict)


def find_settings(parsed: ParsedFile, vocabulary: Vocabulary, *, allowed: bool = True) -> SettingsStatement:
    """Raises RouteError for a call in another place, a second one, and arguments that aren't settings.

    `allowed` is whether the file is a route.
    """
    calls = {
        node.value: node for node in parsed.tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    }
    found: ast.Call | None = None
    for node in parsed.index.of(ast.Call):
        if vocabulary.public_name(node.func) != "route":
            continue
        place = place_of(node, parsed.file)
        if not allowed:
            raise RouteError("only a route can have settings", place=place, hint="Move this to the route files.")
        if node not in calls:
            hint = f"Write it at the top of the file, as a statement of its own: {_EXAMPLE}"
            raise RouteError("route() would have no effect here", place=place, hint=hint)
        if found is not None:
            hint = f"Join the two. The first one is at line {found.lineno}."
            raise RouteError("a file can have only one route()", place=place, hint=hint)
        found = node
    if found is None:
        return SettingsStatement()
    return SettingsStatement(calls[found], _arguments(found, parsed.file))


def _arguments(call: ast.Call, file: str) -> dict[str, ast.expr]:
    known = ", ".join(f"`{name}`" for name in NAMES)
    unnamed = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg is None)]
    if unnamed or not call.keywords:
        place = place_of(unnamed[0] if unnamed else call, file)
        raise RouteError("route() takes settings by name", place=place, hint=f"Write {_EXAMPLE}. It has {known}.")
    for keyword in call.keywords:
        if keyword.arg not in NAMES:
            place = Place(file, keyword.lineno, keyword.col_offset, len(keyword.arg or ""))
            hint = f"{did_you_mean(keyword.arg or '', NAMES)} It has {known}.".strip()
            raise RouteError(f"route() has no setting `{keyword.arg}`", place=place, hint=hint)
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def check_constant(settings: SettingsStatement, settled: frozenset[str], file: str) -> None:
    """Raises RouteError for a value that isn't known when the file is loaded; `settled` are the names that are."""
    for name, value in settings.values.items():
        for node in ast.walk(value):
            if not isinstance(node, _CONSTANT) or (isinstance(node, ast.Name) and node.id not in settled):
                what = f"the setting `{name}` is not a constant"
                hint = "It is read once, when the file is loaded. Write a number, a text, or the name of a constant."
                raise RouteError(what, place=place_of(value, file), hint=hint)
