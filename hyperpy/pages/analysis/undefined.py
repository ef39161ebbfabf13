"""Names in a template that nothing in the file sets: an error at load, not when the page is requested."""

import ast
from collections.abc import Sequence

from hyperpy.exceptions import RouteError, did_you_mean
from hyperpy.pages.analysis.definitions import builtin_names
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.scopes import declared, names_of
from hyperpy.pages.analysis.vocabulary import Vocabulary


def check_names(
    parsed: ParsedFile, templates: Sequence[ast.TemplateStr], vocabulary: Vocabulary, done: frozenset[ast.stmt]
) -> None:
    """Raises RouteError for a template that reads a name which no statement, function, import or declaration sets."""
    waiting = [node for s in parsed.tree.body if s not in done for node in ast.walk(s)]
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in waiting):
        return  # these names aren't known yet
    known = parsed.bound | vocabulary.objects.keys() | {name for s in parsed.tree.body for name in declared(s)}
    for template in templates:
        names = names_of(ast.Expr(template), {})
        unknown = names.reads - known - builtin_names() - names.binds
        for node in ast.walk(template):
            if isinstance(node, ast.Name) and node.id in unknown:
                raise RouteError(
                    f"the template uses `{node.id}`, which nothing in this file sets",
                    place=place_of(node, parsed.file),
                    hint=_suggestion(node.id, known, parsed),
                )


def _suggestion(name: str, known: frozenset[str], parsed: ParsedFile) -> str:
    sentence = did_you_mean(name, sorted(known)) or did_you_mean(name, sorted(builtin_names()))
    if not sentence and name[:1].isupper():
        return "Import it, or define it in this file."
    if not sentence:
        return f"Import it, set it in the body or the loader, or declare it as an input: `{name}: str`."
    near = sentence.split("`")[1]
    for statement, names in parsed.names.items():
        if near in names.rebinds and isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            return f"{sentence} It is set by {statement.name}(), line {statement.lineno}."
        if near in names.binds:
            return f"{sentence} It is set at line {statement.lineno}."
    return sentence
