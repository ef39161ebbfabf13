"""Hostile values in t-strings that are rendered in place: the same HTML as from a Template."""

import ast
from collections.abc import Callable

import pytest

from hyperpy.templates import RENDER, Inliner, SourceText, render_template
from tests.templates import vectors

FILE = vectors.__file__


class InPlace(ast.NodeTransformer):
    """Replaces what is rendered by a call that renders it."""

    def __init__(self, inliner: Inliner) -> None:
        self.inliner = inliner

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        if isinstance(node.body, ast.TemplateStr):
            node.body = self.inliner.call(node.body)
        return node


def in_place() -> dict[str, Callable[[str], str]]:
    with open(FILE, encoding="utf-8") as file:
        source = file.read()
    inliner = Inliner(SourceText(FILE, source), frozenset({"fragment"}))
    tree = InPlace(inliner).visit(ast.parse(source))
    namespace: dict[str, object] = {"__name__": "vectors", RENDER: render_template}
    exec(compile(tree, FILE, "exec"), namespace)  # noqa: S102  a file of these tests
    namespace.update(inliner.functions)
    assert len(inliner.functions) > 30
    makers = namespace["MAKERS"]
    assert isinstance(makers, dict)
    return makers


@pytest.mark.parametrize(("place", "render"), in_place().items())
def test_they_are_the_same(place: str, render: Callable[[str], str]) -> None:
    for value in vectors.HOSTILE:
        assert render(value) == render_template(vectors.MAKERS[place](value))
