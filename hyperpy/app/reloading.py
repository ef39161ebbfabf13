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
from hyperpy.routing import URLPatterns, discover

_IMPORTING: Final = ("import_module", "__import__")
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
    after = await asyncio.to_thread(_load_again, app, changed)
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


def _load_again(app: Hyper, changed: Collection[Path]) -> LoadedRoutes | None:
    """The routes as they are now; None if they conflict or if modules outside the folder use what has changed."""
    modules, removed = _Modules.of(app.loaded_routes), {}
    try:
        outdated = modules.outdated(changed)
        if (outdated and _used_outside(modules)) or _imported_by_python(changed):
            return None
        removed = _remove(modules.ids(outdated))
        linecache.checkcache()  # errors show the lines of the files as they are loaded now
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
    files: frozenset[str]
    """The routes, guards and error pages."""

    @classmethod
    def of(cls, routes: LoadedRoutes) -> _Modules:
        package = routes.package
        names = frozenset(name for name in sys.modules if f"{name}.".startswith(f"{package}."))
        return cls(package, routes.folder, names, frozenset(entry.file for entry in routes.entries))

    def ids(self, names: Iterable[str]) -> frozenset[int]:
        return frozenset(id(sys.modules[name]) for name in names)

    def outdated(self, changed: Collection[Path]) -> frozenset[str]:
        """The modules whose files have changed or gone, and those that import them, directly or through others.

        Raises RouteError if the names of the files are invalid.
        """
        importers: dict[str, set[str]] = {}
        waiting = [name for name in self.names if _has_changed(sys.modules[name])]
        waiting += filter(None, map(self._replaced, changed))
        if any(str(path) not in self.files or not path.exists() for path in changed):  # files may have come or gone
            waiting += self._with_broken_urls()
            waiting += [name for name in self.names if _imports_dynamically(sys.modules[name])]
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

    def _replaced(self, path: Path) -> str | None:
        """The module that a new file takes the name of: that of a folder, or of a package beside a file."""
        for folder in (self.folder.absolute(), self.folder.resolve()):
            if path.is_relative_to(folder):
                parts = path.relative_to(folder).with_suffix("").parts
                name = ".".join((self.package, *(parts[:-1] if parts[-1] == "__init__" else parts)))
                if name in self.names and path.is_file() and not _is_file_of(sys.modules[name], path):
                    return name
        return None

    def _with_broken_urls(self) -> Iterator[str]:
        """The modules with a call of `url` for which there is no route now."""
        patterns = URLPatterns(discover(self.folder).routes)
        for name in self.names:
            loader = sys.modules[name].__loader__
            references = loader.references if isinstance(loader, RouteLoader) else ()
            if any(reference.problem(patterns, None) for reference in references):
                yield name

    def _exists(self, name: str) -> bool:
        head, *parts = name.split(".")
        parent = sys.modules.get(name.rpartition(".")[0])
        if head != self.package or (parent is not None and not hasattr(parent, "__path__")):
            return False
        place = self.folder.joinpath(*parts)
        return place.with_name(f"{place.name}.py").is_file() or (place / "__init__.py").is_file()

    def _imports(self, name: str) -> Iterator[str]:
        """What a module imports, with the packages around it, whose `__init__` its import runs."""
        if _imports_dynamically(sys.modules[name]):
            yield from self.names
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


def _imports_dynamically(module: ModuleType) -> bool:
    """Whether a file of the folder has imports that no statement names. They may be of any other file."""
    loader = module.__loader__
    return isinstance(loader, RouteLoader) and any(f"{name}(" in loader.source for name in _IMPORTING)


def _file_of(module: ModuleType) -> object:
    return getattr(module, "__dict__", {}).get("__file__")  # sys.modules may hold other objects


def _is_file_of(module: ModuleType, path: Path) -> bool:
    file = _file_of(module)
    return isinstance(file, str) and os.path.realpath(file) == os.path.realpath(path)


def _imported_by_python(changed: Collection[Path]) -> bool:
    """Whether one of the files has been imported before the folder was known, as by an import at the top of app.py."""
    names = frozenset(path.name for path in changed)
    for module in list(sys.modules.values()):
        file = _file_of(module)
        if isinstance(file, str) and os.path.basename(file) in names:
            is_ours = isinstance(module.__dict__.get("__loader__"), RouteLoader)
            if not is_ours and any(_is_file_of(module, path) for path in changed):
                return True
    return False


def _used_outside(modules: _Modules) -> bool:
    """Whether a module outside the folder, and not of an installed package, has an import from it.

    A file of the folder that was imported before the folder was known is such a module, too.
    """
    installed = (os.path.dirname(os.__file__), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    files = {
        file
        for module in list(sys.modules.values())
        if isinstance(file := _file_of(module), str) and not is_in_routes(module, modules.folder.name)
    }
    others = (*map(os.path.normcase, installed), HYPERPY)
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
    """The parts of the dotted names that a module imports, or may import by a function that is given a name."""
    names: list[str] = []
    is_dynamic = False
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names += (f"{node.module or ''}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(_IMPORTING):
            names += _texts(node)
            is_dynamic = True
    if is_dynamic:  # a name may be made of a constant
        names += (text.partition(".")[0] for text in _texts(tree) if "." in text)
    return frozenset(part for name in names for part in name.split("."))


def _texts(tree: ast.AST) -> Iterator[str]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return (node.value for node in nodes if isinstance(node.value, str))


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
