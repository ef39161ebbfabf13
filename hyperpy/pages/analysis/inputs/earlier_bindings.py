"""Names that a file sets before it declares them as inputs.

Inputs get their values first. So an import or an assignment above the declaration would take the place of the value,
although Python would run the declaration last.
"""

import ast
from collections.abc import Iterable, Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import Binding, FileIndex, blocks
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.facts import Declaration, place_of


def check_earlier_bindings(declarations: Iterable[Declaration], parsed: ParsedFile) -> None:
    """Raises RouteError for an input whose name something above it in the same block sets."""
    index = parsed.index
    for declaration in declarations:
        node = declaration.node
        if node not in index.positions:
            continue
        for statement in _above(node, parsed.tree.body, index):
            found = [each for each in index.bindings_in(statement) if each.name == declaration.name]
            if any(not each.is_delete for each in found):
                raise _overwritten(declaration, statement, found[0], parsed.file)


def _above(node: ast.AST, body: list[ast.stmt], index: FileIndex) -> Iterator[ast.stmt]:
    """The statements before one in its block."""
    parent = index.parent(node)
    around = blocks(parent) if isinstance(parent, ast.stmt) else [body]
    for block in around:
        for place, statement in enumerate(block):
            if statement is node:
                yield from block[:place]


def _overwritten(declaration: Declaration, statement: ast.stmt, binding: Binding, file: str) -> RouteError:
    name, node = declaration.name, declaration.node
    line = getattr(binding.node, "lineno", statement.lineno)
    if binding.source is not None:
        what = f"`{name}` is imported at line {line} and declared as an input at line {node.lineno}"
        hint = "Give one of the two another name: the input would have the value of the import."
    else:
        what = f"`{name}` is set at line {line} and declared as an input at line {node.lineno}"
        hint = "Give one of the two another name: the input would have that value. A default stands in the declaration."
    return RouteError(what, place=place_of(node, file), hint=hint)
