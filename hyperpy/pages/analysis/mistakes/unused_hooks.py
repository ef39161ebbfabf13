"""Functions with the names of hooks, such as `def load()` or `def post()`, that nothing runs."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from hyperpy.pages.analysis.file_index import Function
from hyperpy.pages.analysis.mistakes.hook_names import LOADERS, STREAMS, plain_name
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of

_WRITING: Final = frozenset({"delete", "patch", "post", "put"})
_METHODS: Final = _WRITING | {"get", "head", "options"}
_REFUSING: Final = frozenset({"HTTPException", "redirect"})

_AT_TOP: Final = (
    "the statements of a route file run for each request",
    "Write its statements at the top level, and the page as a t-string that stands alone.",
)
_ON_SUBMIT: Final = (
    "a submitted form is handled under `if POST:`",
    "Import POST from hyperpy, and write its statements under `if POST:`.",
)
_GUARDS: Final = ("a guard is a file, `_guard.py`", "Move its statements to `_guard.py`, or call it at the top level.")
_STARTS: Final = ("a route file runs nothing at the start of the server", "Use the lifespan: Hyper(lifespan=…).")
_STREAMS: Final = ("a stream is an `async def` with `yield`", "Write `async def {name}():`, and `yield` each event.")
_LOADS: Final = ("a loader is an `async def`", "Write `async def {name}():`, or call it where its result is needed.")
_HIDDEN: Final = (
    "with `_`, it is a helper",
    "Write `async def {public}():`, which runs before the page, or call it where its result is needed.",
)

_VIEWS: Final = ("view", "page", "index", "handler", "handle", "handlerequest", "render", "dispatch", "response")
# By the names, in lower case and without `_`, that other frameworks and newcomers give them.
_HOOKS: Final[Mapping[str, tuple[str, str]]] = {
    name: said
    for names, said in (
        (LOADERS, _LOADS),
        (STREAMS | {"events"}, _STREAMS),
        ((*_VIEWS, "main", "get"), _AT_TOP),
        (["action", "actions", "submit", "onsubmit", "handlesubmit", "handleform", "handlepost"], _ON_SUBMIT),
        (["guard", "beforerequest", "requirelogin", "checkauth", "middleware"], _GUARDS),
        (["startup", "shutdown", "onstartup", "onshutdown", "lifespan"], _STARTS),
    )
    for name in names
}


def unused_hooks(
    parsed: ParsedFile, loader: Function | None, mentioned: frozenset[str], vocabulary: Vocabulary, *, guard: bool
) -> Iterator[LoadWarning]:
    """Warnings about functions that look as if hyperpy ran them. `mentioned` are names that code looks up as strings.

    In a guard, functions that refuse requests count as well. `loader` is that of all methods.
    """
    used = mentioned | parsed.reads
    for node in parsed.index.owned(None, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        if node.decorator_list or node.name in used or node is loader:
            continue
        if isinstance(node, ast.ClassDef):
            yield from _class_of_methods(node, parsed)
        elif said := _said(node, parsed, vocabulary, guard=guard):
            what, hint = said
            hint = hint.format(name=node.name, public=node.name.lstrip("_"))
            yield LoadWarning(f"nothing calls {node.name}(): {what}", place_of(node, parsed.file), hint)
    if loader is not None and (method := loader.name.upper()).lower() in _WRITING:
        what = f"{loader.name}() is the loader of this file: it runs for each request, GET as well"
        hint = f"Write it under its method:\n\n    if {method}:\n        async def {loader.name}():"
        yield LoadWarning(what, place_of(loader, parsed.file), hint)


def _said(node: Function, parsed: ParsedFile, vocabulary: Vocabulary, *, guard: bool) -> tuple[str, str] | None:
    """What a function is in place of a hook, and what to write; None if it may be anything."""
    sets = bool(parsed.index.owned(node, ast.Global))
    calls = parsed.index.owned(node, ast.Call) if guard else ()
    refuses = any(vocabulary.public_name(call.func) in _REFUSING for call in calls)
    if isinstance(node, ast.AsyncFunctionDef):
        return _HIDDEN if node.name.startswith("_") and (sets or refuses) else None
    name = plain_name(node.name)
    if name in _WRITING:
        what = f"a route file handles {name.upper()} under `if {name.upper()}:`"
        return what, f"Import {name.upper()} from hyperpy, and write its statements under `if {name.upper()}:`."
    if not node.name.startswith("_") and name in _HOOKS:
        return _HOOKS[name]
    if refuses:
        return "so it refuses no request", "Call it at the top level: `{name}()`."
    return _LOADS if sets and not node.name.startswith("_") else None


def _class_of_methods(node: ast.ClassDef, parsed: ParsedFile) -> Iterator[LoadWarning]:
    """A warning about a class-based view."""
    functions = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    for function in functions:
        if function.name in _METHODS and function.args.args:
            what = f"nothing calls {node.name}.{function.name}(): {_AT_TOP[0]}"
            hint = f"{_AT_TOP[1]} Those for POST stand under `if POST:`."
            yield LoadWarning(what, place_of(function, parsed.file), hint)
            return
