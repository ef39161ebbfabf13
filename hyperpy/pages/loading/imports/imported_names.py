"""The objects that a file's names stand for, once its first imports have run."""

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

from hyperpy.pages.analysis.file_index import ImportedName
from hyperpy.pages.analysis.names.bare_inputs import is_star
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import MISSING, PublicNames, Vocabulary

type Rewrite = Callable[[ast.Module], ast.Module]


class LateNames(NamedTuple):
    """The names of a file whose meaning is not yet in its namespace. It is plain data, for `marshal`."""

    imported: tuple[tuple[str, ImportedName, bool], ...]
    """Names that imports bind later, the source of each, and whether hyperpy's names are its attributes."""
    local: tuple[tuple[ImportedName | None, bool], ...]
    """The same for the names in functions that refer to local variables, in the order of `ParsedFile.local`."""
    rebound: tuple[str, ...]
    """Names that the file rebinds: they have no fixed meaning."""


@dataclass(frozen=True, slots=True)
class ImportedNames:
    """Looks up what imports bind. `rewrite` redirects imports of the routes package."""

    public: PublicNames
    rewrite: Rewrite

    def late(self, parsed: ParsedFile, done: Iterable[ast.stmt]) -> LateNames:
        """The names that the statements in `done` have not bound."""
        index, done = parsed.index, frozenset(done)
        late = [bound for s in parsed.names if s not in done for bound in index.bindings_in(s)]
        rebound = parsed.rebound | {bound.name for bound in late if bound.source is None}
        attributes = (node for node in index.of(ast.Attribute) if node.attr in self.public)
        owners = {node.value for node in attributes if isinstance(node.value, ast.Name)}
        used = {owner.id for owner in owners}
        return LateNames(
            tuple((bound.name, self._rewritten(bound.source), bound.name in used) for bound in late if bound.source),
            tuple((self._rewritten(source) if source else None, n in owners) for n, source in parsed.local.items()),
            tuple(sorted(rebound)),
        )

    def objects(self, late: LateNames, namespace: Mapping[str, Any]) -> tuple[dict[str, object], list[object]]:
        """The objects of the file's names, and those of its local names. Those that imports have not bound are MISSING.

        A file of the routes folder is imported if one of hyperpy's names comes from it. Their meaning must not depend
        on what other files have imported.
        """
        package, rebound = namespace["__package__"], frozenset(late.rebound)
        objects = {name: self._imported(source, package, used) for name, source, used in late.imported} | dict(
            namespace
        )
        local = [self._imported(source, package, used) if source else MISSING for source, used in late.local]
        return {name: value for name, value in objects.items() if name not in rebound and value is not MISSING}, local

    def vocabulary(self, parsed: ParsedFile, late: LateNames, namespace: Mapping[str, Any]) -> Vocabulary:
        objects, local = self.objects(late, namespace)
        return Vocabulary(self.public, objects, dict(zip(parsed.local, local, strict=True)))

    def modules(self, parsed: ParsedFile, package: str) -> tuple[str, ...]:
        """What the file's imports name that may be a module, by its full name: for `from a import b`, a and a.b."""
        found: dict[str, None] = {}
        for node in parsed.index.of(ast.Import, ast.ImportFrom):
            is_from = isinstance(node, ast.ImportFrom)
            for written in [node.module or ""] if is_from else [alias.name for alias in node.names]:
                level, module, _ = self._rewritten((node.level if is_from else 0, written, ""))
                try:
                    name = importlib.util.resolve_name("." * level + module, package)
                except ImportError:
                    continue  # it will fail when it runs
                found[name] = None
                found.update(dict.fromkeys(f"{name}.{alias.name}" for alias in node.names if is_from))
        return tuple(found)

    def late_stars(self, parsed: ParsedFile, package: str, done: frozenset[ast.stmt]) -> frozenset[str] | None:
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

    def _imported(self, source: ImportedName, package: str, has_public_names: bool) -> object:
        """The object that a later import will bind, if its module has been imported before."""
        level, module, name = source
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
        module_names = vars(sys.modules[dotted])
        if name in self.public and name not in module_names:
            return getattr(sys.modules[dotted], name, MISSING)  # of a module that imports its names lazily
        return module_names.get(name, sys.modules.get(f"{dotted}.{name}", MISSING))

    def _rewritten(self, source: ImportedName) -> ImportedName:
        """The same import as it will be compiled."""
        level, module, name = source
        if level:
            return source
        node = ast.ImportFrom(module, [ast.alias(name or "*")], level)
        self.rewrite(ast.Module([node], []))
        return level, node.module or "", name


def has_late_stars(parsed: ParsedFile, done: Iterable[ast.stmt]) -> bool:
    """Whether a star import runs for each request."""
    done = frozenset(done)
    stars = filter(is_star, parsed.index.owned(None, ast.ImportFrom))
    return not all(any(parsed.index.contains(statement, star) for statement in done) for star in stars)


def _is_being_imported(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


def _public_names(module: ModuleType) -> Iterable[str]:
    """The names that a star import takes from a module."""
    listed: Iterable[str] | None = getattr(module, "__all__", None)
    return [name for name in vars(module) if not name.startswith("_")] if listed is None else listed
