"""Names in a template that nothing in the file sets: told at load, not when somebody asks for the page."""

import ast
from collections.abc import Mapping, Sequence

from hyperpy.exceptions import RouteError, did_you_mean
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.symbols import BUILTINS, Names, has_star_import, names_of


def check_names(
    tree: ast.Module, templates: Sequence[ast.TemplateStr], names: Mapping[ast.stmt, Names], file: str
) -> None:
    """Raises RouteError for a template that reads a name which no statement, function, import or declaration sets."""
    if has_star_import(tree):
        return
    known = set(BUILTINS) | _declared(tree)
    for found in names.values():
        known |= found.binds | found.rebinds
    for template in templates:
        statement = ast.Expr(template, lineno=template.lineno, col_offset=0)
        unknown = names_of(statement).reads - known - names_of(statement).binds
        for node in ast.walk(template):
            if isinstance(node, ast.Name) and node.id in unknown:
                raise RouteError(
                    f"the template names `{node.id}`, which nothing in this file sets",
                    place=place_of(node, file),
                    hint=_suggestion(node.id, known, tree, names),
                )


def _declared(tree: ast.Module) -> set[str]:
    return {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def _suggestion(name: str, known: set[str], tree: ast.Module, names: Mapping[ast.stmt, Names]) -> str:
    sentence = did_you_mean(name, sorted(known - BUILTINS)) or did_you_mean(name, sorted(known))
    if not sentence and name[:1].isupper():
        return "Import it, or define it in this file."
    if not sentence:
        return f"Import it, set it in the body or the loader, or declare it as an input: `{name}: str`."
    near = sentence.split("`")[1]
    for statement in tree.body:
        if near in names[statement].rebinds and isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            return f"{sentence} It is set by {statement.name}(), line {statement.lineno}."
        if near in names[statement].binds:
            return f"{sentence} It is set at line {statement.lineno}."
    return sentence
