"""The places in the package that reject a route file or a template, and which of them have been reached."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import hyperpy
from hyperpy.exceptions import RouteError
from hyperpy.templates.syntax.problems import SyntaxProblem

PACKAGE = Path(hyperpy.__file__).parent
REFUSALS = {"RouteError", "RouteConflictError", "SyntaxProblem"}

type Places = set[tuple[str, int]]

# Texts in the source near errors that no file in a document can cause.
UNWRITABLE = (
    "route files can't be loaded",
    "the routes folder does not exist",
    "can't be read: ",
    "symbolic link",
    "control character",
)


def known() -> Places:
    """File and line of every expression in the package that makes such an error."""
    calls = [
        (node.func.id, (str(file), node.lineno))
        for part in ("routing", "pages", "templates", "app")
        for file in (PACKAGE / part).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS
    ]
    assert {name for name, _ in calls} == REFUSALS
    return {place for _, place in calls}


def is_writable(place: tuple[str, int]) -> bool:
    file, line = place
    around = "\n".join(Path(file).read_text(encoding="utf-8").splitlines()[max(line - 4, 0) : line])
    return not any(text in around for text in UNWRITABLE)


@contextmanager
def recorded(patch: pytest.MonkeyPatch) -> Iterator[Places]:
    """Collect the places that make such errors inside the block."""
    places: Places = set()

    def watch(kind: type[Exception]) -> None:
        original = kind.__init__

        def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
            frame = sys._getframe(1)
            places.add((frame.f_code.co_filename, frame.f_lineno))
            original(self, *arguments, **keywords)

        patch.setattr(kind, "__init__", __init__)

    with patch.context():
        watch(RouteError)
        watch(SyntaxProblem)
        yield places
