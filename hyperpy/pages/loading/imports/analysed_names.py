"""What the names of a file stand for while it is analysed: see `ImportedNames`."""

import ast
import importlib
import importlib.util
from collections.abc import Iterable
from types import ModuleType

from hyperpy.pages.analysis.names.bare_inputs import is_star
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.known_names import MISSING
from hyperpy.pages.loading.imports.imported_names import ImportedNames, LateNames
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class AnalysedNames(ImportedNames):
    """Looks up the names of files that are analysed."""

    def late(self, parsed: ParsedFile, done: Iterable[ast.stmt]) -> LateNames:
        """The names that the statements in `done` have not bound."""
        index, done = parsed.index, frozenset(done)
        late = [bound for s in parsed.names if s not in done for bound in index.bindings_in(s)]
        rebound = parsed.rebound | {bound.name for bound in late if bound.source is None}
        attributes = (node for node in index.of(ast.Attribute) if node.attr in self.public)
        owners = {node.value for node in attributes if isinstance(node.value, ast.Name)}
        used = {owner.id for owner in owners}
        return LateNames(
            tuple((bound.name, self.rewritten(bound.source), bound.name in used) for bound in late if bound.source),
            tuple((self.rewritten(source) if source else None, n in owners) for n, source in parsed.local.items()),
            tuple(sorted(rebound)),
        )

    def modules(self, parsed: ParsedFile, package: str) -> tuple[str, ...]:
        """What the file's imports name that may be a module, by its full name: for `from a import b`, a and a.b."""
        found: dict[str, None] = {}
        for node in parsed.index.of(ast.Import, ast.ImportFrom):
            is_from = isinstance(node, ast.ImportFrom)
            for written in [node.module or ""] if is_from else [alias.name for alias in node.names]:
                level, module, _ = self.rewritten((node.level if is_from else 0, written, ""))
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
            if isinstance(module, ModuleType) and not is_being_imported(module):
                names.update(_public_names(module))
            elif module is not MISSING or not any(parsed.index.contains(statement, node) for statement in done):
                return None
        return frozenset(names)

    def _source_of(self, node: ast.ImportFrom, package: str) -> object:
        """The module of a star import. It is imported now, since its names decide which annotations are inputs."""
        level, module, _ = self.rewritten((node.level, node.module or "", ""))
        try:
            return importlib.import_module(importlib.util.resolve_name("." * level + module, package))
        except Exception:  # noqa: BLE001 (the import will raise it again when it runs)
            return MISSING


def has_late_stars(parsed: ParsedFile, done: Iterable[ast.stmt]) -> bool:
    """Whether a star import runs for each request."""
    done = frozenset(done)
    stars = filter(is_star, parsed.index.owned(None, ast.ImportFrom))
    return not all(any(parsed.index.contains(statement, star) for statement in done) for star in stars)


def is_being_imported(module: ModuleType) -> bool:
    """Whether the code of a module is still running, so that some of its names are missing."""
    return bool(getattr(vars(module).get("__spec__"), "_initializing", False))


def _public_names(module: ModuleType) -> Iterable[str]:
    """The names that a star import takes from a module."""
    listed: Iterable[str] | None = getattr(module, "__all__", None)
    return [name for name in vars(module) if not name.startswith("_")] if listed is None else listed
