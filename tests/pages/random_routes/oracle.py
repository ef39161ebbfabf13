"""The meaning of a route file: runs it as a plain script, from top to bottom, once for each request."""

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from hyperpy import html


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a generated file."""

    method: str
    n: int
    word: str | None
    streams: bool

    @property
    def query(self) -> dict[str, str]:
        return {"n": str(self.n)} | ({} if self.word is None else {"word": self.word})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response, and the notes that the file has made on the way."""

    status: int
    content: object
    notes: list[object]


class Redirect(Exception):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class Answers:
    """The explicit answer of one request."""

    def __init__(self) -> None:
        self.last: Redirect | Response | None = None

    def redirect(self, url: str) -> Redirect:
        self.last = Redirect(url)
        return self.last

    def bare(self, value: object) -> bool:
        """Whether the request ends at an expression statement with this value."""
        if isinstance(value, HTTPException):
            raise value
        if isinstance(value, Response):
            self.last = value
        return isinstance(value, Response | Redirect)

    def assigned(self, value: object) -> bool:
        """Whether the request ends at an assignment of this value."""
        return isinstance(value, Redirect) or (isinstance(value, Response) and value is self.last)

    def block_ends(self, response: object) -> bool:
        if isinstance(response, Response):
            self.last = response
        return isinstance(response, Response)


async def expected(source: str, request: Request, rid: str) -> Outcome:
    """The file's answer. A status of 500 stands for any exception of its own code."""
    answers, notes = Answers(), []

    @contextlib.contextmanager
    def transaction(rid: str) -> Iterator[None]:
        notes.append("begin")
        try:
            yield
        except BaseException:
            notes.append("rollback")
            raise
        notes.append("commit")

    namespace: dict[str, Any] = {
        "rid": rid,
        "n": request.n,
        "word": "none" if request.word is None else request.word,
        "note": lambda rid, value: notes.append(value),
        "transaction": transaction,
        "POST": request.method == "POST",
        "HTTPException": HTTPException,
        "PlainTextResponse": PlainTextResponse,
        "html": html,
        "redirect": answers.redirect,
        "answers": answers,
        "response": None,
        "page": None,
    }
    exec(as_script(source), namespace)  # noqa: S102 (that is what the oracle is for)
    try:
        with contextlib.suppress(Redirect):
            await namespace["main"]()
        if answers.last is not None:
            return _explicit(answers.last, notes)
        if request.streams and "stream" in namespace:
            return Outcome(200, [_event(value) async for value in namespace["stream"]()], notes)
        page = str(html(namespace["page"]())).strip()
        return Outcome(200, page, notes)
    except HTTPException as error:
        return Outcome(error.status_code, None, notes)
    except Exception as error:  # noqa: BLE001 (generated code may raise anything)
        return Outcome(500, repr(error), notes)


def _explicit(answer: Redirect | Response, notes: list[object]) -> Outcome:
    if isinstance(answer, Redirect):
        return Outcome(303, answer.url, notes)
    return Outcome(answer.status_code, bytes(answer.body).decode(), notes)


def _event(value: object) -> tuple[str, str, str]:
    """Name, data and id, as a client has them."""
    match value:
        case (name, content):
            return name, str(content), ""
        case {"data": data, "id": identifier}:
            return "message", str(html(t"{data}")), identifier
    return "message", str(html(t"{value}")).strip(), ""


@cache
def as_script(source: str) -> CodeType:
    """The file with its module level as a coroutine function, in which a statement that gives an answer returns."""
    tree = ast.parse(source)
    body = [statement for statement in tree.body if not _is_given(statement)]
    names = {node.id for statement in body for node in _outside_functions(statement) if isinstance(node, ast.Name)}
    names |= {s.name for s in body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    body = _with_loader([_Answering().at_module_level(statement) for statement in body])
    main = ast.AsyncFunctionDef("main", ast.arguments(), [ast.Global(sorted(names | {"page"}))], [])
    main.body += [each for statements in body for each in statements]
    code: CodeType = compile(ast.fix_missing_locations(ast.Module([main], [])), "<oracle>", "exec")
    return code


def _is_given(statement: ast.stmt) -> bool:
    """Whether the oracle sets the names of this statement: hyperpy's own, and the inputs."""
    match statement:
        case ast.ImportFrom(module="hyperpy" | "random_route_effects" | "starlette.responses"):
            return True
        case ast.AnnAssign(target=ast.Name(id="rid" | "n" | "word")):
            return True
    return False


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.ListComp):
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)


def _with_loader(statements: list[list[ast.stmt]]) -> list[list[ast.stmt]]:
    """The same, with the loader awaited where it stands. No definition follows it in a generated file."""
    out: list[list[ast.stmt]] = []
    for group in statements:
        out.append(group)
        if isinstance(group[0], ast.AsyncFunctionDef) and group[0].name == "load":
            out.append(ast.parse("async def _():\n  if answers.bare(await load()): return").body[0].body)  # type: ignore[attr-defined]
    return out


class _Answering(ast.NodeTransformer):
    """Adds the checks for an explicit answer after each statement."""

    def at_module_level(self, statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            return [ast.Pass()]
        done = self.visit(_PlainBlocks().visit(statement))
        return done if isinstance(done, list) else [done]

    def visit_Expr(self, node: ast.Expr) -> list[ast.stmt] | ast.stmt:
        if isinstance(node.value, ast.TemplateStr):
            return ast.Assign([ast.Name("page", ast.Store())], ast.Lambda(ast.arguments(), node.value))
        if isinstance(node.value, ast.Yield):
            return node
        value = ast.Name("value_of_statement", ast.Load())
        return [ast.Assign([ast.Name(value.id, ast.Store())], node.value), _if("bare", value, returned=value)]

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        if not isinstance(node.targets[0], ast.Name):
            return [node]
        value = ast.Name(node.targets[0].id, ast.Load())
        return [node, _if("assigned", value, returned=value)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        """A global name can't be annotated."""
        assert node.value
        return self.visit_Assign(ast.Assign([node.target], node.value))

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """A generated stream gives no answer."""
        return node if node.name == "stream" else self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> ast.Try:
        """A `finally` block runs to its end, since Python warns of a `return` in it."""
        last, node.finalbody = node.finalbody, []
        self.generic_visit(node)
        node.finalbody = last
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.body = [each if isinstance(each, ast.AnnAssign) else self.visit(each) for each in node.body]
        return node


class _PlainBlocks(ast.NodeTransformer):
    """Ends a block of the module level that sets `response` with a check."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return node
        super().generic_visit(node)
        for block in (getattr(node, name, None) for name in ("body", "orelse")):
            if isinstance(block, list) and any(_sets_response(statement) for statement in block):
                block.append(_if("block_ends", ast.Name("response", ast.Load())))
        return node


def _sets_response(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "response"


def _if(method: str, *arguments: ast.expr, returned: ast.expr | None = None) -> ast.stmt:
    """`if answers.method(…): return …`."""
    called = ast.Call(ast.Attribute(ast.Name("answers", ast.Load()), method, ast.Load()), list(arguments), [])
    return ast.If(called, [ast.Return(returned)], [])
