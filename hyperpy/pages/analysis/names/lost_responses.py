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
from hyperpy.pages.analysis.file_index import Function, outcomes, parameters
from hyperpy.pages.analysis.objects.answering_functions import is_response_class, is_users_function, kinds_returned
from hyperpy.pages.analysis.objects.returned_values import RESPONSE, VALUE, returned_kinds
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of
from hyperpy.record_classes import record

_OF_RESPONSES: Final = frozenset(name for name in dir(Response) if not name.startswith("_")) | {
    *("background", "body", "body_iterator", "filename", "media_type", "path", "status_code"),
    *("delete_cookie", "headers", "raw_headers", "set_cookie"),
}


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
            for call in (each for each in outcomes(value) if isinstance(each, ast.Call)):
                if call is value and finder.makes(call) and finder.is_dropped(name, owner, assignment):
                    yield _made(name, assignment, owner, parsed.file)
                is_exception = vocabulary.public_name(call.func) == "HTTPException"
                if is_exception and finder.is_mistaken(assignment, name, owner, tells=False):
                    yield _not_raised(call, assignment, parsed.file)
                kinds = finder.kinds(call.func) if name != "_" else frozenset[str]()
                if RESPONSE in kinds and finder.is_mistaken(assignment, name, owner, tells=VALUE not in kinds):
                    yield _returned(name, assignment, call.func, parsed.file)


def _assigned(owner: Function | None, parsed: ParsedFile) -> Iterator[tuple[ast.stmt | ast.expr, str, ast.expr]]:
    """The assignments to variables of a function or the module, with what they assign."""
    for node in parsed.index.owned(owner, ast.Assign, ast.AnnAssign, ast.NamedExpr):
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign | ast.NamedExpr) else target
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

    def kinds(self, called: ast.expr, seen: frozenset[Function] = frozenset()) -> frozenset[str]:
        """What a function may return, if that may be a response."""
        if isinstance(called, ast.Name) and called not in self.vocabulary.local and called.id in self.own:
            function = self.own[called.id]
            if function in seen:
                return frozenset()
            return returned_kinds(function, lambda value: self._kinds_of(value, seen | {function}))
        if not is_users_function(self.vocabulary.value(called)):
            return frozenset()
        return frozenset(self.vocabulary.answer(kinds_returned, called))

    def _kinds_of(self, value: ast.expr, seen: frozenset[Function]) -> frozenset[str]:
        if self.makes(value):
            return frozenset({RESPONSE})
        inner = self.kinds(value.func, seen) if isinstance(value, ast.Call) else frozenset[str]()
        return inner or frozenset({VALUE})

    def is_dropped(self, name: str, function: Function | None, assignment: ast.AST) -> bool:
        """Whether nothing is done with a variable but to set headers, cookies or the like.

        At module level, only where it is assigned under a condition: others may be constants for other files.
        """
        if function is None and (name == "response" or self.parsed.index.parent(assignment) is None):
            return False
        if function is not None and self._is_outer(name, function):
            return False
        return all(isinstance(use.ctx, ast.Store) or self._is_changed(use) for use in self._uses(name, function))

    def _is_changed(self, use: ast.Name) -> bool:
        """Whether a use of a response only sets something of it: `a.status_code = 403`, `a.headers.update(…)`."""
        node: ast.AST = use
        parent = self.parsed.index.parent(use)
        if not isinstance(parent, ast.Attribute) or parent.attr not in RESPONSE_ATTRIBUTES:
            return False
        while isinstance(parent, ast.Attribute | ast.Subscript | ast.Call) and node not in getattr(parent, "args", ()):
            if isinstance(getattr(parent, "ctx", None), ast.Store | ast.Del):
                return True
            node, parent = parent, self.parsed.index.parent(parent)
        return isinstance(parent, ast.Expr)

    def is_mistaken(self, assignment: ast.AST, name: str, owner: Function | None, *, tells: bool) -> bool:
        """Whether all uses of a variable take it for something else than a response that might be sent.

        Whether it is true `tells` a response from nothing, and not from another value.
        """
        scope = None if owner is None or self._is_global(name, owner) else owner
        if name == "response" or (scope is not None and self._is_outer(name, scope)):
            return False
        uses: list[ast.AST] = [use for use in self._uses(name, scope) if not isinstance(use.ctx, ast.Store)]
        uses += [assignment] if isinstance(assignment, ast.NamedExpr) else []
        return all(self._is_mistaken(use, tells=tells) for use in uses)

    def _is_mistaken(self, use: ast.AST, *, tells: bool) -> bool:
        match parent := self.parsed.index.parent(use):
            case ast.Attribute(attr=attribute):
                return attribute not in _OF_RESPONSES
            case ast.Subscript(value=value):
                return value is use
            case ast.Interpolation(conversion=-1 | 115) | ast.FormattedValue(conversion=-1 | 115):
                return True
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                return test is use and not tells
            case ast.UnaryOp(op=ast.Not()) | ast.BoolOp():
                return not tells and self._is_mistaken(parent, tells=tells)
            case ast.Compare(comparators=others):
                return not tells and all(isinstance(other, ast.Constant) for other in others)
        return False

    def _uses(self, name: str, owner: Function | None) -> list[ast.Name]:
        found: list[ast.Name] = [n for n in self.parsed.index.of(ast.Name, inside=owner) if n.id == name]
        return found if owner is not None else [use for use in found if use not in self.vocabulary.local]

    def _is_outer(self, name: str, function: Function) -> bool:
        outer = self.parsed.index.of(ast.Global, ast.Nonlocal, inside=function)
        return name in parameters(function) or any(name in node.names for node in outer)

    def _is_global(self, name: str, function: Function) -> bool:
        return any(name in node.names for node in self.parsed.index.owned(function, ast.Global))


def _made(name: str, assignment: ast.stmt | ast.expr, function: Function | None, file: str) -> RouteError:
    if function is None:
        what = f"the response in `{name}` is not sent"
        return RouteError(
            what, place=place_of(assignment, file), hint=f"Write `response = …` in place of `{name} = …`."
        )
    what = f"{function.name}() makes a response in its variable `{name}`, and nothing sends it"
    hint = f"Return it: `return {name}`."
    if name == "response":
        hint = f"Return it: `return {name}`. To set the answer and go on, write `global response` first."
    return RouteError(what, place=place_of(assignment, file), hint=hint)


def _returned(name: str, assignment: ast.stmt | ast.expr, called: ast.expr, file: str) -> RouteError:
    function = ast.unparse(called)
    what = f"{function}() may return a response, which isn't sent when it is assigned to `{name}`"
    hint = f"Raise an exception in {function}() instead, `raise HTTPException(…)`: it answers wherever it is raised."
    return RouteError(what, place=place_of(assignment, file), hint=hint)


def _not_raised(call: ast.Call, assignment: ast.stmt | ast.expr, file: str) -> RouteError:
    what = f"`{ast.unparse(call.func)}(…)` is assigned and not raised, so it does nothing"
    return RouteError(
        what, place=place_of(assignment, file), hint=f"Write an `if`, and in it `raise {ast.unparse(call)}`."
    )
