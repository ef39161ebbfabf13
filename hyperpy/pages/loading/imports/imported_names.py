"""The objects that a file's names stand for, once its first imports have run."""

import ast
import importlib.util
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hyperpy.pages.facts import ImportedName
from hyperpy.pages.known_names import MISSING, PublicNames
from hyperpy.record_classes import record

type Rewrite = Callable[[ast.Module], ast.Module]


class LateNames(NamedTuple):
    """The names of a file whose meaning is not yet in its namespace. It is plain data, for `marshal`."""

    imported: tuple[tuple[str, ImportedName, bool], ...]
    """Names that imports bind later, the source of each, and whether hyperpy's names are its attributes."""
    local: tuple[tuple[ImportedName | None, bool], ...]
    """The same for the names in functions that refer to local variables, in the order of `ParsedFile.local`."""
    rebound: tuple[str, ...]
    """Names that the file rebinds: they have no fixed meaning."""


@record(frozen=True, slots=True)
class ImportedNames:
    """Looks up what imports bind. `rewrite` redirects imports of the routes package."""

    public: PublicNames
    rewrite: Rewrite

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

    def rewritten(self, source: ImportedName) -> ImportedName:
        """The same import as it will be compiled."""
        level, module, name = source
        if level:
            return source
        node = ast.ImportFrom(module, [ast.alias(name or "*")], level)
        self.rewrite(ast.Module([node], []))
        return level, node.module or "", name
