"""Functions that are named and not called: `if not is_admin:` is never true. And `exit()`, which ends the server."""

import ast
import os
import sys
from collections.abc import Iterator
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.names.builtin_names import builtins_now
from hyperpy.pages.analysis.objects.answering_functions import is_users_function
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_never
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of

_ENDING: Final = (sys.exit, os._exit, os.abort)


def check_missing_calls(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises the first of `missing_calls`."""
    if (error := next(missing_calls(parsed, vocabulary), None)) is not None:
        raise error


def missing_calls(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[RouteError]:
    """Errors for functions of the user's that are tested or stand alone, without a call."""
    own = {
        statement.name
        for statement in parsed.tree.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and not statement.decorator_list
    } & parsed.bound_once
    for node in _tested(parsed):
        is_own = isinstance(node, ast.Name) and node.id in own and node not in vocabulary.local
        if is_own or is_users_function(vocabulary.value(node)):
            written = ast.unparse(node)
            alone = isinstance(parsed.index.parent(node), ast.Expr)
            what = f"`{written}` is not called, so {'this line does nothing' if alone else 'it is always true'}"
            yield RouteError(what, place=place_of(node, parsed.file), hint=f"Write `{written}(…)`.")


def _tested(parsed: ParsedFile) -> Iterator[ast.expr]:
    """The names that stand alone, or whose truth decides something."""
    index = parsed.index
    found: list[ast.expr] = [statement.value for statement in index.of(ast.Expr)]
    found += [node.test for node in index.of(ast.If, ast.IfExp, ast.While)]
    found += [node.operand for node in index.of(ast.UnaryOp) if isinstance(node.op, ast.Not)]
    found += [value for node in index.of(ast.BoolOp) for value in node.values[:-1]]
    return (node for node in found if isinstance(node, ast.Name | ast.Attribute))


def check_exits(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a call that would end the process, in a file whose code runs for requests."""
    for call in parsed.index.of(ast.Call):
        if _ends(call.func, parsed, vocabulary) and not _runs_never(call, parsed):
            what = f"`{ast.unparse(call)}` would end the server, and not the request"
            hint = "`redirect(…)` and `raise HTTPException(…)` end a request. Behind a page, nothing is needed."
            raise RouteError(what, place=place_of(call, parsed.file), hint=hint)


def _ends(called: ast.expr, parsed: ParsedFile, vocabulary: Vocabulary) -> bool:
    if isinstance(called, ast.Name) and called.id in {"exit", "quit"}:
        return called not in vocabulary.local and called.id not in parsed.bound | builtins_now().added
    return any(vocabulary.value(called) is function for function in _ENDING)


def _runs_never(node: ast.AST, parsed: ParsedFile) -> bool:
    """Whether a node is under `if __name__ == "__main__":`."""
    around: ast.AST | None = node
    while around is not None:
        if isinstance(around, ast.If) and is_never(around.test):
            return True
        around = parsed.index.parent(around)
    return False
