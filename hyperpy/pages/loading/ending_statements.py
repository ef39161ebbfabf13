"""The statements of a function that may end the request: bare expressions, and assignments of an answer.

Each is followed by a check, which leaves the function as `return` does:

    redirect("/login")              .result = redirect("/login")
                                    if .result is not None and (.result := .answer(.result)) is not None:
                                        return .result
                                    del .result

    user = require_user(request)    user = require_user(request)
                                    if .isinstance(user, .response) and .is_answer(user):
                                        return .answer(user)

    answer = redirect("/tasks")     answer = .kept(redirect("/tasks"))
    answer.set_cookie("seen", "1")  answer.set_cookie("seen", "1")

A `return` from inside `with` or `try` keeps its redirect too, so that an error on the way out is an error. With `global
response`, a block that sets it returns it at its end.
"""

import ast
from collections.abc import Callable, Collection, Sequence

from hyperpy.pages.analysis.explicit_answers import RESPONSE_ATTRIBUTES
from hyperpy.pages.analysis.file_index import FileIndex, Function
from hyperpy.pages.analysis.placement import at
from hyperpy.pages.loading.hidden_names import (
    ANSWER,
    BOUND,
    ENDS,
    IS_ANSWER,
    ISINSTANCE,
    KEPT,
    RENDERED,
    RESPONSE,
    RESULT,
    SET,
)
from hyperpy.record_classes import record

type IsRender = Callable[[ast.expr], bool]

# Expressions that never are a response.
_OTHERS = (
    *(ast.Constant, ast.TemplateStr, ast.JoinedStr, ast.Compare, ast.Lambda, ast.UnaryOp, ast.Yield),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Tuple, ast.List, ast.Set, ast.Dict),
)
RESULTS = (ast.Call, ast.Await, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Subscript, ast.YieldFrom)


def may_be_response(value: ast.expr) -> bool:
    """Whether a bare expression may evaluate to a response."""
    return not isinstance(value, _OTHERS)


def may_be_redirect(statement: ast.stmt) -> list[ast.Name]:
    """The names to which an assignment may bind a redirect."""
    match statement:
        case ast.Assign(targets=targets, value=value) if isinstance(value, (*RESULTS, ast.Tuple)):
            return [name for target in targets for name in _names(target)]
        case ast.AnnAssign(target=target, value=ast.expr() as value) if isinstance(value, RESULTS):
            return _names(target)
    return []


def _names(target: ast.expr) -> list[ast.Name]:
    if isinstance(target, ast.Tuple | ast.List):
        return [name for part in target.elts for name in _names(part)]
    return [target] if isinstance(target, ast.Name) else []


def is_answer(name: str) -> ast.expr:
    """An expression: whether a variable holds a redirect, or a response that a function has made the answer."""
    return ast.BoolOp(ast.And(), [call(ISINSTANCE, load(name), load(RESPONSE)), call(IS_ANSWER, load(name))])


def worked_on(index: FileIndex, inside: ast.AST | None = None) -> frozenset[str]:
    """The names that the code uses as responses: `answer.set_cookie(…)`. Assigning a redirect to one doesn't end it."""
    used = (node for node in index.of(ast.Attribute, inside=inside) if node.attr in RESPONSE_ATTRIBUTES)
    return frozenset(node.value.id for node in used if isinstance(node.value, ast.Name))


def with_responses(value: ast.expr, is_render: IsRender) -> ast.expr:
    """A bare expression, with responses in place of the fragments that it may evaluate to."""
    match value:
        case ast.Call(func=function) if is_render(function):
            return call(RENDERED, value)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return ast.IfExp(test, with_responses(body, is_render), with_responses(orelse, is_render))
        case ast.BoolOp(op=op, values=values):
            return ast.BoolOp(op, [with_responses(value, is_render) for value in values])
    return value


def end_functions(index: FileIndex, loaders: Collection[str] = (), is_render: IsRender = lambda _: False) -> None:
    """Changes all functions of a file in place. The `loaders` may have bare calls of `render`."""
    for node in index.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        if isinstance(node, ast.ClassDef):
            node.body = [_checked(part) for part in node.body]
        else:
            is_loader = isinstance(node, ast.AsyncFunctionDef) and node.name in loaders
            _FunctionEndings(node, index, is_render if is_loader else lambda _: False).rewrite()


