"""Analyses and compiles a file that has no cache, or whose names stand for other objects than before.

Its imports run first, so that its names can be resolved to objects.
"""

import ast
import copy
from collections.abc import Iterable
from itertools import takewhile
from types import CodeType
from typing import Any, NamedTuple

from hyperpy.pages.analysis.analyse import analyse
from hyperpy.pages.analysis.constants import Constants
from hyperpy.pages.analysis.definitions import runs_first, with_aliases
from hyperpy.pages.analysis.file_index import OWNERS, FileIndex
from hyperpy.pages.analysis.inputs.cached_functions import check_cached_functions, check_cached_reads
from hyperpy.pages.analysis.inputs.called_markers import check_called_markers
from hyperpy.pages.analysis.inputs.misplaced_inputs import check_no_inputs
from hyperpy.pages.analysis.methods.lost_calls import check_lost_answers, check_lost_calls
from hyperpy.pages.analysis.methods.missing_calls import check_missing_calls
from hyperpy.pages.analysis.names.builtin_names import builtins_now
from hyperpy.pages.analysis.names.lost_responses import check_lost_responses
from hyperpy.pages.analysis.names.namespace_access import namespace_access
from hyperpy.pages.analysis.names.undefined import check_names
from hyperpy.pages.analysis.objects.asked import Asked
from hyperpy.pages.analysis.parsed_file import ParsedFile, parse, parsed_file
from hyperpy.pages.analysis.url_calls import check_urls
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.analysis.walk import Walk
from hyperpy.pages.facts import AssetCheck, URLReference
from hyperpy.pages.loading.compiled.code import CompiledRoute, TemplateFunctions, names_in
from hyperpy.pages.loading.compiled.fingerprints import names_print
from hyperpy.pages.loading.compiled.made_facts import route_facts
from hyperpy.pages.loading.compiled.route_facts import RouteFacts
from hyperpy.pages.loading.compiled.stored_file import FirstStep, StoredFile, Surroundings, fingerprint
from hyperpy.pages.loading.compiler import compile_private, compile_route, compile_tree
from hyperpy.pages.loading.ending_statements import end_functions
from hyperpy.pages.loading.imports.analysed_names import AnalysedNames, has_late_stars
from hyperpy.pages.loading.imports.imported_names import ImportedNames, LateNames
from hyperpy.pages.loading.runtime import HELPERS
from hyperpy.record_classes import record
from hyperpy.routing import URLPatterns
from hyperpy.tracebacks import placed


class CompiledFile(NamedTuple):
    """A compiled route file whose imports have run, but not its definitions."""

    facts: RouteFacts
    compiled: CompiledRoute
    helpers: tuple[str, ...]
    """The names of `HELPERS` that its code uses."""
    surroundings: Surroundings
    stored: StoredFile | None
    """What to write into its cache; None if it can't be kept."""


class CompiledPrivate(NamedTuple):
    """The same for a file that is not a route."""

    code: CodeType
    functions: TemplateFunctions
    parsed: ParsedFile
    vocabulary: Vocabulary
    first: FirstStep
    surroundings: Surroundings


class _Names(NamedTuple):
    """The meaning of a file's names, and what it takes from elsewhere."""

    late: LateNames
    modules: tuple[str, ...]
    references: tuple[URLReference, ...]
    vocabulary: Vocabulary


