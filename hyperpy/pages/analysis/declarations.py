"""The annotations of a route file that ask for something of the request: its inputs, as written."""

import ast
from collections.abc import Mapping, Sequence

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.description import Declaration
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.symbols import Names
from hyperpy.pages.analysis.vocabulary import Vocabulary

MARKERS = frozenset({"Cookie", "Header", "Query"})


def find_declarations(
    statements: Sequence[ast.stmt],
    names: Mapping[ast.stmt, Names],
    parameters: frozenset[str],
    vocabulary: Vocabulary,
    file: str,
) -> tuple[Declaration, ...]:
    """The inputs in file order.

    An annotation without a value is one if the URL has its name or nothing in the file assigns it; one with a value
    only if it is `Annotated` with one of the markers. All others are plain declarations.
    """
    finder = _InputFinder(_assigned(statements, names), parameters, vocabulary, file)
    finder.block(statements, 0)
    return tuple(finder.found)


def _assigned(statements: Sequence[ast.stmt], names: Mapping[ast.stmt, Names]) -> frozenset[str]:
    return frozenset().union(*(names[s].binds | names[s].rebinds for s in statements))


class _InputFinder:
    def __init__(self, assigned: frozenset[str], parameters: frozenset[str], vocabulary: Vocabulary, file: str) -> None:
        self.assigned = assigned
        self.parameters = parameters
        self.vocabulary = vocabulary
        self.file = file
        self.groups = 0
        self.found: list[Declaration] = []

    def block(self, statements: Sequence[ast.stmt], group: int) -> None:
        for statement in statements:
            if isinstance(statement, ast.AnnAssign):
                self.declaration(statement, group)
            elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for nested in _blocks(statement):
                    self.groups += 1
                    self.block(nested, self.groups)

    def declaration(self, node: ast.AnnAssign, group: int) -> None:
        marked = self.is_marked(node.annotation)
        if not isinstance(node.target, ast.Name):
            if marked:
                hint = "Write a plain name: `name: Annotated[…] = …`."
                raise RouteError("an input needs a name of its own", place=place_of(node, self.file), hint=hint)
            return
        name = node.target.id
        asks = node.value is None and (name in self.parameters or name not in self.assigned)
        if not (marked or asks):
            return
        if any(found.name == name and found.group in {0, group} for found in self.found):
            hint = "Ask for it once; give one of the two another name."
            raise RouteError(f"`{name}` is asked for twice", place=place_of(node, self.file), hint=hint)
        self.found.append(Declaration(name, node.annotation, node, node.value is not None, group))

    def is_marked(self, annotation: ast.expr) -> bool:
        if not isinstance(annotation, ast.Subscript):
            return False
        if self.vocabulary.resolve(annotation.value) not in {"typing.Annotated", "typing_extensions.Annotated"}:
            return False
        metadata = annotation.slice.elts[1:] if isinstance(annotation.slice, ast.Tuple) else []
        return any(
            self.vocabulary.public_name(item.func if isinstance(item, ast.Call) else item) in MARKERS
            for item in metadata
        )


def _blocks(statement: ast.stmt) -> list[Sequence[ast.stmt]]:
    """The blocks of statements nested directly in a compound statement."""
    blocks: list[Sequence[ast.stmt]] = [
        block for name in ("body", "orelse", "finalbody") if (block := getattr(statement, name, None))
    ]
    return blocks + [part.body for name in ("handlers", "cases") for part in getattr(statement, name, ())]
