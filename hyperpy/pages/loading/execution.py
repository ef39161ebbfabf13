"""Runs the definitions of a file. Its imports run first, so that its names can be resolved to objects."""

import ast
import copy
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from traceback import walk_tb
from types import CodeType, ModuleType
from typing import Any

from hyperpy.exceptions import HyperError, Place
from hyperpy.pages.analysis.analyse import Description, analyse
from hyperpy.pages.analysis.constants import Constants
from hyperpy.pages.analysis.definitions import builtin_names, runs_first, with_aliases
from hyperpy.pages.analysis.file_index import OWNERS, FileIndex, ImportedName
from hyperpy.pages.analysis.inputs.cached_functions import check_cached_functions, check_cached_reads
from hyperpy.pages.analysis.methods.lost_calls import check_lost_calls
from hyperpy.pages.analysis.names.bare_inputs import is_star
from hyperpy.pages.analysis.names.namespace_access import namespace_access
from hyperpy.pages.analysis.names.undefined import check_names
from hyperpy.pages.analysis.parsed_file import ParsedFile, parse, parsed_file
from hyperpy.pages.analysis.urls import AssetCheck, check_urls
from hyperpy.pages.analysis.vocabulary import MISSING, PublicNames, Vocabulary
from hyperpy.pages.analysis.walk import Walk
from hyperpy.pages.loading.compiler import (
    CompiledRoute,
    Rewrite,
    compile_private,
    compile_route,
    compile_tree,
    names_in,
)
from hyperpy.pages.loading.ending_statements import end_functions
from hyperpy.pages.loading.runtime import HELPERS
from hyperpy.routing import URLPatterns


