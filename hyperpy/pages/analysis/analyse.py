"""A route file's source in, its description out. Pure: nothing is imported, executed or read."""

import __future__

import ast
from collections.abc import Iterator, Sequence

from hyperpy.exceptions import Place, RouteError
from hyperpy.pages.analysis.answers import (
    all_under_flags,
    explicit_answers,
    flags_named,
    may_block,
    possible_answers,
)
from hyperpy.pages.analysis.callables import check_functions, find_loader, find_stream, stream_facts
from hyperpy.pages.analysis.declarations import find_declarations
from hyperpy.pages.analysis.definitions import run_once
from hyperpy.pages.analysis.description import Description
from hyperpy.pages.analysis.placement import find_templates, is_template, place_of
from hyperpy.pages.analysis.symbols import Names, names_of
from hyperpy.pages.analysis.undefined import check_names
from hyperpy.pages.analysis.vocabulary import Vocabulary, vocabulary_of


def analyse(
    source: str, file: str, parameters: frozenset[str] = frozenset(), *, any_method: bool = False
) -> Description:
    """Takes a route file apart; `parameters` are the names in its URL.

    `any_method` is for error pages: they answer whatever was asked.
    Raises RouteError with file and line for whatever can't be a route.
    """
    tree = parse(source, file)
    statements = tree.body
    names = {statement: names_of(statement) for statement in statements}
    reads = frozenset().union(*(names[s].reads for s in statements))
    vocabulary = vocabulary_of(tree, _bound_by_statements(statements, names))
    check_functions(tree, vocabulary, file)
    templates = find_templates(tree, file)
    declarations = find_declarations(statements, names, parameters, vocabulary, file)
    once = run_once(statements, names, frozenset(d.name for d in declarations), vocabulary)
    stream = find_stream(statements, names)
    loader = find_loader(statements, names, stream)
    responds = explicit_answers(statements, vocabulary) or any("response" in names[s].rebinds for s in statements)
    if not (templates or stream or responds or possible_answers(statements, loader)):
        raise no_answer(tree, file)
    check_names(tree, templates, names, file)
    each = [s for s in statements if s not in once and not _is_inert(s)]
    before, after = _around_loader(statements, each, loader)
    running = [s for s in each if s is not loader and s is not stream]
    return Description(
        file=file,
        source=source,
        once=tuple(once),
        before=tuple(before),
        after=tuple(after),
        declarations=declarations,
        templates=templates,
        loader=loader.name if loader else "",
        stream=stream_facts(stream, vocabulary) if stream else None,
        methods=_methods(tree, statements, vocabulary, streams=stream is not None or any_method),
        responds=responds,
        blocking=loader is None and may_block(running, _bound(statements, names), vocabulary),
        vocabulary=vocabulary,
        unreferenced=_unreferenced(each, reads),
        future=_future_flags(tree),
    )


