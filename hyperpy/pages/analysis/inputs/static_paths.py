"""Checks `static_paths`, the values of the parameters for which `hyper build` renders a page."""

import ast
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import parameters
from hyperpy.pages.analysis.inputs.static_paths_statement import STATIC_PATHS
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.walk import Walk
from hyperpy.pages.facts import place_of

_EXAMPLE: Final = 'static_paths = [{"slug": "first"}, {"slug": "second"}]'


def check_static_paths(
    parsed: ParsedFile, url: frozenset[str], settled: frozenset[str], inputs: frozenset[str], *, may_lack: bool
) -> int:
    """The line of the file's `static_paths`; 0 if it has none.

    `url` are the parameters of its URL, `settled` the names that definitions, imports and builtins set, and `inputs`
    those that requests set. Unless other names `may_lack` a visible source, nothing else can be read. Raises RouteError
    for a statement that `hyper build` could not use.
    """
    for node in parsed.index.of(ast.Name):
        if node.id == STATIC_PATHS and not parsed.index.owner(node):
            hint = f"It is for `hyper build`, and stands at the top level of the file, once: {_EXAMPLE}"
            raise RouteError("`static_paths` can't be used here", place=place_of(node, parsed.file), hint=hint)
    imported = (binding.node for binding in parsed.index.bindings[None] if binding.name == STATIC_PATHS)
    found = parsed.static_paths or next(imported, None)
    if found is None:
        return 0
    place = place_of(found, parsed.file)
    if not url:
        hint = "Remove it, or give the file's name a parameter, as in `{slug}.py`."
        raise RouteError("`static_paths` has no effect: the URL has no parameters", place=place, hint=hint)
    if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) and _needs_arguments(found):
        hint = "`hyper build` calls it without any. Read the names of the file instead."
        raise RouteError("`static_paths` can't take arguments", place=place, hint=hint)
    uses = Walk(ast.Module([found], [])).names[found].uses if isinstance(found, ast.stmt) else ()
    for use in uses:
        name = use.node.id
        if name in settled or name == STATIC_PATHS:
            continue
        if name in parsed.bound | inputs:
            what = f"`static_paths` reads `{name}`, which each request sets for itself"
            hint = f"`hyper build` has no request then. Make `{name}` in a function, and call that in both places."
            raise RouteError(what, place=place_of(use.node, parsed.file), hint=hint)
        if not may_lack:
            what = f"`static_paths` reads `{name}`, which nothing in this file sets"
            raise RouteError(what, place=place_of(use.node, parsed.file), hint="Import or define it.")
    return found.lineno


def _needs_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = function.args
    given = len(arguments.defaults) + sum(default is not None for default in arguments.kw_defaults)
    starred = sum(argument is not None for argument in (arguments.vararg, arguments.kwarg))
    return len(parameters(function)) > given + starred
