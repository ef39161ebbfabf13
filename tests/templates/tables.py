"""Helpers for tables of templates: rendering a source both ways, and checking a whole table in one test."""

import ast
from collections.abc import Callable, Iterable, Mapping
from string.templatelib import Template
from types import CodeType

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.pages.loading.hidden_names import RENDER
from hyperpy.pages.loading.html_calls import TemplateCalls
from hyperpy.templates import SourceText, render_template
from hyperpy.templates.at_load.literals import Literals

FILE = "table.py"


class Render:
    """Renders the t-string with the given source between its quotes, with `names` and the keyword arguments in scope.

    Either builds a Template and renders it, or compiles the t-string in place as a route file does.
    """

    def __init__(self, names: Mapping[str, object], *, in_place: bool) -> None:
        self.names = names
        self.compiled = compiled_in_place if in_place else compiled_template
        self.codes: dict[str, tuple[CodeType, Mapping[str, object]]] = {}

    def __call__(self, source: str, **values: object) -> str:
        """Raises TemplateError without its place, which only code compiled in place knows."""
        try:
            if source not in self.codes:
                self.codes[source] = self.compiled(literal(source))
            code, functions = self.codes[source]
            html = eval(code, {**self.names, **values, **functions})
        except TemplateError as error:
            error.place = None
            raise
        assert type(html) is str
        return html


def literal(source: str) -> str:
    """The t-string with this source between its quotes."""
    quotes = next(q for q in ("'''", '"""') if q not in source and not source.endswith(q[0]))
    return f"t{quotes}{source}{quotes}"


def compiled_template(text: str) -> tuple[CodeType, Mapping[str, object]]:
    return compile(f"render_template({text})", FILE, "eval"), {"render_template": render_template}


def compiled_in_place(text: str) -> tuple[CodeType, Mapping[str, object]]:
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.TemplateStr)
    source = SourceText(FILE, text)
    calls = TemplateCalls(Literals(source, frozenset({"fragment"})))
    code = compile(ast.Expression(calls.call(node)), FILE, "eval")
    return code, {**functions_of(calls, source), RENDER: render_template}


def functions_of(calls: TemplateCalls, source: SourceText) -> dict[str, Callable[..., object]]:
    return {name: code.function(source) for name, code in calls.functions.items()}


def template(source: str, names: Mapping[str, object]) -> Template:
    """The Template of the t-string with this source between its quotes."""
    made = eval(literal(source), dict(names))
    assert isinstance(made, Template)
    return made


def check_each(cases: Iterable[object], check: Callable[..., object]) -> None:
    """Call `check` with every case, a tuple of arguments or a single one. Fail with all the cases that it fails for."""
    failures, count = [], 0
    for case in cases:
        count += 1
        arguments = case if isinstance(case, tuple) else (case,)
        try:
            check(*arguments)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  all of them are reported below
            failures.append(f"{', '.join(map(repr, arguments))}\n    {type(error).__name__}: {error}")
    assert count, "the table is empty"
    assert not failures, f"{len(failures)} of {count} cases:\n\n" + "\n\n".join(failures)
