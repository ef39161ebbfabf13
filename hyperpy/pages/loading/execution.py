"""Runs the definitions of a file. Its imports run first, so that its names can be resolved to objects."""

import ast
import copy
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from traceback import walk_tb
from types import CodeType
from typing import Any, NamedTuple

from hyperpy.exceptions import HyperError, Place
from hyperpy.pages.analysis.analyse import analyse
from hyperpy.pages.analysis.constants import Constants
from hyperpy.pages.analysis.definitions import runs_first, with_aliases
from hyperpy.pages.analysis.file_index import OWNERS, FileIndex
from hyperpy.pages.analysis.inputs.cached_functions import check_cached_functions, check_cached_reads
from hyperpy.pages.analysis.methods.lost_calls import check_lost_calls
from hyperpy.pages.analysis.names.builtin_names import builtins_now
from hyperpy.pages.analysis.names.namespace_access import namespace_access
from hyperpy.pages.analysis.names.undefined import check_names
from hyperpy.pages.analysis.parsed_file import ParsedFile, parse, parsed_file
from hyperpy.pages.analysis.url_calls import AssetCheck, check_urls
from hyperpy.pages.analysis.vocabulary import PublicNames, Vocabulary
from hyperpy.pages.analysis.walk import Walk
from hyperpy.pages.loading.compiled.cache_file import CacheFile
from hyperpy.pages.loading.compiled.code import CompiledRoute, TemplateFunctions, names_in
from hyperpy.pages.loading.compiled.fingerprints import builtins_print, environment, names_print
from hyperpy.pages.loading.compiled.route_facts import RouteFacts, route_facts
from hyperpy.pages.loading.compiled.stored_file import FirstStep, StoredFile, Surroundings, fingerprint
from hyperpy.pages.loading.compiler import compile_private, compile_route, compile_tree
from hyperpy.pages.loading.ending_statements import end_functions
from hyperpy.pages.loading.imports.imported_names import ImportedNames, Rewrite, has_late_stars
from hyperpy.pages.loading.runtime import HELPERS
from hyperpy.routing import URLPatterns


class Executed(NamedTuple):
    """A route file whose definitions have run."""

    facts: RouteFacts
    compiled: CompiledRoute
    modules: tuple[str, ...]
    """See `ImportedNames.modules`."""