@record(frozen=True, slots=True)
class Compilation:
    """How the files of one routes folder are compiled."""

    imported: AnalysedNames
    patterns: URLPatterns
    check_asset: AssetCheck | None

    @classmethod
    def of(cls, names: ImportedNames, patterns: URLPatterns, check_asset: AssetCheck | None) -> Compilation:
        return cls(AnalysedNames(names.public, names.rewrite), patterns, check_asset)

    def route(
        self,
        source: str,
        file: str,
        namespace: dict[str, Any],
        parameters: frozenset[str],
        ran: int,
        *,
        any_method: bool,
        guard: bool,
    ) -> CompiledFile:
        """Compiles a route file, of whose first steps `ran` have run; see `analyse` for the other arguments."""
        parsed = parse(source, file)
        doc = ast.get_docstring(parsed.tree, clean=False)
        namespace.update(HELPERS, __doc__=doc)
        asked = Asked()
        with placed(file):
            done, first = self._run_imports(parsed, namespace, ran, asked)
        starred = self.imported.late_stars(parsed, namespace["__package__"], done)
        names = self._names(parsed, namespace, done, asked)
        vocabulary = names.vocabulary
        description = analyse(parsed, vocabulary, done, parameters, starred=starred, any_method=any_method, guard=guard)
        facts = route_facts(description)
        compiled = compile_route(description, self.imported.rewrite)
        surroundings = self._surroundings(names)
        used = compiled.names().union(*(names_in(step.code) for step in first))
        helpers = tuple(name for name in HELPERS if name in used)
        stored = None
        if starred is not None and not has_late_stars(parsed, done):
            stored = StoredFile(doc, helpers, first, surroundings, (facts.data(), compiled.data()))
        return CompiledFile(facts, compiled, helpers, surroundings, stored)

    def private(self, source: str, file: str, namespace: dict[str, Any], *, has_begun: bool) -> CompiledPrivate:
        """Compiles a file that is not a route. What precedes its first function, class or t-string runs before.

        If the file `has_begun`, that has run already. Raises SyntaxError as Python does.
        """
        parsed = parsed_file(ast.parse(source, file), source, file)
        beginning = list(takewhile(lambda statement: _needs_no_names(statement, parsed.index), parsed.tree.body))
        first = FirstStep(self._compiled(beginning, parsed), (), b"")
        with placed(file):
            if not has_begun:
                exec(first.code, namespace)
            names = self._names(parsed, namespace, beginning, Asked())
            vocabulary = with_aliases(names.vocabulary, parsed)
            check_cached_functions(parsed, vocabulary, is_private=True)
            check_cached_reads(parsed, frozenset(), vocabulary)
            check_lost_calls(parsed, vocabulary)
            check_missing_calls(parsed, vocabulary)
            check_called_markers(parsed, vocabulary)
            check_lost_answers(parsed, vocabulary)
            check_lost_responses(parsed, vocabulary, in_route=False)
            rest = parsed.tree.body[len(beginning) :]
            code, functions = compile_private(rest, parsed, vocabulary, self.imported.rewrite)
        return CompiledPrivate(code, functions, parsed, vocabulary, first, self._surroundings(names))

    def check_private(self, source: str, file: str, namespace: dict[str, Any]) -> None:
        """Checks the names of a file that has run and sets others than when it was compiled."""
        parsed = parsed_file(ast.parse(source, file), source, file)
        check_private_names(parsed, self._names(parsed, namespace, (), Asked()).vocabulary, namespace)

    def _names(self, parsed: ParsedFile, namespace: dict[str, Any], done: Iterable[ast.stmt], asked: Asked) -> _Names:
        """What the file's names mean after the statements in `done` have run. Checks its calls of `url` and `asset`."""
        late = self.imported.late(parsed, done)
        objects, local = self.imported.objects(late, namespace)
        vocabulary = Vocabulary(self.imported.public, objects, dict(zip(parsed.local, local, strict=True)), asked=asked)
        modules = self.imported.modules(parsed, namespace["__package__"])
        references = check_urls(parsed, vocabulary, self.patterns, self.check_asset)
        return _Names(late, modules, references, vocabulary)

    def _surroundings(self, names: _Names) -> Surroundings:
        """What the compiled file depends on: the meaning of its names, as far as analysis has asked about it."""
        vocabulary = names.vocabulary
        asked = vocabulary.asked.stored([*vocabulary.local])
        known = fingerprint(vocabulary.objects, [*vocabulary.local.values()], vocabulary.public, asked)
        return Surroundings(names.late, names.modules, asked, names.references, known)

    def _run_imports(
        self, parsed: ParsedFile, namespace: dict[str, Any], ran: int, asked: Asked
    ) -> tuple[frozenset[ast.stmt], tuple[FirstStep, ...]]:
        """Runs the imports of a route file and what they depend on, except for the first steps, which `ran` already."""
        constants = Constants(parsed, Vocabulary(self.imported.public, namespace, asked=asked))
        once, bound = parsed.bound_once, parsed.bound
        settled = builtins_now().everywhere
        done: list[ast.stmt] = []
        steps: list[FirstStep] = []
        waiting: list[ast.stmt] = []  # imports that follow each other are compiled together

        def run() -> None:
            nonlocal settled
            code = self._compiled([_ended(statement) for statement in waiting], parsed)
            before = asked.stored(()) if steps else ()
            names = names_print(namespace, (), self.imported.public, before) if steps else b""
            steps.append(FirstStep(code, before, names))
            if len(steps) > ran:
                exec(code, namespace)
            settled |= parsed.index.bound_in(waiting) & once
            settled |= namespace.keys() - bound
            done.extend(waiting)
            waiting.clear()

        for statement in parsed.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                waiting.append(statement)
                continue
            if waiting:
                run()
            names = parsed.names[statement]
            if names.binds <= once and runs_first(statement, names, settled, constants):
                waiting.append(statement)
                run()
        if waiting:
            run()
        return frozenset(done), tuple(steps)

    def _compiled(self, statements: list[ast.stmt], parsed: ParsedFile) -> CodeType:
        return compile_tree(self.imported.rewrite(ast.Module(statements, [])), parsed)


def check_private_names(parsed: ParsedFile, vocabulary: Vocabulary, namespace: dict[str, Any]) -> None:
    """Raises RouteError for names that a file which is not a route uses, and nothing sets, and for its inputs."""
    check_no_inputs(parsed, namespace)
    access = namespace_access(parsed, vocabulary)
    if access.unknown is None:
        check_names(parsed, access.sets.union(access.mentions, namespace), vocabulary)


def _ended(statement: ast.stmt) -> ast.stmt:
    """A statement with what ends the functions in it; the original is still to be analysed."""
    if isinstance(statement, ast.If | ast.Try | ast.With):
        statement = copy.deepcopy(statement)
        end_functions(Walk(ast.Module([statement], [])).index)
    return statement


def _needs_no_names(statement: ast.stmt, index: FileIndex) -> bool:
    return not index.of(*OWNERS, ast.TemplateStr, ast.AnnAssign, inside=statement)
