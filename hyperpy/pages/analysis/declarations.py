"""Finds the inputs of a route file: the annotations whose values come from the request."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.responses import Response

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.scopes import blocks
from hyperpy.pages.analysis.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Declaration:
    """An annotation at module level whose value comes from the request."""

    name: str
    annotation: ast.expr
    node: ast.AnnAssign
    has_default: bool
    group: int
    """0 for the file's own block; each nested block with inputs has its own number."""
    marked: bool
    """Whether its annotation has an input marker."""


def find_declarations(
    statements: Sequence[ast.stmt],
    bound: frozenset[str],
    parameters: frozenset[str],
    vocabulary: Vocabulary,
    file: str,
) -> tuple[Declaration, ...]:
    """The inputs in file order; `bound` are the names that the file sets.

    An annotation without a value is an input if the URL has its name or nothing in the file assigns it, and so is
    `response: Response`; one with a value only if it has an input marker. All others are plain declarations.
    """
    finder = _InputFinder(bound, parameters, vocabulary, file)
    finder.block(statements, 0)
    return tuple(finder.found)


@dataclass(slots=True)
class _InputFinder:
    bound: frozenset[str]
    parameters: frozenset[str]
    vocabulary: Vocabulary
    file: str
    groups: int = 0
    found: list[Declaration] = field(default_factory=list)

    def block(self, statements: Sequence[ast.stmt], group: int) -> None:
        for statement in statements:
            if isinstance(statement, ast.AnnAssign):
                self.declaration(statement, group)
            elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for nested in blocks(statement):
                    self.groups += 1
                    self.block(nested, self.groups)

    def declaration(self, node: ast.AnnAssign, group: int) -> None:
        annotation = unquoted(node.annotation)
        marked = self.vocabulary.is_marked(annotation)
        if not isinstance(node.target, ast.Name):
            if marked:
                hint = "Write `name: Annotated[…] = …`."
                raise RouteError("an input must be a plain name", place=place_of(node, self.file), hint=hint)
            return
        name = node.target.id
        is_new = name in self.parameters or name not in self.bound or self.is_response(name, annotation)
        is_bare_input = node.value is None and is_new
        if not (marked or is_bare_input):
            return
        if any(found.name == name and found.group in {0, group} for found in self.found):
            hint = "Keep one of the two, or give one another name."
            raise RouteError(f"`{name}` is declared as an input twice", place=place_of(node, self.file), hint=hint)
        self.found.append(Declaration(name, annotation, node, node.value is not None, group, marked))

    def is_response(self, name: str, annotation: ast.expr) -> bool:
        """Whether this declares the `response` of the request, which the file may replace by an answer."""
        kind = self.vocabulary.value(annotation) if name == "response" and name not in self.vocabulary.objects else None
        return isinstance(kind, type) and issubclass(kind, Response)


def unquoted(annotation: ast.expr) -> ast.expr:
    """The expression in an annotation that is written as a string."""
    if not (isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)):
        return annotation
    try:
        inside = ast.parse(annotation.value.strip(), mode="eval").body
    except SyntaxError:
        return annotation  # resolving it reports the error, if the name is an input
    for node in ast.walk(inside):
        ast.copy_location(node, annotation)
    return inside
