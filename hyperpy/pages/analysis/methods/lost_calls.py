"""Calls that run nothing: of an async function without `await`, or of a generator or context manager as a statement.

A coroutine is true whatever it would return, so `if not check():` lets everybody pass.
"""

import ast
import asyncio
import contextlib
import functools
import inspect
from collections.abc import Iterator
from functools import cached_property
from types import FunctionType, MethodType
from typing import Final

from starlette.requests import Request

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.explicit_answers import bare_values
from hyperpy.pages.analysis.file_index import FileIndex, Function
from hyperpy.pages.analysis.methods.own_classes import OwnClasses
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import ANSWERS, Vocabulary
from hyperpy.pages.facts import place_of
from hyperpy.pages.known_names import RESPONSE_CLASSES
from hyperpy.record_classes import record

_WITH: Final = {
    contextlib.contextmanager(lambda: iter(())).__code__: "with",
    contextlib.asynccontextmanager(lambda: None).__code__: "async with",  # type: ignore[arg-type, return-value]
}
_MANAGERS: Final = {id(contextlib.contextmanager): "with", id(contextlib.asynccontextmanager): "async with"}
_FUTURES: Final = (asyncio.gather, asyncio.shield)
_ACTING: Final = ANSWERS | {"HTTPException", "flash"}
_DROPPED: Final = frozenset({*RESPONSE_CLASSES, "HTTPException"})
_READING_PARTS: Final = frozenset({"dict", "enumerate", "len", "list", "reversed", "set", "sorted", "sum", "tuple"})
_OF_AWAITABLES: Final = frozenset(dir(asyncio.Future)) | {"send", "throw", "close"}
AWAIT: Final = "await"
FUTURE: Final = "await a future"


