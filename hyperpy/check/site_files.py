"""The files of a site that are checked: those of the routes folder, and the user's modules that they import."""

import ast
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Final

from hyperpy.app.loaded_routes import PUBLIC_NAMES, BrokenRoute, LoadedRoute, LoadedRoutes
from hyperpy.exceptions import Place, RouteError, TemplateError
from hyperpy.pages import Route
from hyperpy.pages.analysis.parsed_file import ParsedFile, parsed_file
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.known_names import MISSING
from hyperpy.pages.loading.imports.analysed_names import is_being_imported
from hyperpy.pages.source_files import read_source
from hyperpy.record_classes import record
from hyperpy.templates.at_load.literals import Literal, Literals
from hyperpy.templates.at_load.locate import SourceText, locate
from hyperpy.templates.syntax.literal_source import LiteralSource

_NOTHING: Final[Mapping[str, object]] = {}
_PACKAGE: Final = f"{Path(__file__).parent.parent}{os.sep}"


@record(eq=False)
class SiteFile:
    """A parsed file with the meaning of its names. `route` is None for a file that isn't a route, guard or error page.

    `url` is the pattern of a route file, else empty.
    """

    path: str
    source: str
    parsed: ParsedFile
    namespace: Mapping[str, object]
    route: LoadedRoute | None
    url: str
    imports: frozenset[str] = field(default_factory=frozenset)
    """Every name that its import statements mention, split at the dots."""

    @property
    def is_broken(self) -> bool:
        return isinstance(self.route, BrokenRoute)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Module-level names that only one statement binds mean what they meant after loading."""
        rebound = self.parsed.bound - self.parsed.bound_once
        known = {name: value for name, value in self.namespace.items() if name not in rebound}
        return Vocabulary(PUBLIC_NAMES, known, dict.fromkeys(self.parsed.local, MISSING))

    @cached_property
    def text(self) -> SourceText:
        return SourceText(self.path, self.source)

    @property
    def literals(self) -> tuple[Literal, ...]:
        """The t-strings that are HTML, outer ones first."""
        return self._literals[0]

    @property
    def lacks_fragments(self) -> bool:
        """Whether a t-string that can't be parsed has the marker of a fragment."""
        return self._literals[1]

    @cached_property
    def _literals(self) -> tuple[tuple[Literal, ...], bool]:
        literals = Literals(self.text, self.vocabulary.spellings(self.parsed.index, "fragment"))
        found: list[Literal] = []
        lacks = False
        for node in self.parsed.index.of(ast.TemplateStr):
            try:
                found.append(literals[node])
            except TemplateError:  # if it is a template, loading the file has reported it
                holes = (part.str.strip() for part in node.values if isinstance(part, ast.Interpolation))
                lacks = lacks or not literals.markers.isdisjoint(holes)
        return tuple(found), lacks

    @cached_property
    def by_node(self) -> Mapping[ast.TemplateStr, Literal]:
        return {literal.node: literal for literal in self.literals}

    def place(self, literal: Literal, position: int, width: int) -> Place:
        """The place of a position in a document."""
        document = literal.document
        part, offset = LiteralSource(document.strings, document.shapes).part(position)
        return locate(self.text, literal.node, part, offset, width)


@record(frozen=True)
class SiteFiles:
    """All files that are checked."""

    files: tuple[SiteFile, ...]

    @cached_property
    def by_path(self) -> Mapping[str, SiteFile]:
        return {file.path: file for file in self.files}

    @cached_property
    def _by_name(self) -> Mapping[str, list[SiteFile]]:
        found: dict[str, list[SiteFile]] = {}
        for file in self.files:
            found.setdefault(_module_stem(file.path), []).append(file)
        return found

    def reach(self, file: SiteFile) -> list[SiteFile]:
        """A file and those that it may import, directly or not: rather too many than too few."""
        found, new = {file.path: file}, [file]
        while new:
            for name in new.pop().imports:
                for other in self._by_name.get(name, ()):
                    if other.path not in found:
                        found[other.path] = other
                        new.append(other)
        return list(found.values())


def site_files(loaded: LoadedRoutes, before: SiteFiles | None = None) -> SiteFiles:
    """The files of a loaded site. Those `before` are used again if they are the same."""
    known = before.by_path if before else {}
    modules = _user_modules(loaded.folder)
    files: dict[str, SiteFile] = {}
    for entry in loaded.entries:
        namespace = entry.definitions if isinstance(entry, Route) else _NOTHING
        _add(files, known, entry.file, namespace, entry)
    todo = list(files.values())
    while todo:
        for name in todo.pop().imports:
            for module in modules.get(name, ()):
                path = str(module.__file__)
                if path not in files and _add(files, known, path, vars(module), None):
                    todo.append(files[path])
    return SiteFiles(tuple(files.values()))


def _add(
    files: dict[str, SiteFile],
    known: Mapping[str, SiteFile],
    path: str,
    namespace: Mapping[str, object],
    route: LoadedRoute | None,
) -> bool:
    try:
        source = read_source(Path(path))
        same = known.get(path)
        if same and same.source == source and same.route is route and same.namespace is namespace:
            files[path] = same
            return True
        parsed = parsed_file(ast.parse(source, path), source, path)
    except RouteError, SyntaxError:  # loading the file has reported it
        return False
    files[path] = SiteFile(path, source, parsed, namespace, route, route.url if route else "", _imported(parsed))
    return True


def _imported(parsed: ParsedFile) -> frozenset[str]:
    found: set[str] = set()
    for node in parsed.index.of(ast.Import, ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for name in (module, *(alias.name for alias in node.names)):
            found.update(name.split("."))
    return frozenset(found)


def files_with(app: object, folder: Path) -> list[str]:
    """The files of the user's modules in which an application is a name, such as `app.py`."""
    loaded = [module for modules in _user_modules(folder).values() for module in modules]
    return [str(module.__file__) for module in loaded if any(value is app for value in vars(module).values())]


def _module_stem(path: str) -> str:
    file = Path(path)
    return file.parent.name if file.name == "__init__.py" else file.stem


def _user_modules(folder: Path) -> Mapping[str, list[ModuleType]]:
    """The loaded modules of the user, by the last part of their names.

    A module that is being imported lacks some of its names, and a file with these would be kept for the next check.
    """
    roots = {f"{root}{os.sep}" for each in (folder, Path.cwd()) for root in (each.absolute(), each.resolve())}
    found: dict[str, list[ModuleType]] = {}
    for module in list(sys.modules.values()):
        file = getattr(module, "__dict__", {}).get("__file__")  # sys.modules may hold other objects
        if isinstance(file, str) and file.endswith(".py") and _is_users(file, roots) and not is_being_imported(module):
            found.setdefault(_module_stem(file), []).append(module)
    return found


def _is_users(file: str, roots: Iterable[str]) -> bool:
    if file.startswith(_PACKAGE):
        return False
    below = next((file.removeprefix(root) for root in roots if file.startswith(root)), None)
    return below is not None and not any(part.startswith(".") or part == "site-packages" for part in Path(below).parts)