def parse(source: str, file: str) -> ast.Module:
    """The syntax tree. Raises RouteError for a syntax error, and for what only a function may hold."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError as error:
        raise _unreadable(error, file) from error
    for node in _module_expressions(tree):
        match node:
            case ast.Yield() | ast.YieldFrom():
                raise RouteError(
                    "`yield` outside a function",
                    place=place_of(node, file),
                    hint='A stream is an async generator:\n\n    async def stream():\n        yield t"<p>…</p>"',
                )
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith() | ast.comprehension(is_async=1):
                raise RouteError(
                    "`await` outside a function",
                    place=_nearest_place(node, file),
                    hint="Await in the loader:\n\n    async def load():\n        global user\n        user = await …",
                )
            case ast.Return():
                raise RouteError(
                    "`return` outside a function",
                    place=place_of(node, file),
                    hint='To answer and stop, make the call by itself: `redirect("/login")`, or set `response = …`.',
                )
    try:  # some errors are the compiler's, not the parser's: `await` in a plain function, a `break` outside of a loop
        compile(tree, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise _unreadable(error, file) from error
    return tree


def _unreadable(error: SyntaxError, file: str) -> RouteError:
    width = (error.end_offset or 0) - (error.offset or 0) if error.end_lineno == error.lineno else 1
    place = Place(file, error.lineno or 0, max((error.offset or 1) - 1, 0), max(width, 1))
    hint = "Write `async def` for the function around it." if "async function" in error.msg else ""
    return RouteError(f"Python can't read this: {error.msg}", place=place, hint=hint)


def _module_expressions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _module_expressions(child)


def _nearest_place(node: ast.AST, file: str) -> Place:
    return place_of(node.target if isinstance(node, ast.comprehension) else node, file)  # type: ignore[arg-type]


def _bound_by_statements(statements: Sequence[ast.stmt], names: dict[ast.stmt, Names]) -> set[str]:
    """Names bound by anything but an import: they no longer mean what an import says."""
    imports = (ast.Import, ast.ImportFrom, ast.Try, ast.If)
    return {name for s in statements if not isinstance(s, imports) for name in names[s].binds | names[s].rebinds}


def _bound(statements: Sequence[ast.stmt], names: dict[ast.stmt, Names]) -> frozenset[str]:
    return frozenset().union(*(names[s].binds | names[s].rebinds for s in statements))


# With these a file may get at any of its names without writing it.
_NAMESPACE_ACCESS = frozenset({"eval", "exec", "globals", "locals", "vars"})


def _unreferenced(statements: Sequence[ast.stmt], reads: frozenset[str]) -> tuple[str, ...]:
    """The functions that no code of the file can get at by their name."""
    if reads & _NAMESPACE_ACCESS:
        return ()
    functions = (s.name for s in statements if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef))
    return tuple(name for name in functions if name not in reads)


def _is_inert(statement: ast.stmt) -> bool:
    """A docstring, another bare literal, `pass`: nothing to run."""
    if isinstance(statement, ast.Pass):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _around_loader(
    statements: Sequence[ast.stmt], each: Sequence[ast.stmt], loader: ast.AsyncFunctionDef | None
) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Splits the statements of a request where the loader is awaited: after the definitions that follow it."""
    if loader is None:
        return list(each), []
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.TypeAlias)
    start = statements.index(loader) + 1
    while start < len(statements):
        following = statements[start]
        declaration = isinstance(following, ast.AnnAssign) and following.value is None
        if not (declaration or isinstance(following, definitions) or _is_inert(following)):
            break
        start += 1
    head = set(statements[:start])
    return [s for s in each if s in head], [s for s in each if s not in head]


def _methods(
    tree: ast.Module, statements: Sequence[ast.stmt], vocabulary: Vocabulary, *, streams: bool
) -> frozenset[str]:
    flags = flags_named(tree, vocabulary)
    only_flags = (
        flags and not streams and all_under_flags(statements, vocabulary) and _answers_at_all(statements, vocabulary)
    )
    methods = flags if only_flags else flags | {"GET"}
    return methods | {"HEAD"} if "GET" in methods else methods


def _answers_at_all(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> bool:
    has_template = any(is_template(node) for s in statements for node in ast.walk(s) if isinstance(node, ast.stmt))
    return has_template or explicit_answers(statements, vocabulary)


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def no_answer(tree: ast.Module, file: str) -> RouteError:
    """The error for a file that can answer nothing, with the likeliest reason."""
    for statement in tree.body[1:] or tree.body:
        value = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(value, ast.JoinedStr):
            return RouteError("this is an f-string, not a template", place=place_of(value, file), hint='Write t"…".')
        if isinstance(value, ast.BinOp) and any(isinstance(n, ast.TemplateStr) for n in ast.walk(value)):
            hint = 'Write one literal; adjacent t-strings join by themselves: t"…" t"…".'
            return RouteError("a sum of t-strings is not a template", place=place_of(value, file), hint=hint)
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.lstrip().startswith("<"):
            hint = 'Put a `t` in front of the quotes: t"""…""".'
            return RouteError("this string is not a template", place=place_of(value, file), hint=hint)
    return RouteError(
        "this file gives no answer",
        place=Place(file, 1),
        hint=(
            "A route file holds one of these:\n\n"
            '    t"<h1>Hello</h1>"                 the page\n'
            "    async def stream(): yield …       a stream\n"
            "    response = JSONResponse(…)        any other response\n\n"
            "A file that is no route has a name that begins with `_`."
        ),
    )
