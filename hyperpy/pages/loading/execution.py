"""Runs the definitions of a file, from its cache if that is current."""

from collections.abc import Collection
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperpy.lazy import LazyModule
from hyperpy.pages.facts import AssetCheck
from hyperpy.pages.known_names import PublicNames
from hyperpy.pages.loading.compiled.cache_file import CacheFile
from hyperpy.pages.loading.compiled.code import CompiledRoute, TemplateFunctions
from hyperpy.pages.loading.compiled.fingerprints import builtins_print, environment, names_print
from hyperpy.pages.loading.compiled.route_facts import RouteFacts
from hyperpy.pages.loading.compiled.stored_file import StoredFile, Surroundings
from hyperpy.pages.loading.imports.imported_names import ImportedNames
from hyperpy.pages.loading.runtime import HELPERS
from hyperpy.record_classes import record
from hyperpy.routing import URLPatterns
from hyperpy.tracebacks import placed

if TYPE_CHECKING:
    from hyperpy.pages.loading import compilation
else:
    compilation = LazyModule("hyperpy.pages.loading.compilation")


class Executed(NamedTuple):
    """A route file whose definitions have run."""

    facts: RouteFacts
    compiled: CompiledRoute
    surroundings: Surroundings


@record(frozen=True, slots=True)
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
    def _compilation(self) -> compilation.Compilation:
        return compilation.Compilation.of(self.imported, self.patterns, self.check_asset)

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
                return Executed(facts, compiled, stored.surroundings)
        made = self._compilation.route(source, file, namespace, parameters, ran, any_method=any_method, guard=guard)
        self._define(made.compiled, source, file, namespace, made.helpers)
        if made.stored is not None:
            made.stored.write(cache)
        return Executed(made.facts, made.compiled, made.surroundings)

    def _define(
        self, compiled: CompiledRoute, source: str, file: str, namespace: dict[str, Any], helpers: Collection[str]
    ) -> None:
        """Runs the definitions. The namespace keeps only names that are used: each request and stream has a copy."""
        namespace.update(compiled.functions.made(file, source))
        with placed(file):
            exec(compiled.once, namespace)
        for name in HELPERS.keys() - helpers:
            del namespace[name]
        namespace.pop("__cached__", None)

    def private(self, source: str, file: str, namespace: dict[str, Any]) -> Surroundings:
        """Runs a file that is not a route, from top to bottom, and returns what it depends on.

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
                    self._compilation.check_private(source, file, namespace)
                return stored.surroundings
        made = self._compilation.private(source, file, namespace, has_begun=stored is not None)
        self._run_private(made.code, made.functions, source, file, namespace)
        compilation.check_private_names(made.parsed, made.vocabulary, namespace)
        result = (made.code, made.functions.data(), sorted(namespace))
        StoredFile(None, (), (made.first,), made.surroundings, result).write(cache)
        return made.surroundings

    def _run_private(
        self, code: CodeType, compiled: TemplateFunctions, source: str, file: str, namespace: dict[str, Any]
    ) -> None:
        namespace.update({**HELPERS, **compiled.made(file, source)})
        with placed(file):
            exec(code, namespace)

    # -- the cache ----------------------------------------------------------------------------------------------------

    def _cache(self, source: str, file: str, namespace: dict[str, Any], kind: str) -> CacheFile:
        place = (file, *self.folder_names, namespace["__package__"], kind)
        return CacheFile.of(file, "\0".join((environment(), builtins_print().hex(), *place, source)))

    def _run_stored(self, stored: StoredFile, file: str, namespace: dict[str, Any]) -> int:
        """Runs the first statements while they are those that would run first now, and returns how many steps ran."""
        for number, step in enumerate(stored.first):
            if number and names_print(namespace, (), self.public, step.asked) != step.names:
                return number
            with placed(file):
                exec(step.code, namespace)
        return len(stored.first)

    def _is_current(self, stored: StoredFile, namespace: dict[str, Any]) -> bool:
        return stored.surroundings.is_current(self.imported, namespace, self.patterns, self.check_asset)
