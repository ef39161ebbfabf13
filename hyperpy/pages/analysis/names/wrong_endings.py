"""Answers that are given in a way that Python or hyperpy refuses: `raise RedirectResponse(…)`, `return t"…"`."""

import ast
from collections.abc import Iterable
from typing import Final

from starlette.responses import RedirectResponse, Response

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.mistakes.hook_names import LOADERS, is_name_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of

_DATA: Final = (
    *(ast.Dict, ast.DictComp, ast.GeneratorExp, ast.JoinedStr, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple),
    *(ast.BinOp, ast.Compare),
)


def check_raised_responses(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a `raise` of a response, which isn't an exception."""
    for node in parsed.index.of(ast.Raise):
        made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        kind = vocabulary.value(made) if made is not None else None
        if made is not None and isinstance(kind, type) and issubclass(kind, Response):
            name = ast.unparse(made)
            instead = 'redirect("/…")' if issubclass(kind, RedirectResponse) else "HTTPException(403)"
            at_top = parsed.index.owner(node) is None
            way = f"Write `{name}(…)` without `raise`" if at_top else f"Write `return {name}(…)` in the loader"
            what = f"`{name}` is a response, and Python raises only exceptions"
            raise RouteError(what, place=place_of(node, parsed.file), hint=f"{way}, or `raise {instead}`.")


def check_returned_pages(
    parsed: ParsedFile, loaders: Iterable[ast.AsyncFunctionDef], *, guard: bool, has_page: bool
) -> None:
    """Raises RouteError for a loader that returns a t-string."""
    for loader in loaders:
        for node in parsed.index.owned(loader, ast.Return):
            if isinstance(node.value, ast.TemplateStr):
                if guard:
                    hint = 'To refuse the request with a page: return HTMLResponse(html(t"…"), 403).'
                elif has_page:
                    hint = "The page is the t-string outside of functions. Set its variables with `global`."
                    hint += '\nTo answer with another page: return HTMLResponse(html(t"…")).'
                else:
                    hint = "Write the t-string as a statement of its own at the end of the file, outside of functions."
                    hint += f"\nSet its variables in {loader.name}() with `global`."
                what = f"{loader.name}() returns a t-string, which isn't an answer"
                raise RouteError(what, place=place_of(node, parsed.file), hint=hint)


def check_returned_data(parsed: ParsedFile, loaders: Iterable[ast.AsyncFunctionDef]) -> None:
    """Raises RouteError for a loader that visibly returns data, in a file with a page for every method."""
    for loader in loaders:
        for node in parsed.index.owned(loader, ast.Return):
            value = None if loader.decorator_list else _local_value(node.value, loader, parsed)
            is_constant = isinstance(value, ast.Constant) and value.value is not None
            if is_constant or isinstance(value, _DATA):
                name = node.value.id if isinstance(node.value, ast.Name) else "found"
                what = f"{loader.name}() is the loader of this file, and returns data beside the page"
                hint = f"Set the variables of the page instead:\n\n    async def {loader.name}():\n"
                hint += f"        global {name}\n        {name} = {'…' if name != 'found' else ast.unparse(node.value)}"
                if not is_name_of(loader.name, LOADERS):
                    hint += f"\n\nIf it is a helper, call it in the loader: `{name} = await {loader.name}()`."
                raise RouteError(what, place=place_of(node, parsed.file), hint=hint)


def _local_value(value: ast.expr | None, loader: ast.AsyncFunctionDef, parsed: ParsedFile) -> ast.expr | None:
    """The value of a variable that only one statement of a loader binds, or the expression."""
    if not isinstance(value, ast.Name):
        return value
    bound = [binding.node for binding in parsed.index.bindings.get(loader, ()) if binding.name == value.id]
    assigned: list[ast.Assign] = parsed.index.owned(loader, ast.Assign) if len(bound) == 1 else []
    return next((statement.value for statement in assigned if bound[0] in statement.targets), None)