def _checked(statement: ast.stmt) -> ast.stmt:
    """A statement of a class, which can't be left: what it evaluates to is the answer nevertheless."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return at(statement, ast.Expr(call(ENDS, statement.value)))
    return statement


@record(frozen=True, slots=True)
class _Where:
    """The position of a block: whether a `return` is allowed in it, and whether one would leave other blocks."""

    can_leave: bool = True
    is_inside: bool = False


class _FunctionEndings:
    def __init__(self, function: Function, index: FileIndex, is_render: IsRender) -> None:
        name = function.name
        special = name.startswith("__") and name.endswith("__") and name != "__call__"
        is_async_generator = isinstance(function, ast.AsyncFunctionDef) and function in index.generators
        self.function = function
        self.setters = index.response_setters
        self.is_render = is_render
        self.has_value = not (special or is_async_generator)  # otherwise, Python allows nothing but None
        self.sets_response = any("response" in node.names for node in index.owned(function, ast.Global))
        self.worked_on = worked_on(index, function)

    def rewrite(self) -> None:
        self.function.body = self.block(self.function.body, _Where())

    def block(self, statements: Sequence[ast.stmt], where: _Where) -> list[ast.stmt]:
        out = [new for statement in statements for new in self.statement(statement, where)]
        if self.sets_response and where.can_leave and not self.setters.isdisjoint(statements):
            out.append(at(statements[-1], ast.If(call(BOUND), self.leave(load("response")), [])))
        return out

    def statement(self, statement: ast.stmt, where: _Where) -> list[ast.stmt]:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [statement]
            case ast.Expr(value=value) if may_be_response(value):
                return [at(statement, new) for new in self.bare(with_responses(value, self.is_render), where)]
            case ast.Assign() | ast.AnnAssign():
                return [at(statement, new) for new in self.assigned(statement, where)]
            case ast.Return(value=ast.expr() as value) if where.is_inside and not isinstance(value, _OTHERS):
                statement.value = call(KEPT, value)
                return [at(statement, statement)]
        self.nested(statement, where)
        return [statement]

    def bare(self, value: ast.expr, where: _Where) -> list[ast.stmt]:
        if not where.can_leave:
            return [ast.Expr(call(ENDS, value))]
        is_given = ast.Compare(load(RESULT), [ast.IsNot()], [ast.Constant(None)])
        answer = ast.NamedExpr(store(RESULT), call(ANSWER, load(RESULT)))
        is_answer = ast.Compare(answer, [ast.IsNot()], [ast.Constant(None)])
        return [
            ast.Assign([store(RESULT)], value),
            ast.If(ast.BoolOp(ast.And(), [is_given, is_answer]), self.leave(load(RESULT)), []),
            ast.Delete([ast.Name(RESULT, ast.Del())]),
        ]

    def assigned(self, statement: ast.Assign | ast.AnnAssign, where: _Where) -> list[ast.stmt]:
        names = list(dict.fromkeys(name.id for name in may_be_redirect(statement)))
        if self.worked_on.intersection(names) and not isinstance(statement.value, ast.Tuple):
            assert statement.value is not None
            statement.value = call(SET if self.sets_response and "response" in names else KEPT, statement.value)
            return [statement]
        if isinstance(statement, ast.Assign) and isinstance(statement.value, RESULTS) and not names:
            first = ast.Assign([store(RESULT)], statement.value)
            statement.value = load(RESULT)
            delete = ast.Delete([ast.Name(RESULT, ast.Del())])
            return [first, statement, self.check(RESULT, where), delete]
        return [statement, *(self.check(name, where) for name in names)]

    def check(self, name: str, where: _Where) -> ast.stmt:
        answer = call(ANSWER, load(name))
        return ast.If(is_answer(name), self.leave(answer) if where.can_leave else [ast.Expr(answer)], [])

    def leave(self, value: ast.expr) -> list[ast.stmt]:
        return [ast.Return(value)] if self.has_value else [ast.Expr(value), ast.Return()]

    def nested(self, statement: ast.stmt, where: _Where) -> None:
        """Changes the blocks of a compound statement."""
        leaves = isinstance(statement, ast.With | ast.AsyncWith | ast.Try | ast.TryStar)
        inner = _Where(where.can_leave, where.is_inside or leaves)
        # Python forbids a `return` in `except*`, and warns of one in `finally`.
        no_leave = _Where(can_leave=False, is_inside=True)
        for field in ("body", "orelse", "finalbody"):
            if block := getattr(statement, field, None):
                setattr(statement, field, self.block(block, no_leave if field == "finalbody" else inner))
        for field in ("handlers", "cases"):
            for part in getattr(statement, field, ()):
                part.body = self.block(part.body, no_leave if isinstance(statement, ast.TryStar) else inner)


def load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def store(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(load(name), list(arguments), [])