def check_lost_calls(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises the first of `lost_calls`."""
    if (error := next(lost_calls(parsed, vocabulary), None)) is not None:
        raise error


def lost_calls(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[RouteError]:
    """Errors for calls whose coroutine is certainly never awaited, or whose generator never runs.

    And for `redirect` and the like as a statement, without a call.
    """
    finder = _Finder(parsed, vocabulary)
    for statement in parsed.index.of(ast.Expr):
        if vocabulary.public_name(statement.value) in _ACTING:
            yield _not_called(statement.value, parsed.file)
    for call in parsed.index.of(ast.Call):
        if needs := finder.needs(call.func):
            if needs == AWAIT and finder.is_lost(call):
                yield finder.unawaited(call)
            if needs in {AWAIT, FUTURE} and (part := finder.taken_apart(call)) is not None:
                yield finder.without_parts(call, part)
            if needs != AWAIT and isinstance(parsed.index.parent(call), ast.Expr):
                yield finder.unawaited(call) if needs == FUTURE else finder.unused(call, needs)


def check_lost_answers(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises the first of `lost_answers`."""
    if (error := next(lost_answers(parsed, vocabulary), None)) is not None:
        raise error


def lost_answers(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[RouteError]:
    """Errors for responses that a file which is not a route makes in a statement of its own, and drops."""
    for call in bare_values(parsed.index.of(ast.Expr)):
        name = vocabulary.public_name(call.func) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name in _DROPPED:
            written = ast.unparse(call)
            what = f"`{ast.unparse(call.func)}(…)` answers by itself only in a route file; here it does nothing"
            hint = f"Write `raise {written}`."
            if not isinstance(parsed.index.parent(call), ast.Expr):
                hint = f"Write an `if`, and in it `raise {written}`."
            if name != "HTTPException":
                hint = f"Write `return {written}`, and answer with it in the route file. Or raise an HTTPException."
            yield RouteError(what, place=place_of(call, parsed.file), hint=hint)


@record(frozen=True)
class _Finder:
    parsed: ParsedFile
    vocabulary: Vocabulary

    @property
    def index(self) -> FileIndex:
        return self.parsed.index

    @cached_property
    def classes(self) -> OwnClasses:
        return OwnClasses(self.parsed, self.vocabulary)

    @cached_property
    def own(self) -> dict[str, Function]:
        """The functions of the file whose names mean nothing else."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = [s for s in self.parsed.tree.body if isinstance(s, kinds) and s.name in self.parsed.bound_once]
        return {function.name: function for function in functions}

    def needs(self, called: ast.expr) -> str:
        """The keyword with which a call of a function has an effect; empty if it has one by itself."""
        if isinstance(called, ast.Name) and called not in self.vocabulary.local and called.id in self.own:
            return self.own_needs(self.own[called.id])
        value = self.classes.function(called)
        return _needs(value) if isinstance(value, FunctionType | MethodType | functools.partial) else ""

    def own_needs(self, function: Function) -> str:
        if function.decorator_list:
            managers = (_MANAGERS.get(id(self.vocabulary.value(each))) for each in function.decorator_list)
            return next(filter(None, managers), "") if len(function.decorator_list) == 1 else ""
        is_async = isinstance(function, ast.AsyncFunctionDef)
        if function in self.index.generators:
            return "async for" if is_async else "for"
        return AWAIT if is_async else ""

    def is_lost(self, node: ast.expr) -> bool:
        """Whether nothing can await the value of an expression."""
        match parent := self.index.parent(node):
            case ast.Expr() | ast.Assert() | ast.If() | ast.While() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return True
            case ast.IfExp(test=test):
                return node is test or self.is_lost(parent)
            case ast.BoolOp(values=[*_, last]):
                return node is not last or self.is_lost(parent)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return self.is_lost_as(name, parent)
            case ast.NamedExpr(target=ast.Name(id=name)):
                return self.is_lost(parent) and self.is_lost_as(name, parent, is_tested=True)
        return False

    def is_lost_as(self, name: str, assignment: ast.AST, *, is_tested: bool = False) -> bool:
        """Whether nothing can await the value of a variable. One of the module must be tested: others may import it."""
        function = self.index.function_of(assignment)
        outer = self.index.owned(function, ast.Global, ast.Nonlocal) if function else []
        uses = [node for node in self.index.of(ast.Name, inside=function) if node.id == name]
        if function is None or any(name in node.names for node in outer):
            function, uses = (
                None,
                [n for n in self.index.of(ast.Name) if n.id == name and n not in self.vocabulary.local],
            )
        if any(isinstance(use.ctx, ast.Del) for use in uses):
            return False
        reads = [use for use in uses if not isinstance(use.ctx, ast.Store)]
        return bool(reads or function or is_tested) and all(map(self._only_tests, reads))

    def _only_tests(self, use: ast.Name) -> bool:
        return not isinstance(self.index.parent(use), ast.Assign | ast.AnnAssign) and self.is_lost(use)

    def taken_apart(self, call: ast.Call) -> ast.expr | None:
        """The call, or a use of the only variable with its value, if a part of it is read: it has none before."""
        if self.has_part_read(call):
            return call
        match statement := self.index.parent(call):
            case ast.Assign(targets=[ast.Tuple() | ast.List()]):
                return call
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                uses = self.uses_of(name, self.index.function_of(statement))
                if sum(not isinstance(use.ctx, ast.Load) for use in uses) == 1:
                    return next((use for use in uses if self.has_part_read(use)), None)
        return None

    def uses_of(self, name: str, function: Function | None) -> list[ast.Name]:
        """The uses of a variable of a function or of the file."""
        if function is None or any(name in node.names for node in self.index.owned(function, ast.Global)):
            local = self.vocabulary.local
            return [use for use in self.index.of(ast.Name) if use.id == name and use not in local]
        inside = [use for use in self.index.of(ast.Name, inside=function) if use.id == name]
        return [use for use in inside if self.index.owner(use) is function or not isinstance(use.ctx, ast.Load)]

    def has_part_read(self, value: ast.expr) -> bool:
        match parent := self.index.parent(value):
            case ast.Attribute(attr=attribute):
                return attribute not in _OF_AWAITABLES and not attribute.startswith(("__", "cr_"))
            case ast.Subscript(value=whole):
                return whole is value
            case ast.For(iter=source) | ast.comprehension(iter=source, is_async=0):
                return source is value
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return any(each.iter is value and not each.is_async for each in parent.generators)
            case ast.Call(func=ast.Name(id=called) as function) if called not in self.parsed.bound:
                return called in _READING_PARTS and function is not value
        return False

    def without_parts(self, call: ast.Call, part: ast.expr) -> RouteError:
        written = ast.unparse(call)
        what = f"`{ast.unparse(part)}` is not awaited, so it has no parts yet"
        hint = f"Write `await {written}`" + (f" in line {call.lineno}." if part is not call else ".")
        if not isinstance(self.index.function_of(call), ast.AsyncFunctionDef):
            statement = self.index.parent(call)
            names = ast.unparse(statement.targets[0]).strip("()[]") if isinstance(statement, ast.Assign) else "data"
            hint = "Await it in the loader:\n\n"
            hint += f"    async def load():\n        global {names}\n        {names} = await {written}"
        return RouteError(what, place=place_of(part, self.parsed.file), hint=hint)

    def unawaited(self, call: ast.Call) -> RouteError:
        name = ast.unparse(call.func)
        what = f"the call of {name}() is not awaited"
        if not isinstance(self.index.parent(call), ast.Expr):
            what += ": it runs nothing, and its value is always true"
        hint, function = f"Write `await {name}(…)`.", self.index.function_of(call)
        if isinstance(function, ast.FunctionDef) and not name.endswith(".publish"):
            hint = f"Write `await {name}(…)`, and `async def {function.name}(…)`, which its callers await."
        elif not isinstance(function, ast.AsyncFunctionDef):
            soon = f"Write `{name}_soon(…)`, or await it" if name.endswith(".publish") else "Await it"
            hint = f"{soon} in the loader:\n\n    async def load():\n        await {name}(…)"
        return RouteError(what, place=place_of(call, self.parsed.file), hint=hint)

    def unused(self, call: ast.Call, keyword: str) -> RouteError:
        name = ast.unparse(call.func)
        kind, wanted = ("context manager", "") if keyword.endswith("with") else ("generator", "… in ")
        what = f"the call of {name}() runs nothing: it makes a {kind}"
        hint = f"Write `{keyword} {wanted}{name}(…):`."
        return RouteError(what, place=place_of(call, self.parsed.file), hint=hint)


def _not_called(name: ast.expr, file: str) -> RouteError:
    written = ast.unparse(name)
    call = f"raise {written}(…)" if written.endswith("HTTPException") else f"{written}(…)"
    what = f"`{written}` is not called, so this line does nothing"
    return RouteError(what, place=place_of(name, file), hint=f"Write `{call}`.")


def _needs(function: object) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    if any(function is future for future in _FUTURES):
        return FUTURE
    if isinstance(function, FunctionType) and (keyword := _WITH.get(function.__code__)):
        return keyword
    if function is Request.form or inspect.iscoroutinefunction(function):
        return AWAIT
    if inspect.isasyncgenfunction(function):
        return "async for"
    return "for" if inspect.isgeneratorfunction(function) else ""
