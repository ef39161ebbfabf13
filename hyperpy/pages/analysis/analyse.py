"""A parsed route file and the meaning of its names → its `Description`."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from hyperpy.exceptions import Place, RouteError
from hyperpy.pages.analysis.callables import (
    StreamFacts,
    check_bare_renders,
    check_functions,
    find_loader,
    find_stream,
    stream_facts,
)
from hyperpy.pages.analysis.declarations import Declaration, find_declarations
from hyperpy.pages.analysis.definitions import run_once, with_aliases
from hyperpy.pages.analysis.explicit_answers import (
    all_under_flags,
    explicit_answers,
    flags_named,
    may_block,
    possible_answers,
)
from hyperpy.pages.analysis.page_methods import answer_line, page_methods
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import check_guard, find_templates, place_of
from hyperpy.pages.analysis.settings import SettingsStatement, check_constant, find_settings
from hyperpy.pages.analysis.undefined import check_names
from hyperpy.pages.analysis.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Description:
    """A route file, split. `before` and `after` are the statements of a request before and after the loader."""

    file: str
    source: str
    once: tuple[ast.stmt, ...]
    before: tuple[ast.stmt, ...]
    after: tuple[ast.stmt, ...]
    declarations: tuple[Declaration, ...]
    templates: tuple[ast.TemplateStr, ...]
    loader: str
    answer_line: int
    """Where the loader gives its answer, for errors."""
    stream: StreamFacts | None
    methods: frozenset[str]
    """The methods that the route answers; HEAD comes with GET."""
    page_methods: frozenset[str]
    """The methods for which it has a template."""
    responds: bool
    """Whether it can have an explicit answer."""
    blocking: bool
    """Whether its body or page may block the event loop."""
    vocabulary: Vocabulary
    """The meaning of the file's names."""
    markers: frozenset[str]
    """How its t-strings write `fragment`."""
    unreferenced: tuple[str, ...]
    """Functions made for each request that no code of the file refers to, such as the loader and the stream."""
    settings: SettingsStatement
    """Its `route(…)`."""
    future: int
    """Compiler flags of its `from __future__` imports."""


def analyse(
    parsed: ParsedFile,
    vocabulary: Vocabulary,
    done: frozenset[ast.stmt] = frozenset(),
    parameters: frozenset[str] = frozenset(),
    *,
    any_method: bool = False,
    guard: bool = False,
) -> Description:
    """Splits a route file. `done` are statements that have run already, and `parameters` the names in its URL.

    `any_method` is for error pages, which answer every method. A `guard` needs no answer, and has no page.
    Raises RouteError with file and line if the file can't be a route.
    """
    tree, file, statements = parsed.tree, parsed.file, parsed.tree.body
    vocabulary = with_aliases(vocabulary, parsed)
    reads = frozenset().union(*(names.reads for names in parsed.names.values()))
    bound = parsed.bound | vocabulary.objects.keys()
    check_functions(tree, vocabulary, file)
    settings = find_settings(parsed, vocabulary, allowed=not (guard or any_method))
    templates = find_templates(tree, file)
    declarations = find_declarations(statements, bound, parameters, vocabulary, file)
    once = run_once(parsed, frozenset(d.name for d in declarations), vocabulary, done)
    stream = find_stream(parsed)
    loader = find_loader(parsed, stream)
    check_constant(settings, frozenset().union(*(parsed.names[s].binds for s in once)), file)
    check_bare_renders(tree, loader, vocabulary, file)
    explicit = explicit_answers(statements, vocabulary)
    responds = explicit or any("response" in names.rebinds for names in parsed.names.values())
    if guard:
        check_guard(templates, stream, file)
    elif not (templates or stream or responds or possible_answers(settings.without(tree), loader)):
        raise no_answer(tree, file)
    check_names(parsed, templates, vocabulary, done)
    each = [s for s in statements if s not in once and not _is_inert(s) and s is not settings.statement]
    before, after = _around_loader(statements, each, loader)
    running = [s for s in each if s is not loader and s is not stream]
    return Description(
        file=file,
        source=parsed.source,
        once=tuple(s for s in statements if s in once - done),
        before=tuple(before),
        after=tuple(after),
        declarations=declarations,
        templates=templates,
        loader=loader.name if loader else "",
        answer_line=answer_line(loader),
        stream=stream_facts(stream, vocabulary) if stream else None,
        methods=_methods(tree, vocabulary, has_others=bool(stream or any_method or not (templates or explicit))),
        page_methods=page_methods(statements, vocabulary),
        responds=responds,
        blocking=loader is None and may_block(running, bound, vocabulary),
        vocabulary=vocabulary,
        markers=vocabulary.spellings(tree, "fragment"),
        unreferenced=_unreferenced(each, reads),
        settings=settings,
        future=parsed.future,
    )


# Through these, code can reach any name of the file without writing it.
_NAMESPACE_ACCESS = frozenset({"eval", "exec", "globals", "locals", "vars"})


def _unreferenced(statements: Sequence[ast.stmt], reads: frozenset[str]) -> tuple[str, ...]:
    """The functions that no code of the file can reach by name."""
    if reads & _NAMESPACE_ACCESS:
        return ()
    functions = (s.name for s in statements if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef))
    return tuple(name for name in functions if name not in reads)


def _is_inert(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a docstring, another bare literal, `pass`."""
    is_literal = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_literal or isinstance(statement, ast.Pass)


def _around_loader(
    statements: Sequence[ast.stmt], each: Sequence[ast.stmt], loader: ast.AsyncFunctionDef | None
) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Splits the statements of a request at the loader, which is awaited after the definitions that follow it."""
    if loader is None:
        return list(each), []
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.TypeAlias)
    head = set(statements[: statements.index(loader) + 1])
    for following in statements[len(head) :]:
        declaration = isinstance(following, ast.AnnAssign) and following.value is None
        if not (declaration or isinstance(following, definitions) or _is_inert(following)):
            break
        head.add(following)
    return [s for s in each if s in head], [s for s in each if s not in head]


def _methods(tree: ast.Module, vocabulary: Vocabulary, *, has_others: bool) -> frozenset[str]:
    """The methods to answer; `has_others` if some answers are not the templates and calls that are under flags."""
    methods = flags_named(tree, vocabulary)
    if has_others or not methods or not all_under_flags(tree.body, vocabulary):
        methods |= {"GET"}
    return methods | {"HEAD"} if "GET" in methods else methods


def no_answer(tree: ast.Module, file: str) -> RouteError:
    """The error for a file without an answer, with the most likely reason."""
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
        "this file has no answer",
        place=Place(file, 1),
        hint=(
            "A route file holds one of these:\n\n"
            '    t"<h1>Hello</h1>"                 the page\n'
            "    async def stream(): yield …       a stream\n"
            "    response = JSONResponse(…)        any other response\n\n"
            "If this file isn't a route, start its name with `_`."
        ),
    )
