"""The functions of a file: what they yield, and calls in them whose results would be lost."""

import ast
import builtins
from collections.abc import Collection, Iterator

from starlette.exceptions import HTTPException

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex, Function
from hyperpy.pages.analysis.objects.descriptions import origin_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import EVENT_CALLS, EVENT_MODULE, HTML_CALLS, Vocabulary
from hyperpy.pages.facts import StreamFacts, place_of

DOCUMENT_STARTS = ("<!doctype", "<html")


def stream_facts(function: ast.AsyncFunctionDef, index: FileIndex, vocabulary: Vocabulary) -> StreamFacts:
    """Facts about a stream, found without running it."""
    values = [node.value for node in index.owned(function, ast.Yield)]
    called = [vocabulary.public_name(value.func) if isinstance(value, ast.Call) else "" for value in values]
    first, first_called = (values[0], called[0]) if values else (None, "")
    return StreamFacts(
        name=function.name,
        line=function.lineno,
        begins_document=_begins_document(first, vocabulary),
        first_is_html=isinstance(first, ast.TemplateStr) or first_called in HTML_CALLS,
        yields_event=any(map(_is_data, values))
        or not EVENT_CALLS.isdisjoint(called)
        or any(_is_for_datastar(value, vocabulary) for value in values),
    )


def _is_data(value: ast.expr | None) -> bool:
    """Whether a yielded expression is visibly an event: a pair, fields, or a value for JSON."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, (int, float))
    return isinstance(value, ast.Tuple | ast.Dict | ast.List | ast.ListComp)


def _is_for_datastar(value: ast.expr | None, vocabulary: Vocabulary) -> bool:
    return isinstance(value, ast.Call) and origin_of(vocabulary.value(value.func)).module == EVENT_MODULE


def _begins_document(value: ast.expr | None, vocabulary: Vocabulary) -> bool:
    if isinstance(value, ast.Call) and value.args and vocabulary.public_name(value.func) in HTML_CALLS:
        value = value.args[0]
    if isinstance(value, ast.TemplateStr | ast.JoinedStr) and value.values:
        value = value.values[0]
    text = value.value if isinstance(value, ast.Constant) else None
    return isinstance(text, str) and text.lstrip().lower().startswith(DOCUMENT_STARTS)


def check_functions(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a sync `stream`, and for exceptions that functions make without raising them."""
    for statement in parsed.index.generators.intersection(parsed.tree.body):
        if isinstance(statement, ast.FunctionDef) and statement.name == "stream":
            raise RouteError(
                "`stream` must be an async generator",
                place=place_of(statement, parsed.file),
                hint="Write `async def stream():`, and `await asyncio.sleep(…)` where it waits.",
            )
    for _, call in _bare_calls(parsed.index):
        made = vocabulary.value(call.func)
        if _is_class(made, HTTPException):
            continue  # it is raised
        if _is_class(made, BaseException) or _is_builtin_exception(call.func):
            what = f"inside a function, a bare `{ast.unparse(call.func)}(…)` does nothing"
            raise RouteError(what, place=place_of(call, parsed.file), hint=f"Write `raise {ast.unparse(call)}`.")


def check_bare_renders(parsed: ParsedFile, loaders: Collection[ast.AsyncFunctionDef], vocabulary: Vocabulary) -> None:
    """Raises RouteError for a bare `render(…)` in a function, except a loader: there it is the answer."""
    for function, call in _bare_calls(parsed.index):
        if function in loaders or vocabulary.public_name(call.func) != "render":
            continue
        what = f"inside a function, a bare `{ast.unparse(call.func)}(…)` does nothing"
        hint = f"To send it from a stream, write `yield {ast.unparse(call)}`."
        if function not in parsed.index.generators:
            hint = f"Write `return {ast.unparse(call)}`, and return it from the loader as well: then it is the answer."
        raise RouteError(what, place=place_of(call, parsed.file), hint=hint)


def _bare_calls(index: FileIndex) -> Iterator[tuple[Function, ast.Call]]:
    """The calls in functions whose results are dropped."""
    for node in index.of(ast.Expr):
        if isinstance(node.value, ast.Call):
            owner = index.owner(node)
            if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
                yield owner, node.value


def _is_builtin_exception(called: ast.expr) -> bool:
    known = getattr(builtins, called.id, None) if isinstance(called, ast.Name) else None
    return _is_class(known, BaseException)


def _is_class(value: object, base: type) -> bool:
    return isinstance(value, type) and issubclass(value, base)
