"""The names that the annotations of a route file can use."""

import ast
from collections.abc import Mapping
from typing import Any

from hyperpy.pages.loading.compiled.route_facts import RouteFacts


class TypeNames(dict[str, Any]):
    """The namespace of a file, and the types that it makes for each request: `Slug = Annotated[str, …]`.

    A type is evaluated when an annotation needs it. Used as the globals of `eval`.
    """

    def __init__(self, facts: RouteFacts, namespace: Mapping[str, Any]) -> None:
        super().__init__(namespace)
        self.file = facts.file
        self.own = facts.own_types()

    def __missing__(self, name: str) -> object:
        value = self.own.pop(name)  # KeyError: Python then looks in builtins
        if isinstance(value, ast.Call) and not _makes_type(self.evaluated(value.func)):
            raise KeyError(name)
        self[name] = found = self.evaluated(value)
        return found

    def evaluated(self, expression: ast.expr) -> Any:
        """The value of an expression. Raises whatever that raises."""
        if isinstance(expression, ast.Name) and (found := self.get(expression.id)) is not None:
            return found  # without compiling it
        return eval(compile(ast.Expression(expression), self.file, "eval", dont_inherit=True), self)


def _makes_type(function: object) -> bool:
    """Whether a function returns a type: `NewType`, `TypeAliasType`, pydantic's `constr` …"""
    return str(getattr(function, "__module__", "")).partition(".")[0] in {"typing", "pydantic"}
