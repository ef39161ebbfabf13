"""Which explicit answers and methods a route file has."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from hyperpy.pages.analysis.file_index import FileIndex, blocks, outcomes
from hyperpy.pages.analysis.methods.method_conditions import blocks_reached, value_of
from hyperpy.pages.analysis.names.lost_html import LostHTML
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.vocabulary import ANSWERS, RESPONSES, Vocabulary

RESPONSE_ATTRIBUTES = frozenset({"background", "delete_cookie", "headers", "raw_headers", "set_cookie", "status_code"})


_NEVER = (ast.Constant, ast.JoinedStr, ast.TemplateStr, ast.Compare, ast.BinOp, ast.UnaryOp)


def bare_values(statements: Iterable[ast.Expr]) -> Iterator[ast.expr]:
    """The possible values of bare expressions, each of which may be the answer."""
    values = (value for statement in statements for value in outcomes(statement.value))
    return (value for value in values if not isinstance(value, _NEVER))


def explicit_answers(statements: Sequence[ast.stmt], index: FileIndex, vocabulary: Vocabulary) -> bool:
    """Whether a statement binds `response`, or a known response or rendered fragments are its value or are raised."""
    for statement in statements:
        if any(index.runs_with(statement, setter) for setter in index.response_setters):
            return True
        values = [*bare_values(index.level(statement, ast.Expr))]
        for node in index.level(statement, ast.Assign, ast.AnnAssign, ast.Raise):
            value = node.exc if isinstance(node, ast.Raise) else node.value
            values += [v for v in outcomes(value) if _is_redirect(v, vocabulary)] if value else []
        if any(isinstance(v, ast.Call) and vocabulary.public_name(v.func) in ANSWERS for v in values):
            return True
    return False


def _is_redirect(value: ast.expr, vocabulary: Vocabulary) -> bool:
    return isinstance(value, ast.Call) and vocabulary.public_name(value.func) == "redirect"


def possible_answers(
    parsed: ParsedFile,
    settings: ast.stmt | None,
    loaders: Collection[ast.AsyncFunctionDef],
    vocabulary: Vocabulary,
    html: LostHTML,
) -> bool:
    """Whether there may be another answer than the known ones at module level.

    It may be what a loader returns or always raises, a bare call at module level, or a known answer of a function.
    `settings` is a statement that isn't one.
    """
    index, body = parsed.index, parsed.tree.body
    returns = any(_valued_returns(loader, index) for loader in loaders)
    raises = any(isinstance(node, ast.Raise) for node in (*body, *(s for loader in loaders for s in loader.body)))
    bare = [node for node in index.of(ast.Expr) if node is not settings]
    at_once = bare_values(node for node in bare if index.owner(node) is None)
    known = (v for v in bare_values(bare) if isinstance(v, ast.Call))
    return (
        returns
        or raises
        or any(isinstance(value, _POSSIBLE) and not html.is_html(value) for value in at_once)
        or any(vocabulary.public_name(value.func) in ANSWERS for value in known)
    )


def unknown_answers(loaders: Iterable[ast.AsyncFunctionDef], index: FileIndex) -> bool:
    """Whether a bare call in a loader might give a response."""
    values = (value for loader in loaders for value in bare_values(index.owned(loader, ast.Expr)))
    return any(isinstance(value, _POSSIBLE) for value in values)


_POSSIBLE = (ast.Call, ast.Name, ast.Attribute, ast.Subscript)


def returns_data(loader: ast.AsyncFunctionDef, index: FileIndex, vocabulary: Vocabulary) -> bool:
    """Whether a loader returns something else than a known response, with which it may only refuse a request."""
    returned = [node.value for node in _valued_returns(loader, index)]
    calls = (value.func if isinstance(value, ast.Call) else None for value in returned)
    return any(called is None or vocabulary.public_name(called) not in RESPONSES for called in calls)


def answer_line(loader: ast.AsyncFunctionDef | None, index: FileIndex) -> int:
    """Where a loader gives its answer: the line of its only `return` with a value, or else its first line."""
    if loader is None:
        return 0
    valued = _valued_returns(loader, index)
    return valued[0].lineno if len(valued) == 1 else loader.lineno


def _valued_returns(loader: ast.AsyncFunctionDef, index: FileIndex) -> list[ast.Return]:
    returns = index.owned(loader, ast.Return)
    return [node for node in returns if node.value is not None and not _is_none(node.value)]


def _is_none(value: ast.expr) -> bool:
    """Whether a `return` says what its absence would: type checkers want it written."""
    return isinstance(value, ast.Constant) and value.value is None


def all_under_flags(statements: Sequence[ast.stmt], index: FileIndex, vocabulary: Vocabulary) -> bool:
    """Whether every template and explicit answer is under a condition that GET does not meet."""
    return _spared(statements, lambda s: is_template(s) or explicit_answers([s], index, vocabulary), vocabulary)


def loader_under_flags(
    parsed: ParsedFile, settings: ast.stmt | None, loader: ast.AsyncFunctionDef, vocabulary: Vocabulary
) -> bool:
    """Whether only the loader can answer, and all that may be an answer is under conditions that GET does not meet.

    `settings` is a statement that isn't an answer.
    """
    index = parsed.index
    possible = {
        node
        for node in index.of(ast.Expr, ast.Raise, ast.Return)
        if node is not settings and _is_possible(node, at_once=index.owner(node) in {None, loader}, names=vocabulary)
    }
    if "response" in parsed.rebound or any(index.owner(node) not in {None, loader} for node in possible):
        return False
    kinds = (ast.Expr, ast.Raise, ast.Return)
    return all(
        _spared(body, lambda s: not possible.isdisjoint(index.level(s, *kinds)), vocabulary)
        for body in (parsed.tree.body, loader.body)
    )


def _is_possible(node: ast.Expr | ast.Raise | ast.Return, *, at_once: bool, names: Vocabulary) -> bool:
    """Whether a statement may give an answer; in functions that are not run `at_once`, only a known answer does."""
    if isinstance(node, ast.Return):
        return at_once and node.value is not None and not _is_none(node.value)
    if isinstance(node, ast.Raise):
        return True
    values = [*bare_values([node])]
    if at_once:
        return any(isinstance(value, _POSSIBLE) for value in values)
    return any(isinstance(value, ast.Call) and names.public_name(value.func) in ANSWERS for value in values)


def _spared(statements: Sequence[ast.stmt], answers: Callable[[ast.stmt], bool], vocabulary: Vocabulary) -> bool:
    """Whether GET reaches none of the statements that are answers."""
    for statement in statements:
        if not _passes(statement, answers, vocabulary):
            return False
        if _returns(statement, vocabulary):
            break
    return True


def _passes(statement: ast.stmt, answers: Callable[[ast.stmt], bool], vocabulary: Vocabulary) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if blocks(statement):
        return all(_spared(block, answers, vocabulary) for block in blocks_reached(statement, "GET", vocabulary))
    return not answers(statement)


def _returns(statement: ast.stmt, vocabulary: Vocabulary) -> bool:
    """Whether GET always leaves a function here, as by `if not POST: return`."""
    if isinstance(statement, ast.If) and value_of(statement.test, "GET", vocabulary) is not None:
        [block] = blocks_reached(statement, "GET", vocabulary)
        return any(_returns(inner, vocabulary) for inner in block)
    return isinstance(statement, ast.Return)
