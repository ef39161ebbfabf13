"""Functions and inputs that work, but probably not as intended."""

import ast
import difflib
from collections.abc import Collection, Iterator

from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.names.forgotten_global import local_names
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.facts import Declaration, LoadWarning, place_of


def likely_mistakes(
    parsed: ParsedFile,
    loaders: Collection[ast.AsyncFunctionDef],
    streams: Collection[ast.AsyncFunctionDef],
    declarations: Collection[Declaration],
    parameters: frozenset[str],
    mentioned: frozenset[str],
) -> Iterator[LoadWarning]:
    """Warnings about a file's functions and inputs. `mentioned` are names that code looks up as strings."""
    for function in (*loaders, *streams):
        yield from _local_results(function, parsed)
    for function in streams:
        yield from _loader_with_yield(function, parsed)
    yield from _plain_loaders(parsed, mentioned)
    yield from _unused_parameters(parsed, declarations, parameters)


def _local_results(function: ast.AsyncFunctionDef, parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Local variables of a loader or stream that hide a variable of the file which other code reads."""
    index = parsed.index
    others = [names.reads for statement, names in parsed.names.items() if not index.contains(statement, function)]
    read = frozenset().union(*others)
    assigned = {name.id: name for name in _stores(index)}
    for owner, name, node in local_names(index):
        if owner is function and name in assigned and name in read and not name.startswith("_"):
            line = assigned[name].lineno
            what = f"{function.name}() sets a local variable `{name}`, not the `{name}` of line {line}"
            hint = (
                f"Write\n\n    async def {function.name}():\n        global {name}\n\n"
                f"If it is meant to be a variable of {function.name}() alone, give it another name."
            )
            yield LoadWarning(what, place_of(node, parsed.file), hint)


def _stores(index: FileIndex) -> Iterator[ast.Name]:
    """The names that assignments at module level set."""
    for node in index.owned(None, ast.Assign, ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = (name for target in targets for name in index.of(ast.Name, inside=target))
        yield from (name for name in names if isinstance(name.ctx, ast.Store))


def _loader_with_yield(function: ast.AsyncFunctionDef, parsed: ParsedFile) -> Iterator[LoadWarning]:
    yields = parsed.index.owned(function, ast.Yield, ast.YieldFrom)
    if parsed.index.owned(function, ast.Global) and all(
        isinstance(node, ast.Yield) and node.value is None for node in yields
    ):
        what = f"the `yield` makes {function.name}() the stream of this file, not its loader"
        yield LoadWarning(what, place_of(yields[0], parsed.file), "A loader has no `yield`: remove it.")


def _plain_loaders(parsed: ParsedFile, mentioned: frozenset[str]) -> Iterator[LoadWarning]:
    """Functions without `async` that set variables of the file, and that nothing calls."""
    used = mentioned | parsed.reads
    for node in parsed.index.owned(None, ast.FunctionDef):
        if node.decorator_list or node.name.startswith("_") or node.name in used:
            continue
        if parsed.index.owned(node, ast.Global):
            what = f"nothing calls {node.name}(): a loader is an `async def`"
            hint = f"Write `async def {node.name}():`, or call it where its result is needed."
            yield LoadWarning(what, place_of(node, parsed.file), hint)


def _unused_parameters(
    parsed: ParsedFile, declarations: Collection[Declaration], parameters: frozenset[str]
) -> Iterator[LoadWarning]:
    """Inputs from the query that are named much like a part of the path which the file doesn't use."""
    unused = sorted(parameters - {name.id for name in parsed.index.of(ast.Name)})
    for declaration in declarations:
        name = declaration.name
        if name in parameters or declaration.marked or declaration.has_default:
            continue
        words = [part for part in unused if part in name.split("_") or name in part.split("_")]
        if near := words or difflib.get_close_matches(name, unused, n=1):
            what = f"`{name}` is taken from the query, and nothing uses `{near[0]}` from the path"
            annotation = ast.unparse(declaration.annotation)
            hint = f"Give both the same name. For a query parameter, write `{name}: {annotation} = Query()`."
            yield LoadWarning(what, place_of(declaration.node, parsed.file), hint)