@dataclass(frozen=True, slots=True)
class Execution:
    """How the files of one routes folder are run."""

    imported: ImportedNames
    folder_names: tuple[str, str]
    """The folder's name as its files write it, and the name under which it is registered."""
    patterns: URLPatterns
    check_asset: AssetCheck | None = None
    """Checks the names of static files; None if they need not exist yet."""

    @property
    def public(self) -> PublicNames:
        return self.imported.public

    @property
    def rewrite(self) -> Rewrite:
        return self.imported.rewrite

    def route(
        self,
        source: str,
        file: str,
        namespace: dict[str, Any],
        parameters: frozenset[str] = frozenset(),
        *,
        any_method: bool = False,
        guard: bool = False,
    ) -> Executed:
        """Runs what a route file defines, in the namespace of its module; see `analyse` for the arguments."""
        cache = self._cache(source, file, namespace, f"{sorted(parameters)} {any_method} {guard}")
        stored, ran = StoredFile.read(cache), 0
        if stored is not None:
            namespace.update(HELPERS, __doc__=stored.doc)
            ran = self._run_stored(stored, file, namespace)
            if ran == len(stored.first) and self._is_current(stored, namespace):
                facts, compiled = RouteFacts.of(stored.result[0], file), CompiledRoute.of(stored.result[1], file)
                compiled.functions.remember(file)
                self._define(compiled, source, file, namespace, stored.helpers)
                return Executed(facts, compiled, stored.surroundings.modules)
        parsed = parse(source, file)
        doc = ast.get_docstring(parsed.tree, clean=False)
        namespace.update(HELPERS, __doc__=doc)
        with _placed(file):
            done, first = self._run_imports(parsed, namespace, ran)
        starred = self.imported.late_stars(parsed, namespace["__package__"], done)
        vocabulary, surroundings = self._surroundings(parsed, namespace, done)
        description = analyse(parsed, vocabulary, done, parameters, starred=starred, any_method=any_method, guard=guard)
        facts = route_facts(description)
        compiled = compile_route(description, self.rewrite)
        used = compiled.names().union(*(names_in(step.code) for step in first))
        helpers = tuple(name for name in HELPERS if name in used)
        self._define(compiled, source, file, namespace, helpers)
        if starred is not None and not has_late_stars(parsed, done):
            StoredFile(doc, helpers, first, surroundings, (facts.data(), compiled.data())).write(cache)
        return Executed(facts, compiled, surroundings.modules)

    def _define(
        self, compiled: CompiledRoute, source: str, file: str, namespace: dict[str, Any], helpers: Collection[str]
    ) -> None:
        """Runs the definitions. Of the helpers, the namespace keeps the used ones: each request has a copy of it."""
        namespace.update(compiled.functions.made(file, source))
        with _placed(file):
            exec(compiled.once, namespace)
        for name in HELPERS.keys() - helpers:
            del namespace[name]

    def private(self, source: str, file: str, namespace: dict[str, Any]) -> tuple[str, ...]:
        """Runs a file that is not a route, from top to bottom, and returns `ImportedNames.modules` of it.

        What precedes its first function, class or t-string runs before these are compiled, so that their names are
        known. Raises SyntaxError as Python does.
        """
        cache = self._cache(source, file, namespace, "private")
        stored = StoredFile.read(cache)
        if stored is not None:
            self._run_stored(stored, file, namespace)
            if self._is_current(stored, namespace):
                code, functions, names = stored.result
                compiled = TemplateFunctions.of(functions)
                compiled.remember(file)
                self._run_private(code, compiled, source, file, namespace)
                if names != sorted(namespace):
                    parsed = parsed_file(ast.parse(source, file), source, file)
                    self._check_names(parsed, self._surroundings(parsed, namespace, ())[0], namespace)
                return stored.surroundings.modules
        parsed = parsed_file(ast.parse(source, file), source, file)
        beginning = list(takewhile(lambda statement: _needs_no_names(statement, parsed.index), parsed.tree.body))
        first = FirstStep(self._compiled(beginning, parsed), b"")
        with _placed(file):
            if stored is None:
                exec(first.code, namespace)
            vocabulary, surroundings = self._surroundings(parsed, namespace, beginning)
            vocabulary = with_aliases(vocabulary, parsed)
            check_cached_functions(parsed, vocabulary, is_private=True)
            check_cached_reads(parsed, frozenset(), vocabulary)
            check_lost_calls(parsed, vocabulary)
            code, compiled = compile_private(parsed.tree.body[len(beginning) :], parsed, vocabulary, self.rewrite)
        self._run_private(code, compiled, source, file, namespace)
        self._check_names(parsed, vocabulary, namespace)
        StoredFile(None, (), (first,), surroundings, (code, compiled.data(), sorted(namespace))).write(cache)
        return surroundings.modules

    def _run_private(
        self, code: CodeType, compiled: TemplateFunctions, source: str, file: str, namespace: dict[str, Any]
    ) -> None:
        namespace.update({**HELPERS, **compiled.made(file, source)})
        with _placed(file):
            exec(code, namespace)

    def _check_names(self, parsed: ParsedFile, vocabulary: Vocabulary, namespace: dict[str, Any]) -> None:
        access = namespace_access(parsed, vocabulary)
        if access.unknown is None:
            check_names(parsed, access.sets.union(access.mentions, namespace), vocabulary)

    # -- the cache ----------------------------------------------------------------------------------------------------

    def _cache(self, source: str, file: str, namespace: dict[str, Any], kind: str) -> CacheFile:
        place = (file, *self.folder_names, namespace["__package__"], kind)
        return CacheFile.of(file, "\0".join((environment(), builtins_print().hex(), *place, source)))

    def _run_stored(self, stored: StoredFile, file: str, namespace: dict[str, Any]) -> int:
        """Runs the first statements while they are those that would run first now, and returns how many steps ran."""
        for number, step in enumerate(stored.first):
            if number and names_print(namespace, (), self.public) != step.names:
                return number
            with _placed(file):
                exec(step.code, namespace)
        return len(stored.first)

    def _is_current(self, stored: StoredFile, namespace: dict[str, Any]) -> bool:
        return stored.surroundings.is_current(self.imported, namespace, self.patterns, self.check_asset)

    def _surroundings(
        self, parsed: ParsedFile, namespace: dict[str, Any], done: Iterable[ast.stmt]
    ) -> tuple[Vocabulary, Surroundings]:
        """What the file's names mean after the statements in `done` have run. Checks its calls of `url` and `asset`."""
        late = self.imported.late(parsed, done)
        objects, local = self.imported.objects(late, namespace)
        vocabulary = Vocabulary(self.public, objects, dict(zip(parsed.local, local, strict=True)))
        modules = self.imported.modules(parsed, namespace["__package__"])
        known = fingerprint(objects, local, self.public, modules)
        references = check_urls(parsed, vocabulary, self.patterns, self.check_asset)
        return vocabulary, Surroundings(late, modules, references, known)

    # -- what runs first ----------------------------------------------------------------------------------------------

    def _run_imports(
        self, parsed: ParsedFile, namespace: dict[str, Any], ran: int
    ) -> tuple[frozenset[ast.stmt], tuple[FirstStep, ...]]:
        """Runs the imports of a route file and what they depend on, except for the first steps, which `ran` already."""
        constants = Constants(parsed, Vocabulary(self.public, namespace))
        once, bound = parsed.bound_once, parsed.bound
        settled = builtins_now().everywhere
        done: list[ast.stmt] = []
        steps: list[FirstStep] = []
        waiting: list[ast.stmt] = []  # imports that follow each other are compiled together

        def run() -> None:
            nonlocal settled
            code = self._compiled([_ended(statement) for statement in waiting], parsed)
            steps.append(FirstStep(code, names_print(namespace, (), self.public) if steps else b""))
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
        return compile_tree(self.rewrite(ast.Module(statements, [])), parsed)


def _ended(statement: ast.stmt) -> ast.stmt:
    """A statement with what ends the functions in it; the original is still to be analysed."""
    if isinstance(statement, ast.If | ast.Try | ast.With):
        statement = copy.deepcopy(statement)
        end_functions(Walk(ast.Module([statement], [])).index)
    return statement


def _needs_no_names(statement: ast.stmt, index: FileIndex) -> bool:
    return not index.of(*OWNERS, ast.TemplateStr, ast.AnnAssign, inside=statement)


@contextmanager
def _placed(file: str) -> Iterator[None]:
    """Adds the file and line to a HyperError that has no place."""
    try:
        yield
    except HyperError as error:
        error.at(Place(file, line_in(error, file)))
        raise


def line_in(error: BaseException, file: str) -> int:
    """The last line of the file that the traceback passes through; 0 if it does not."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else 0
