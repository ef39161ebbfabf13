"""Responses that are assigned to a variable and that nothing sends.

`response = JSONResponse(…)` without `global response`, or `user = require()`, where `require` refuses with a response.
"""

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from starlette.responses import Response

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.explicit_answers import RESPONSE_ATTRIBUTES
from hyperpy.pages.analysis.file_index import Function, parameters
from hyperpy.pages.analysis.objects.answering_functions import (
    is_response_class,
    is_users_function,
    returns_response,
)
from hyperpy.pages.analysis.objects.returned_values import returned_values
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of
from hyperpy.record_classes import record

_OF_RESPONSES: Final = RESPONSE_ATTRIBUTES | {name for name in dir(Response) if not name.startswith("_")} | {"body"}


def check_lost_responses(parsed: ParsedFile, vocabulary: Vocabulary, *, in_route: bool) -> None:
    """Raises the first of `lost_responses`."""
    if (error := next(lost_responses(parsed, vocabulary, in_route=in_route), None)) is not None:
        raise error


def lost_responses(parsed: ParsedFile, vocabulary: Vocabulary, *, in_route: bool) -> Iterator[RouteError]:
    """Errors for variables that get a response which can't be sent.

    A function made it, and sets headers or cookies of it at most. Or another function may have returned it, and what
    uses the variable takes it for something else. Files that aren't routes may make variables for others.
    """
    finder = _Finder(parsed, vocabulary)
    for owner in (*parsed.index.functions, *([None] if in_route else [])):
        for assignment, name, value in _assigned(owner, parsed):
            if owner is not None and finder.makes(value) and finder.is_dropped(name, owner):
                yield _made(name, assignment, owner, parsed.file)
            called = value.func if isinstance(value, ast.Call) else None
            if called and name != "_" and finder.may_return(called) and finder.is_mistaken(name, owner):
                yield _returned(name, assignment, called, parsed.file)


def _assigned(owner: Function | None, parsed: ParsedFile) -> Iterator[tuple[ast.stmt, str, ast.expr]]:
    """The assignments to variables of a function or the module, with what they assign."""
    for node in parsed.index.owned(owner, ast.Assign, ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign) else target
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(target, ast.Name) and value is not None:
            yield node, target.id, value


@record(frozen=True)
class _Finder:
    parsed: ParsedFile
    vocabulary: Vocabulary

    @cached_property
    def own(self) -> dict[str, Function]:
        """The functions of the file whose names mean nothing else, without decorators."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = [s for s in self.parsed.tree.body if isinstance(s, kinds) and s.name in self.parsed.bound_once]
        return {f.name: f for f in functions if not f.decorator_list and f not in self.parsed.index.generators}

    def makes(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and is_response_class(self.vocabulary.value(value.func))

    def may_return(self, called: ast.expr, seen: frozenset[Function] = frozenset()) -> bool:
        """Whether a function may return a response."""
        if isinstance(called, ast.Name) and called not in self.vocabulary.local and called.id in self.own:
            function = self.own[called.id]
            if function in seen:
                return False
            values = [value for value in returned_values(function) if isinstance(value, ast.Call)]
            return any(self.makes(v) or self.may_return(v.func, seen | {function}) for v in values)
        return is_users_function(self.vocabulary.value(called)) and self.vocabulary.answer(returns_response, called)

    def is_dropped(self, name: str, function: Function) -> bool:
        """Whether a function does nothing with its variable but set headers, cookies or the like."""
        if self._is_outer(name, function):
            return False
        found = self.parsed.index.of(ast.Attribute, inside=function)
        changed = {attribute.value for attribute in found if attribute.attr in RESPONSE_ATTRIBUTES}
        return all(isinstance(use.ctx, ast.Store) or use in changed for use in self._uses(name, function))

    def is_mistaken(self, name: str, owner: Function | None) -> bool:
        """Whether all uses of a variable take it for something else than a response that might be sent."""
        if name == "response" or (
            owner is not None and self._is_outer(name, owner) and not self._is_global(name, owner)
        ):
            return False
        scope = None if owner is None or self._is_global(name, owner) else owner
        return all(isinstance(use.ctx, ast.Store) or self._is_mistaken(use) for use in self._uses(name, scope))

    def _is_mistaken(self, use: ast.Name) -> bool:
        match self.parsed.index.parent(use):
            case ast.Attribute(attr=attribute):
                return attribute not in _OF_RESPONSES
            case ast.Subscript(value=value):
                return value is use
            case ast.Interpolation() | ast.FormattedValue():
                return True
        return False

    def _uses(self, name: str, owner: Function | None) -> list[ast.Name]:
        found: list[ast.Name] = [n for n in self.parsed.index.of(ast.Name, inside=owner) if n.id == name]
        return found if owner is not None else [use for use in found if use not in self.vocabulary.local]

    def _is_outer(self, name: str, function: Function) -> bool:
        outer = self.parsed.index.of(ast.Global, ast.Nonlocal, inside=function)
        return name in parameters(function) or any(name in node.names for node in outer)

    def _is_global(self, name: str, function: Function) -> bool:
        return any(name in node.names for node in self.parsed.index.owned(function, ast.Global))


def _made(name: str, assignment: ast.stmt, function: Function, file: str) -> RouteError:
    what = f"{function.name}() makes a response in its variable `{name}`, and nothing sends it"
    hint = f"Return it: `return {name}`."
    if name == "response":
        hint = f"Return it: `return {name}`. To set the answer and go on, write `global response` first."
    return RouteError(what, place=place_of(assignment, file), hint=hint)


def _returned(name: str, assignment: ast.stmt, called: ast.expr, file: str) -> RouteError:
    function = ast.unparse(called)
    what = f"{function}() may return a response, which isn't sent when it is assigned to `{name}`"
    hint = f"Raise an exception in {function}() instead, `raise HTTPException(…)`: it answers wherever it is raised."
    return RouteError(what, place=place_of(assignment, file), hint=hint)
