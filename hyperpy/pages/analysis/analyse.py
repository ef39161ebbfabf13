"""A parsed route file and the meaning of its names → its `Description`."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hyperpy.exceptions import Place, RouteError
from hyperpy.pages.analysis.callables import check_bare_renders, check_functions, stream_facts
from hyperpy.pages.analysis.definitions import run_once, with_aliases
from hyperpy.pages.analysis.explicit_answers import (
    all_under_flags,
    answer_line,
    explicit_answers,
    loader_under_flags,
    possible_answers,
    returns_data,
    unknown_answers,
)
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.file_index import parameters as parameters_of
from hyperpy.pages.analysis.inputs.cached_functions import check_cached_functions, check_cached_reads
from hyperpy.pages.analysis.inputs.called_markers import check_called_markers
from hyperpy.pages.analysis.inputs.declarations import find_declarations, with_bare_dependencies, without_loaded
from hyperpy.pages.analysis.inputs.earlier_bindings import check_earlier_bindings
from hyperpy.pages.analysis.inputs.misplaced_inputs import check_misread_markers
from hyperpy.pages.analysis.inputs.misplaced_markers import check_marker_places
from hyperpy.pages.analysis.inputs.quick_calls import may_block, quick_objects
from hyperpy.pages.analysis.inputs.static_paths import check_static_paths
from hyperpy.pages.analysis.inputs.unencoded_inputs import unencoded_inputs
from hyperpy.pages.analysis.likely_mistakes import likely_mistakes
from hyperpy.pages.analysis.methods.candidates import Chosen, choose_functions
from hyperpy.pages.analysis.methods.function_uses import possibly_named
from hyperpy.pages.analysis.methods.loop_calls import check_loop_calls
from hyperpy.pages.analysis.methods.lost_calls import check_lost_calls
from hyperpy.pages.analysis.methods.method_conditions import flags_in
from hyperpy.pages.analysis.methods.missing_calls import check_exits, check_missing_calls
from hyperpy.pages.analysis.methods.page_methods import page_methods
from hyperpy.pages.analysis.methods.request_methods import check_methods
from hyperpy.pages.analysis.methods.splitting import around_loader
from hyperpy.pages.analysis.mistakes.blocking_calls import blocking_calls
from hyperpy.pages.analysis.mistakes.clients_in_functions import clients_in_functions
from hyperpy.pages.analysis.mistakes.constant_controls import constant_controls, queries_of_forms
from hyperpy.pages.analysis.mistakes.end_tags import end_tags
from hyperpy.pages.analysis.mistakes.foreign_markup import foreign_markup
from hyperpy.pages.analysis.mistakes.foreign_uses import foreign_uses
from hyperpy.pages.analysis.mistakes.forgotten_templates import check_forgotten_templates, forgotten_template
from hyperpy.pages.analysis.mistakes.forms_without_method import forms_without_method
from hyperpy.pages.analysis.mistakes.missing_fragments import missing_fragments
from hyperpy.pages.analysis.mistakes.printed_html import printed_html
from hyperpy.pages.analysis.mistakes.route_decorators import (
    check_route_decorators,
    route_decorators,
    useless_decorator,
)
from hyperpy.pages.analysis.mistakes.unknown_keywords import unknown_keywords
from hyperpy.pages.analysis.mistakes.unused_hooks import unused_hooks
from hyperpy.pages.analysis.mistakes.values.encoded_values import encoded_values
from hyperpy.pages.analysis.mistakes.values.hand_made_events import hand_made_events
from hyperpy.pages.analysis.mistakes.values.lost_changes import lost_changes
from hyperpy.pages.analysis.names.bare_inputs import check_bare_inputs, is_typed
from hyperpy.pages.analysis.names.builtin_names import builtins_now
from hyperpy.pages.analysis.names.forgotten_global import check_forgotten_globals
from hyperpy.pages.analysis.names.lost_html import LostHTML
from hyperpy.pages.analysis.names.lost_responses import check_lost_responses
from hyperpy.pages.analysis.names.namespace_access import namespace_access
from hyperpy.pages.analysis.names.undefined import check_names
from hyperpy.pages.analysis.names.unset import check_order
from hyperpy.pages.analysis.names.wrong_endings import check_raised_responses, check_returned_data, check_returned_pages
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import check_guard, does_nothing, find_templates
from hyperpy.pages.analysis.request_reads import check_awaited
from hyperpy.pages.analysis.route_calls import SettingsStatement, check_constant, find_settings
from hyperpy.pages.analysis.shared_objects import request_names, shared_objects
from hyperpy.pages.analysis.template_mistakes import template_mistakes
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS, Declaration, LoadWarning, StreamFacts, is_inert, place_of
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class Description:
    """A route file, split. `before` and `after` are the statements of a request before and after the loader."""

    file: str
    source: str
    done: frozenset[ast.stmt]
    """The definitions that have run already."""
    once: tuple[ast.stmt, ...]
    before: tuple[ast.stmt, ...]
    after: tuple[ast.stmt, ...]
    declarations: tuple[Declaration, ...]
    templates: tuple[ast.TemplateStr, ...]
    loader: str
    answer_line: int
    """Where the loader gives its answer, for errors."""
    stream: StreamFacts | None
    has_page: bool
    """Whether a request can reach one of the templates."""
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
    by_method: Mapping[str, Description]
    """The same for the methods whose loader or stream stands under a flag."""
    index: FileIndex
    unreferenced: tuple[str, ...]
    """Functions made for each request that no code of the file refers to, such as the loader and the stream."""
    warnings: tuple[LoadWarning, ...]
    """Code that works, but probably not as intended."""
    settings: SettingsStatement
    """Its `route(…)`."""
    future: int
    """Compiler flags of its `from __future__` imports."""
    static_paths: int
    """The line of its `static_paths`; 0 if it has none."""


def analyse(
    parsed: ParsedFile,
    vocabulary: Vocabulary,
    done: frozenset[ast.stmt] = frozenset(),
    parameters: frozenset[str] = frozenset(),
    *,
    starred: frozenset[str] | None = frozenset(),
    any_method: bool = False,
    guard: bool = False,
) -> Description:
    """Splits a route file. `done` are statements that have run already, and `parameters` the names in its URL.

    `starred` are the names that star imports will set when they run, or None if these names can't be known.
    `any_method` is for error pages, which answer every method. A `guard` needs no answer, and has no page.
    Raises RouteError with file and line if the file can't be a route.
    """
    vocabulary = with_aliases(vocabulary, parsed)
    parsed = with_bare_dependencies(without_loaded(parsed, vocabulary), vocabulary)
    check_marker_places(parsed, vocabulary)
    check_misread_markers(parsed, vocabulary.objects)
    tree, index, file, statements = parsed.tree, parsed.index, parsed.file, parsed.tree.body
    access = namespace_access(parsed, vocabulary)
    imported = access.sets.union(vocabulary.objects, starred or ())
    bound = parsed.assigned | imported | builtins_now().added
    check_functions(parsed, vocabulary)
    check_cached_functions(parsed, vocabulary)
    check_awaited(index, vocabulary, file)
    check_lost_calls(parsed, vocabulary)
    check_missing_calls(parsed, vocabulary)
    check_exits(parsed, vocabulary)
    check_called_markers(parsed, vocabulary)
    check_route_decorators(parsed, vocabulary, None if starred is None or access.unknown else bound | access.mentions)
    settings = find_settings(parsed, vocabulary, allowed=not (guard or any_method))
    templates = find_templates(tree, index, file)
    if not guard:
        check_forgotten_templates(parsed)
    check_forgotten_globals(parsed)
    check_lost_responses(parsed, vocabulary, in_route=True)
    check_raised_responses(parsed, vocabulary)
    declarations = find_declarations(statements, bound, parameters, vocabulary, file, parsed.loaded)
    check_bare_inputs(declarations, parameters, parsed, access, vocabulary, stars_known=starred is not None)
    check_earlier_bindings(declarations, parsed)
    inputs = frozenset(declaration.name for declaration in declarations)
    once = run_once(parsed, inputs, vocabulary, done)
    check_constant(settings, frozenset().union(*(parsed.names[s].binds for s in once)), file)
    variables = request_names(parsed, once, inputs)
    check_cached_reads(parsed, variables, vocabulary)
    named = parsed.bound if access.looks_up_any else frozenset[str]()
    perhaps = possibly_named(index) if access.looks_up_any else frozenset[str]()
    settled = frozenset().union(imported, builtins_now().everywhere, *(parsed.names[s].binds for s in once))
    may_lack = starred is None or access.unknown is not None
    static_paths = check_static_paths(parsed, parameters, settled, inputs, may_lack=may_lack)
    elsewhere = access.sets | access.looked_up | _helpers_of_build(parsed)
    usual, by_method = choose_functions(parsed, vocabulary, elsewhere, perhaps)
    chosen = [usual, *by_method.values()]
    loaders = [functions.loader.function for functions in chosen if functions.loader]
    streams = [functions.stream.function for functions in chosen if functions.stream]
    every = usual.loader.function if usual.loader else None
    per_request = [s for s in statements if s not in once]
    if bool(every) == bool(loaders):
        check_loop_calls(parsed, per_request, vocabulary, has_loader=every is not None)
    check_bare_renders(parsed, loaders, vocabulary)
    check_returned_pages(parsed, loaders, guard=guard, has_page=bool(templates))
    html = LostHTML(parsed, vocabulary)
    methods_with_page = page_methods(statements, vocabulary)
    explicit = explicit_answers(statements, index, vocabulary)
    responds = explicit or "response" in parsed.rebound
    if guard:
        acts = loaders or any(not is_typed(declaration, vocabulary) for declaration in declarations)
        acts = acts or any(not does_nothing(s) for s in statements if s not in once) or all(map(is_inert, statements))
        check_guard(templates, streams, file, acts=bool(acts))
    elif not (
        templates or streams or responds or possible_answers(parsed, settings.statement, loaders, vocabulary, html)
    ):
        forgotten = forgotten_template(parsed) or html.error()
        if forgotten or not unknown_answers(loaders, index):
            raise forgotten or useless_decorator(parsed) or no_answer(file, tree, index)
    if starred is not None and access.unknown is None:
        check_names(parsed, imported | access.mentions, vocabulary, parameters)
        order = around_loader(statements, usual.loader)
        check_order(parsed, access.sets | access.mentions | inputs | builtins_now().everywhere, *order, every, streams)
    if methods_with_page == FLAGS:
        check_returned_data(parsed, loaders)
    has_others = any_method or not (
        (
            every
            and not (guard or templates or streams)
            and loader_under_flags(parsed, settings.statement, every, vocabulary)
        )
        or ((templates or explicit or by_method) and not _answers_get(usual, by_method, templates, index, vocabulary))
    )
    methods = _methods(tree, index, vocabulary, has_others=has_others)
    check_methods(parsed, FLAGS if any_method or guard else methods, vocabulary)
    warnings = (
        *shared_objects(per_request, parsed, variables, vocabulary),
        *lost_changes(parsed, per_request, loaders, inputs, variables, named | access.mentions, vocabulary),
        *clients_in_functions([*loaders, *streams], parsed, variables, vocabulary),
        *likely_mistakes(parsed, loaders, streams, declarations, parameters),
        *hand_made_events(parsed, streams, vocabulary),
        *encoded_values(parsed, vocabulary),
        *unused_hooks(parsed, every, named | access.mentions, vocabulary, guard=guard),
        *template_mistakes(parsed),
        *foreign_markup(parsed),
        *end_tags(parsed),
        *blocking_calls(parsed, vocabulary),
        *unknown_keywords(parsed, vocabulary),
        *missing_fragments(parsed, vocabulary),
        *constant_controls(parsed, vocabulary),
        *unencoded_inputs(parsed, declarations, vocabulary),
        *queries_of_forms(parsed, declarations, vocabulary),
        *printed_html(parsed),
        *html.warnings(),
        *route_decorators(parsed),
        *foreign_uses(parsed, vocabulary, declarations),
        *forms_without_method(parsed, FLAGS if any_method or guard else methods, declarations, vocabulary),
    )
    description = Description(
        file=file,
        source=parsed.source,
        done=done,
        once=tuple(s for s in statements if s in once - done),
        before=(),
        after=(),
        declarations=declarations,
        templates=templates,
        loader="",
        answer_line=0,
        stream=None,
        has_page=False,
        methods=methods,
        page_methods=methods_with_page,
        responds=responds,
        blocking=False,
        vocabulary=vocabulary,
        markers=vocabulary.spellings(index, "fragment"),
        index=index,
        unreferenced=(),
        by_method={},
        warnings=warnings,
        settings=settings,
        future=parsed.future,
        static_paths=static_paths,
    )
    each = [s for s in statements if s not in once and not is_inert(s) and s is not settings.statement]
    own = {
        method: _with_functions(description, functions, each, parsed, bound) for method, functions in by_method.items()
    }
    whole = _with_functions(description, usual, each, parsed, bound)
    return replace(whole, by_method=own) if own else whole


def _with_functions(
    description: Description, functions: Chosen, each: list[ast.stmt], parsed: ParsedFile, bound: frozenset[str]
) -> Description:
    """The description for the methods that have this loader and stream; `each` are the statements of a request."""
    loader, stream = functions.loader, functions.stream
    before, after = around_loader(parsed.tree.body, loader)
    new = [s for s in (*before, *after) if s not in parsed.names]  # parts of an `if` that has been split
    running = {*each, *new}
    alone = {functions.function for functions in (loader, stream) if functions}
    calling = [statement for statement in each if statement not in alone]
    quick = quick_objects(description.declarations, parsed.index, description.vocabulary)
    return replace(
        description,
        before=tuple(s for s in before if s in running),
        after=tuple(s for s in after if s in running),
        loader=loader.function.name if loader else "",
        answer_line=answer_line(loader.function if loader else None, parsed.index),
        stream=stream_facts(stream.function, parsed.index, description.vocabulary) if stream else None,
        has_page=functions.has_page,
        blocking=loader is None and may_block(calling, bound, parsed.index, quick),
        unreferenced=_unreferenced([*each, *alone], parsed.reads),
    )


def _answers_get(
    usual: Chosen,
    by_method: Mapping[str, Chosen],
    templates: Sequence[ast.TemplateStr],
    index: FileIndex,
    vocabulary: Vocabulary,
) -> bool:
    """Whether a stream or a loader is the answer to GET."""
    for functions in (usual, by_method.get("GET", usual)):
        loader = functions.loader
        if functions.stream or (loader and not templates and returns_data(loader.function, index, vocabulary)):
            return True
    return False


def _helpers_of_build(parsed: ParsedFile) -> frozenset[str]:
    """The functions that `static_paths` calls, except for a loader, which sets names of the request."""
    setting = {
        function.name
        for function in parsed.tree.body
        if isinstance(function, ast.AsyncFunctionDef) and parsed.index.owned(function, ast.Global)
    }
    return parsed.named_for_build - setting


# Through these, code can reach any name of the file without writing it.
_NAMESPACE_ACCESS = frozenset({"eval", "exec", "globals", "locals", "vars"})


def _unreferenced(statements: Iterable[ast.stmt], reads: frozenset[str]) -> tuple[str, ...]:
    """The functions that no code of the file can reach by name."""
    if reads & _NAMESPACE_ACCESS:
        return ()
    functions = (s.name for s in statements if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef))
    return tuple(name for name in functions if name not in reads)


def _methods(tree: ast.Module, index: FileIndex, vocabulary: Vocabulary, *, has_others: bool) -> frozenset[str]:
    """The methods to answer; `has_others` if some answers are not the templates and calls that are under flags."""
    methods = frozenset(flags_in(None, index, vocabulary))
    if has_others or not methods or not all_under_flags(tree.body, index, vocabulary):
        methods |= {"GET"}
    return methods | {"HEAD"} if "GET" in methods else methods


def no_answer(file: str, tree: ast.Module, index: FileIndex) -> RouteError:
    """The error for any other file without an answer."""
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef) or parameters_of(function) or function.decorator_list:
            continue
        if any(isinstance(answer.value, ast.TemplateStr) for answer in index.owned(function, ast.Return)):
            hint = f"Write the t-string of {function.name}() as a statement of its own, outside of functions."
            return RouteError("this file has no answer", place=place_of(function, file), hint=hint)
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
