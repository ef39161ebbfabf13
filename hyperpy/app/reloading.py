"""Loads changed files of the routes again in the running process, and what imports them; the rest keeps its state."""

import ast
import asyncio
import linecache
import os
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Final

from starlette.types import ASGIApp

from hyperpy.app.dispatch import Dispatch
from hyperpy.app.hyper import Hyper
from hyperpy.app.loaded_routes import LoadedRoute, LoadedRoutes, load_routes
from hyperpy.exceptions import HyperError, RouteError
from hyperpy.pages import Route, RouteLoader, is_in_routes, read_source
from hyperpy.record_classes import record

HYPERPY: Final = os.path.normcase(f"{Path(__file__).parent.parent}{os.sep}")


@record(frozen=True, slots=True)
class Reloaded:
    """What a reload has changed."""

    files: frozenset[str]
    """The route files that are answered by other code than before, or no longer."""
    is_moved: bool
    """Whether URLs have come, gone, or passed to other files."""


async def reload_routes(app: ASGIApp, changed: Collection[Path]) -> Reloaded | None:
    """Switch to the routes as they are now. Returns None if only a restart can take the changes over.

    Requests that are being answered go on in the old code. Streams of the routes that have changed end, and their
    clients reconnect to the new code.
    """
    if not isinstance(app, Hyper) or not all(_is_route_code(path, app.loaded_routes.folder) for path in changed):
        return None
    before = app.loaded_routes
    after = await asyncio.to_thread(_load_again, app)
    if after is None:
        return None
    app.loaded_routes = after
    app.dispatch = Dispatch(app, after, app.settings)
    files = changed_files(before, after)
    app.streams.end(files)
    return Reloaded(files, _urls(before) != _urls(after))


def _urls(routes: LoadedRoutes) -> frozenset[tuple[str, str]]:
    return frozenset((entry.file, entry.url) for entry in routes.entries)


def _is_route_code(path: Path, folder: Path) -> bool:
    return path.suffix == ".py" and (path.is_relative_to(folder.absolute()) or path.is_relative_to(folder.resolve()))


def changed_files(before: LoadedRoutes, after: LoadedRoutes) -> frozenset[str]:
    """The files of routes that are answered by other code than before, or no longer."""
    now = {entry.file: _code(entry) for entry in after.entries}
    return frozenset(entry.file for entry in before.entries if now.get(entry.file) != _code(entry))


def _code(entry: LoadedRoute) -> tuple[object, ...]:
    """The namespaces of a route and its guards, which are new if the file has been loaded again."""
    if not isinstance(entry, Route):
        return (entry,)
    return (entry.url, *(id(route.definitions) for route in (entry, *entry.guards)))


def _load_again(app: Hyper) -> LoadedRoutes | None:
    """The routes as they are now; None if they conflict or if modules outside the folder use what has changed."""
    modules = _Modules.of(app.loaded_routes)
    outdated = modules.outdated()
    if outdated and _used_outside(modules):
        return None
    removed = _remove(modules.ids(outdated))
    linecache.checkcache()  # errors show the lines of the files as they are loaded now
    try:
        static = app.static_folder is not None
        return load_routes(app.loaded_routes.folder, static=static, before=app.loaded_routes)
    except HyperError:
        sys.modules.update(removed)
        return None


@record(frozen=True, slots=True)
class _Modules:
    """The loaded modules of a routes folder."""

    package: str
    folder: Path
    names: frozenset[str]

    @classmethod
    def of(cls, routes: LoadedRoutes) -> _Modules:
        package = routes.package
        names = frozenset(name for name in sys.modules if f"{name}.".startswith(f"{package}."))
        return cls(package, routes.folder, names)

    def ids(self, names: Iterable[str]) -> frozenset[int]:
        return frozenset(id(sys.modules[name]) for name in names)

    def outdated(self) -> frozenset[str]:
        """The modules whose files have changed or gone, and those that import them, directly or through others."""
        importers: dict[str, set[str]] = {}
        waiting = [name for name in self.names if _has_changed(sys.modules[name])]
        for name in self.names:
            for imported in self._imports(name):
                importers.setdefault(imported, set()).add(name)
        for imported, names in importers.items():
            if imported not in sys.modules and self._exists(imported):
                waiting += names
        found: set[str] = set()
        while waiting:
            if (name := waiting.pop()) not in found:
                found.add(name)
                same = (other for other in self.names if sys.modules[other] is sys.modules[name])
                waiting += [*same, *importers.get(name, ())]
        return frozenset(found)

    def _exists(self, name: str) -> bool:
        head, *parts = name.split(".")
        parent = sys.modules.get(name.rpartition(".")[0])
        if head != self.package or (parent is not None and not hasattr(parent, "__path__")):
            return False
        place = self.folder.joinpath(*parts)
        return place.with_name(f"{place.name}.py").is_file() or (place / "__init__.py").is_file()

    def _imports(self, name: str) -> Iterator[str]:
        """What a module imports, with the packages around it, whose `__init__` its import runs."""
        loader = sys.modules[name].__loader__
        for dotted in loader.imports if isinstance(loader, RouteLoader) else ():
            if dotted.startswith(self.package):  # others are unchanged
                yield from _with_packages(dotted)


@lru_cache(maxsize=4096)
def _with_packages(module: str) -> tuple[str, ...]:
    """The names of a module and of the packages around it."""
    parts = module.split(".")
    return tuple([".".join(parts[:count]) for count in range(1, len(parts) + 1)])


def _has_changed(module: ModuleType) -> bool:
    """Whether the file of a module, which a link may lead to, has another text than when it was loaded."""
    loader = module.__loader__  # that of a folder without `__init__.py` has no text
    return isinstance(loader, RouteLoader) and loader.has_changed()


def _used_outside(modules: _Modules) -> bool:
    """Whether a module outside the folder, and not of an installed package, has an import from it."""
    installed = (os.path.dirname(os.__file__), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    inside = (f"{modules.folder.absolute()}{os.sep}", f"{modules.folder.resolve()}{os.sep}")
    files = {
        file
        for name, module in list(sys.modules.items())
        if name not in modules.names and isinstance(module, ModuleType)
        if isinstance(file := vars(module).get("__file__"), str) and not is_in_routes(module, modules.folder.name)
    }
    others = (*map(os.path.normcase, (*installed, *inside)), HYPERPY)
    own = [file for file in files if file.endswith(".py") and not os.path.normcase(file).startswith(others)]
    return any(_imports_folder(Path(file), modules.folder.name) for file in own)


def _imports_folder(file: Path, folder: str) -> bool:
    try:
        source = read_source(file)
        return folder in source and "import" in source and folder in _imported_parts(source)
    except RouteError, SyntaxError:
        return True  # it has changed too


@lru_cache(maxsize=256)  # modules outside the folder rarely change between two reloads
def _imported_parts(source: str) -> frozenset[str]:
    """The parts of the dotted names that a module imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names += (f"{node.module or ''}.{alias.name}" for alias in node.names)
    return frozenset(part for name in names for part in name.split("."))


def _remove(outdated: frozenset[int]) -> dict[str, ModuleType]:
    """Take modules out of `sys.modules` and their packages, so that imports run them again."""
    removed = {name: module for name, module in list(sys.modules.items()) if id(module) in outdated}
    for name, module in removed.items():
        del sys.modules[name]
        parent, _, child = name.rpartition(".")
        around = sys.modules.get(parent)
        if around is not None and vars(around).get(child) is module:
            delattr(around, child)
    return removed
