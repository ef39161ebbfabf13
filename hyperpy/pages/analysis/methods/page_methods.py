"""Which branches lead to the templates of a file, and for which methods."""

import ast
from collections.abc import Iterator, Sequence

from hyperpy.pages.analysis.file_index import blocks
from hyperpy.pages.analysis.methods.method_conditions import Path, is_reached
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS


def page_methods(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> frozenset[str]:
    """The methods for which a template may be reached; HEAD is GET."""
    paths = list(template_paths(statements, ()))
    return frozenset(method for method in FLAGS if any(is_reached(path, method, vocabulary) for path in paths))


def template_paths(statements: Sequence[ast.stmt], path: Path) -> Iterator[Path]:
    """The branches around each template."""
    for statement in statements:
        if is_template(statement):
            yield path
        elif isinstance(statement, ast.If):
            yield from template_paths(statement.body, (*path, (statement, True)))
            yield from template_paths(statement.orelse, (*path, (statement, False)))
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in blocks(statement):
                yield from template_paths(block, path)
