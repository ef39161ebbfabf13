"""Which of the places in the package that refuse a route file or a template have been reached."""

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
REFUSALS = ("RouteError", "RouteConflictError", "SyntaxProblem")

type Places = set[tuple[str, int]]

# What no file that a document shows can bring about, by what the package's source says there.
UNWRITABLE = (
    "route files can't be loaded",
    "no such folder of routes",
    "can't be read: ",
    "symbolic link",
    "control character",
)


def known() -> Places:
    """File and line of every expression in the package that makes such an error."""
    return {
        (str(file), node.lineno)
        for part in ("routing", "pages", "templates", "app")
        for file in (PACKAGE / part).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS
    }


def is_writable(place: tuple[str, int]) -> bool:
    file, line = place
    around = "\n".join(Path(file).read_text(encoding="utf-8").splitlines()[max(line - 4, 0) : line])
    return not any(text in around for text in UNWRITABLE)


@contextmanager
def recorded(patch: pytest.MonkeyPatch) -> Iterator[Places]:
    """Collects the places that make such errors meanwhile."""
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
