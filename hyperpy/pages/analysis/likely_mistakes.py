"""Functions and inputs that work, but probably not as intended."""

import ast
import difflib
from collections.abc import Collection, Iterator
from typing import Final

from hyperpy.pages.analysis.file_index import FileIndex, with_defaults
from hyperpy.pages.analysis.mistakes.hook_names import LOADERS, STREAMS, is_name_of
from hyperpy.pages.analysis.names.builtin_names import builtins_now
from hyperpy.pages.analysis.names.forgotten_global import local_names
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.template_mistakes import strings_of_html
from hyperpy.pages.facts import Declaration, LoadWarning, place_of


def likely_mistakes(
    parsed: ParsedFile,
    loaders: Collection[ast.AsyncFunctionDef],
    streams: Collection[ast.AsyncFunctionDef],
    declarations: Collection[Declaration],
    parameters: frozenset[str],
) -> Iterator[LoadWarning]:
    """Warnings about a file's functions and inputs."""
    for function in (*loaders, *streams):
        yield from _local_results(function, parsed)
        yield from _constant_parameters(function, parsed, parameters)
    for function in loaders:
        yield from _stream_without_yield(function, parsed)
    for function in streams:
        yield from _loader_with_yield(function, parsed)
        yield from _yielded_html(function, parsed)
    yield from _unused_parameters(parsed, declarations, parameters)
    yield from _builtins_as_parameters(parsed, declarations, parameters)
    yield from _defaults_of_other_types(parsed, declarations)
    yield from _always_text(parsed, declarations)


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


def _constant_parameters(
    function: ast.AsyncFunctionDef, parsed: ParsedFile, parameters: frozenset[str]
) -> Iterator[LoadWarning]:
    """`async def load(page: int = 1)`: hyperpy passes nothing. A decorator or other code of the file may."""
    if function.decorator_list or function.name in parsed.reads:
        return
    for parameter, default in with_defaults(function.args):
        if not isinstance(default, ast.Constant):
            continue  # something of the site's own, which the function takes along
        name, value = parameter.arg, ast.unparse(default)
        what = f"{function.name}() is called without arguments, so `{name}` is always {value}"
        kind = ast.unparse(parameter.annotation) if parameter.annotation else _kind_of(default)
        if name == "request" or kind.rpartition(".")[2].partition(" ")[0] in {"Request", "Response"}:
            declared = f"{name}: {kind.partition(' ')[0] if parameter.annotation else 'Request'}"
        else:
            declared = f"{name}: {kind}" if name in parameters else f"{name}: {kind} = Query({value})"
        hint = f"To take it from the request, remove it here, and write at the top of the file: `{declared}`."
        yield LoadWarning(what, place_of(parameter, parsed.file), hint)


def _kind_of(default: ast.Constant) -> str:
    return "str | None" if default.value is None else type(default.value).__name__


def _stores(index: FileIndex) -> Iterator[ast.Name]:
    """The names that assignments at module level set."""
    for node in index.owned(None, ast.Assign, ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = (name for target in targets for name in index.of(ast.Name, inside=target))
        yield from (name for name in names if isinstance(name.ctx, ast.Store))


def _loader_with_yield(function: ast.AsyncFunctionDef, parsed: ParsedFile) -> Iterator[LoadWarning]:
    yields = parsed.index.owned(function, ast.Yield, ast.YieldFrom)
    yields_nothing = all(isinstance(node, ast.Yield) and node.value is None for node in yields)
    is_named = is_name_of(function.name, LOADERS)
    if is_named or (yields_nothing and parsed.index.owned(function, ast.Global)):
        what = f"the `yield` makes {function.name}() the stream of this file, not its loader"
        hint = "A loader has no `yield`: it sets names of the file with `global`."
        if is_named:
            hint += " A stream is better called `stream`."
        yield LoadWarning(what, place_of(yields[0], parsed.file), hint)


def _stream_without_yield(function: ast.AsyncFunctionDef, parsed: ParsedFile) -> Iterator[LoadWarning]:
    if is_name_of(function.name, STREAMS):
        what = f"{function.name}() has no `yield`, so it is the loader of this file, not its stream"
        hint = "Write `yield` in front of each event. A loader is better called `load`."
        yield LoadWarning(what, place_of(function, parsed.file), hint)


def _yielded_html(function: ast.AsyncFunctionDef, parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Strings that a stream yields as HTML, alone or as the content of a named event."""
    for node in parsed.index.owned(function, ast.Yield):
        match node.value:
            case ast.Tuple(elts=[_, content]):
                yield from strings_of_html(content, parsed.file)
            case ast.JoinedStr() | ast.Constant() as content:
                yield from strings_of_html(content, parsed.file)


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


_TYPES: Final = {"bool": (bool,), "float": (float, int), "int": (int,), "str": (str,)}


def _defaults_of_other_types(parsed: ParsedFile, declarations: Collection[Declaration]) -> Iterator[LoadWarning]:
    """`page: int = Query("abc")`: a default is not converted."""
    for declared in declarations:
        match declared.annotation, declared.default:
            case ast.Name(id=kind), ast.Constant(value=value) if kind in _TYPES and kind not in parsed.bound:
                if value is not None and value is not ... and type(value) not in _TYPES[kind]:
                    given = f"the {type(value).__name__} {value!r}"
                    what = f"the default of `{declared.name}` is {given}, but its type is {kind}"
                    hint = f"A default is used as it is. Write one of the type `{kind}`, or another type."
                    yield LoadWarning(what, place_of(declared.default, parsed.file), hint)


def _builtins_as_parameters(
    parsed: ParsedFile, declarations: Collection[Declaration], parameters: frozenset[str]
) -> Iterator[LoadWarning]:
    """Reads of `id` in `{id}.py` without `id: int`: they find Python's function. A call is meant to."""
    unset = parameters & builtins_now().names - parsed.bound - {declaration.name for declaration in declarations}
    for name in sorted(unset):
        uses = [use.node for names in parsed.names.values() for use in names.uses if use.node.id == name]
        for node in uses:
            parent = parsed.index.parent(node)
            if not (isinstance(parent, ast.Call) and parent.func is node):
                what = f"`{name}` is Python's builtin here, not the `{{{name}}}` of the URL"
                hint = f"Declare it at the top of the file: `{name}: {'int' if name == 'id' else 'str'}`."
                yield LoadWarning(what, place_of(node, parsed.file), hint)
                break


_FROM_TEXT: Final = frozenset({"Decimal", "UUID", "bool", "date", "datetime", "float", "int", "time", "timedelta"})


def _always_text(parsed: ParsedFile, declarations: Collection[Declaration]) -> Iterator[LoadWarning]:
    """`x: int | str`: a request sends text, which is a str already. In the body, JSON has numbers as well."""
    for declared in declarations:
        marker = declared.marker or declared.annotation
        names = {part.rpartition(".")[2] for part in map(str.strip, ast.unparse(declared.annotation).split("|"))}
        others = sorted(names & _FROM_TEXT)
        if "str" in names - parsed.bound and others and "Body" not in ast.unparse(marker):
            what = f"`{declared.name}` is always a str: every text of a request is one, so it never becomes {others[0]}"
            hint = f"Write `{others[0]}`, which refuses other texts, or `str`, and convert it in the file."
            yield LoadWarning(what, place_of(declared.node, parsed.file), hint)