@dataclass(frozen=True, slots=True)
class Execution:
    """How the files of one routes folder are run."""

    public: PublicNames
    rewrite: Rewrite
    patterns: URLPatterns
    check_asset: AssetCheck | None = None
    """Checks the names of static files; None if they need not exist yet."""

    def route(
        self,
        source: str,
        file: str,
        namespace: dict[str, Any],
        parameters: frozenset[str] = frozenset(),
        *,
        any_method: bool = False,
        guard: bool = False,
    ) -> tuple[Description, CompiledRoute]:
        """Runs what a route file defines, in the namespace of its module; see `analyse` for the arguments."""
        parsed = parse(source, file)
        namespace.update(HELPERS, __doc__=ast.get_docstring(parsed.tree, clean=False))
        with _placed(file):
            done, used = self._run_imports(parsed, namespace)
        starred = self._late_stars(parsed, namespace["__package__"], done)
        vocabulary = self._vocabulary(parsed, namespace, done)
        check_urls(parsed, vocabulary, self.patterns, self.check_asset)
        description = analyse(parsed, vocabulary, done, parameters, starred=starred, any_method=any_method, guard=guard)
        compiled = compile_route(description, self.rewrite)
        namespace.update(compiled.functions)
        with _placed(file):
            exec(compiled.once, namespace)
        for name in HELPERS.keys() - used - compiled.names():  # each request has a copy of the namespace
            del namespace[name]
        return description, compiled

    def private(self, source: str, file: str, namespace: dict[str, Any]) -> None:
        """Runs a file that is not a route, from top to bottom.

        What precedes its first function, class or t-string runs before these are compiled, so that their names are
        known. Raises SyntaxError as Python does.
        """
        parsed = parsed_file(ast.parse(source, file), source, file)
        first = list(takewhile(lambda statement: _needs_no_names(statement, parsed.index), parsed.tree.body))
        with _placed(file):
            exec(self._compiled(first, parsed), namespace)
            vocabulary = with_aliases(self._vocabulary(parsed, namespace, first), parsed)
            check_cached_functions(parsed, vocabulary, is_private=True)
            check_cached_reads(parsed, frozenset(), vocabulary)
            check_lost_calls(parsed, vocabulary)
            check_urls(parsed, vocabulary, self.patterns, self.check_asset)
            code, functions = compile_private(parsed.tree.body[len(first) :], parsed, vocabulary, self.rewrite)
            namespace.update({**HELPERS, **functions})
            exec(code, namespace)
        access = namespace_access(parsed, vocabulary)
        if access.unknown is None:
            check_names(parsed, access.sets.union(access.mentions, namespace), vocabulary)

    def _run_imports(self, parsed: ParsedFile, namespace: dict[str, Any]) -> tuple[frozenset[ast.stmt], set[str]]:
        """Runs the imports of a route file and what they depend on.

        Returns these statements, and the names that their code uses.
        """
        constants = Constants(parsed, Vocabulary(self.public, namespace))
        once, bound = parsed.bound_once, parsed.bound
        settled = builtin_names()
        done: list[ast.stmt] = []
        used: set[str] = set()
        waiting: list[ast.stmt] = []  # imports that follow each other are compiled together

        def run() -> None:
            nonlocal settled
            code = self._compiled([_ended(statement) for statement in waiting], parsed)
            exec(code, namespace)
            used.update(names_in(code))
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
        return frozenset(done), used

    def _late_stars(self, parsed: ParsedFile, package: str, done: frozenset[ast.stmt]) -> frozenset[str] | None:
        """The names of star imports that run for each request; None if they can't be known at load.

        A star import that has run is incomplete if its module is one of those being imported, in a circle.
        """
        names: set[str] = set()
        for node in filter(is_star, parsed.index.owned(None, ast.ImportFrom)):
            module = self._source_of(node, package)
            if isinstance(module, ModuleType) and not _is_being_imported(module):
                names.update(_public_names(module))
            elif module is not MISSING or not any(parsed.index.contains(statement, node) for statement in done):
                return None
        return frozenset(names)

    def _source_of(self, node: ast.ImportFrom, package: str) -> object:
        """The module of a star import. It is imported now, since its names decide which annotations are inputs."""
        level, module, _ = self._rewritten((node.level, node.module or "", ""))
        try:
            return importlib.import_module(importlib.util.resolve_name("." * level + module, package))
        except Exception:  # noqa: BLE001 (the import will raise it again when it runs)
            return MISSING

    def _compiled(self, statements: list[ast.stmt], parsed: ParsedFile) -> CodeType:
        return compile_tree(self.rewrite(ast.Module(statements, [])), parsed)

    def _vocabulary(self, parsed: ParsedFile, namespace: dict[str, Any], done: Iterable[ast.stmt]) -> Vocabulary:
        """The meaning of a file's names after the statements in `done` have run."""
        index, package = parsed.index, namespace["__package__"]
        late = [bound for s in parsed.names.keys() - frozenset(done) for bound in index.bindings_in(s)]
        rebound = parsed.rebound | {bound.name for bound in late if bound.source is None}
        attributes = (node for node in index.of(ast.Attribute) if node.attr in self.public)
        owners = [node.value for node in attributes if isinstance(node.value, ast.Name)]
        used = {owner.id for owner in owners}
        objects = {
            bound.name: self._imported(bound.source, package, bound.name in used) for bound in late if bound.source
        } | namespace
        local = parsed.local.items()
        return Vocabulary(
            self.public,
            {name: value for name, value in objects.items() if name not in rebound and value is not MISSING},
            {node: self._imported(source, package, node in owners) if source else MISSING for node, source in local},
        )

    def _imported(self, source: ImportedName, package: str, has_public_names: bool) -> object:
        """The object that a later import will bind, if its module has been imported before.

        A file of the routes folder is imported now if one of hyperpy's names comes from it. Their meaning must not
        depend on what other files have imported.
        """
        level, module, name = self._rewritten(source)
        try:
            dotted = importlib.util.resolve_name("." * level + module, package)
            if dotted.partition(".")[0] == package.partition(".")[0] and (has_public_names or name in self.public):
                found = importlib.import_module(dotted)
                if name and not hasattr(found, name):
                    importlib.import_module(f"{dotted}.{name}")
                return getattr(found, name) if name else found
        except Exception:  # noqa: BLE001 (the import will raise it again when it runs)
            return MISSING
        if dotted not in sys.modules or not name:
            return sys.modules.get(dotted, MISSING)
        return vars(sys.modules[dotted]).get(name, sys.modules.get(f"{dotted}.{name}", MISSING))

    def _rewritten(self, source: ImportedName) -> ImportedName:
        """The same import as it will be compiled."""
        level, module, name = source
        node = ast.ImportFrom(module, [ast.alias(name or "*")], level)
        self.rewrite(ast.Module([node], []))
        return level, node.module or "", name


def _is_being_imported(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


def _public_names(module: ModuleType) -> Iterable[str]:
    """The names that a star import takes from a module."""
    listed: Iterable[str] | None = getattr(module, "__all__", None)
    return [name for name in vars(module) if not name.startswith("_")] if listed is None else listed


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
