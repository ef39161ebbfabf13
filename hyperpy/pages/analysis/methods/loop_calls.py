"""Calls in the body of a file that need a running event loop, where there is none; and `asyncio.run` where there is."""

import ast
import asyncio
from collections.abc import Iterable
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_never
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of

_NEEDING_LOOP: Final = (asyncio.create_task, asyncio.ensure_future, asyncio.gather)


def check_loop_calls(
    parsed: ParsedFile, statements: Iterable[ast.stmt], vocabulary: Vocabulary, *, has_loader: bool
) -> None:
    """Raises RouteError for a call that always fails: a page runs in a thread, or with a loader on the event loop."""
    for statement in statements:
        for call in parsed.index.level(statement, ast.Call):
            called = vocabulary.value(call.func)
            is_wrong = called is asyncio.run if has_loader else any(called is each for each in _NEEDING_LOOP)
            if is_wrong and not _may_not_fail(call, parsed):
                raise _error(call, parsed, has_loader=has_loader)


def _may_not_fail(node: ast.AST | None, parsed: ParsedFile) -> bool:
    while node is not None:
        if isinstance(node, ast.Try | ast.With) or (isinstance(node, ast.If) and is_never(node.test)):
            return True
        node = parsed.index.parent(node)
    return False


def _error(call: ast.Call, parsed: ParsedFile, *, has_loader: bool) -> RouteError:
    name, place = ast.unparse(call.func), place_of(call, parsed.file)
    if has_loader:
        awaited = f"await {ast.unparse(call.args[0])}" if call.args else "await …"
        what = f"{name}() can't run here, because a file with a loader runs on the event loop"
        return RouteError(what, place=place, hint=f"Write `{awaited}` in the loader.")
    what = f"{name}() needs the event loop, and a page without a loader runs in a thread"
    written = ast.unparse(call) if name.endswith("create_task") else f"await {ast.unparse(call)}"
    hint = f"Write it in a loader:\n\n    async def load():\n        {written}"
    if isinstance(parsed.index.parent(call), ast.Expr) and call.args and not name.endswith("gather"):
        hint = f"Write `spawn({ast.unparse(call.args[0])})`."
    return RouteError(what, place=place, hint=hint)
