"""The routes folder as a Python package, under a name that is unique in the process."""

import ast
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.facts import AssetCheck, URLReference
from hyperpy.pages.known_names import PublicNames
from hyperpy.pages.loading.compiled.code import CompiledRoute
from hyperpy.pages.loading.compiled.route_facts import RouteFacts
from hyperpy.pages.loading.execution import Executed, Execution
from hyperpy.pages.loading.imports.imported_names import ImportedNames
from hyperpy.pages.source_files import Status, file_status, read_source
from hyperpy.routing import Discovery, ErrorPage, GuardFile, RouteFile, URLPatterns

_INITIAL: Final = f"{os.sep}__init__"


class RoutesPackage:
    """One routes folder. Its files import each other relatively or by the folder's name; `name` is the registered one.

    The folder's own name is used unless an unrelated package of that name is already there or could be imported. Then
    the imports in the folder's files are rewritten to the name that is used instead.
    """

    def __init__(self, found: Discovery, public: PublicNames, check_asset: AssetCheck | None = None) -> None:
        self.folder = found.folder.resolve()
        self.folder_name = found.folder.name
        files: tuple[RouteFile | ErrorPage | GuardFile, ...] = (*found.routes, *found.error_pages, *found.guards)
        self.files = {file.module: file for file in files}
        self.same = _same_files(files)
        """Route files that are links to another one: they are the same module."""
        self.patterns = URLPatterns(found.routes)
        self.name = _free_name(self.folder_name, self.folder)
        imported = ImportedNames(public, self._rewrite_imports)
        self.execution = Execution(imported, (self.folder_name, self.name), self.patterns, check_asset)

    def register(self) -> None:
        """Makes `import <name>…` find the files of this folder. The same folder is registered once in a process."""
        _finder.packages[self.name] = self
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        if not _is_folder(sys.modules.get(self.name), self.folder):
            importlib.import_module(self.name)
        for parent in sorted({name.rpartition(".")[0] for name in sys.modules if name.startswith(f"{self.name}.")}):
            if parent not in sys.modules:  # it is to be loaded again, but importing what is in it wouldn't do that
                with suppress(Exception):  # loading the files that import it reports the error
                    _bind_submodules(importlib.import_module(parent))

    def load(self, file: RouteFile | ErrorPage | GuardFile) -> tuple[ModuleType, RouteFacts, CompiledRoute]:
        """The module of a route file, imported unless another file has done so and its text is still the same."""
        name = f"{self.name}.{self.same.get(file.module, file.module)}"
        loader = getattr(sys.modules.get(name), "__loader__", None)
        if not isinstance(loader, RouteLoader) or loader.source != read_source(file.path):
            sys.modules.pop(name, None)
            loader = importlib.import_module(name).__loader__
        assert isinstance(loader, RouteLoader)
        assert loader.executed
        return sys.modules[name], loader.executed.facts, loader.executed.compiled

    def has_module(self, file: RouteFile | ErrorPage | GuardFile, namespace: Mapping[str, object]) -> bool:
        """Whether the module of a file is registered, and this is its namespace."""
        module = sys.modules.get(f"{self.name}.{self.same.get(file.module, file.module)}")
        return module is not None and vars(module) is namespace

    def _rewrite_imports(self, tree: ast.Module) -> ast.Module:
        """Points absolute imports of this package, as written in its files, to its registered name."""
        if self.name == self.folder_name:
            return tree
        rewritten = _ImportRewriter(self.folder_name, self.name).visit(tree)
        assert isinstance(rewritten, ast.Module)
        return ast.fix_missing_locations(rewritten)


def _same_files(files: Sequence[RouteFile | ErrorPage | GuardFile]) -> dict[str, str]:
    """The modules of links, with the module of the file that each is a link to.

    A link is a module of its own if its URL has other parameters, or if relative imports mean something else there.
    """
    found: dict[str, list[RouteFile | ErrorPage | GuardFile]] = {}
    folders: dict[str, str] = {}
    places: dict[str, str] = {}  # the same with a separator at the end
    for file in files:  # with strings: paths take several times as long
        path = str(file.path)
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
            places[folder] = os.path.join(folders[folder], "")
        real = os.path.realpath(path) if file.path.info.is_symlink() else places[folder] + name
        found.setdefault(real, []).append(file)
    same: dict[str, str] = {}
    for real, links in found.items():
        first: dict[object, str] = {}
        for file in sorted(links, key=lambda file: file.path.is_symlink()) if len(links) > 1 else ():
            kind = file.name if isinstance(file, ErrorPage) else (type(file), file.parameters)
            origin = folders[str(file.path.parent)] if _imports_relatively(Path(real)) else None
            if (module := first.setdefault((kind, origin), file.module)) != file.module:
                same[file.module] = module
    return same


def _imports_relatively(path: Path) -> bool:
    try:
        source = read_source(path)
    except RouteError:
        return False  # loading the file reports it
    return re.search(r"^\s*from\s+\.", source, re.MULTILINE) is not None


def _free_name(written: str, folder: Path) -> str:
    name, number = written, 1
    while not _usable(name, folder):
        number += 1
        name = f"{written}~{number}"
    return name


def _usable(name: str, folder: Path) -> bool:
    known = _finder.packages.get(name)
    if known is not None and known.folder != folder:
        return False  # first, because no path has to be resolved
    if name in sys.modules:
        return _is_folder(sys.modules[name], folder)
    if known is not None:
        return True
    try:
        spec = importlib.util.find_spec(name)
    except ImportError, ValueError:
        return False
    if spec is None:
        return True
    return folder in {Path(location).resolve() for location in spec.submodule_search_locations or ()}


def _is_folder(module: ModuleType | None, folder: Path) -> bool:
    return module is not None and folder in {Path(p).resolve() for p in getattr(module, "__path__", ())}


@contextmanager
def temporary_imports(folder: Path) -> Iterator[None]:
    """Forgets imports from a routes folder at the end of the context; earlier imports stay.

    A folder that has changed is then loaded again the next time, and its name is free for another.
    """
    spellings = (str(folder.absolute()), str(folder.resolve()))
    packages, before = dict(_finder.packages), dict(sys.modules)
    try:
        yield
    finally:
        now = dict(sys.modules)
        for name in _only_in_first(now, before, spellings):
            del sys.modules[name]
        sys.modules.update(_only_in_first(before, now, spellings))
        for name, package in list(_finder.packages.items()):
            if str(package.folder) in spellings and packages.get(name) is not package:
                _finder.forget(name, packages.get(name))


def _only_in_first(
    modules: dict[str, ModuleType], others: dict[str, ModuleType], folders: tuple[str, ...]
) -> dict[str, ModuleType]:
    """The modules below the folders that aren't the same among the others."""
    within = tuple(f"{folder}{os.sep}" for folder in folders)
    return {
        name: module
        for name, module in modules.items()
        if others.get(name) is not module
        and any(place in folders or place.startswith(within) for place in _places(module))
    }


def _places(module: ModuleType) -> list[str]:
    # Without getattr: a module may compute attributes, and sys.modules may hold other objects.
    names = getattr(module, "__dict__", {})
    try:
        found = [names.get("__file__"), *names.get("__path__", ())]
    except KeyError:  # a namespace package looks up its parent, which is no longer in sys.modules
        return []
    return [place for place in found if isinstance(place, str)]


def is_in_routes(module: ModuleType, folder: str) -> bool:
    """Whether a module is a file of a routes folder with this name, which its imports then mean by it."""
    loader = module.__dict__.get("__loader__")
    return isinstance(loader, RouteLoader) and loader.package.folder_name == folder


class _RouteFinder(MetaPathFinder):
    """Finds the files of all registered routes folders, ahead of Python's own finders."""

    def __init__(self) -> None:
        self.packages: dict[str, RoutesPackage] = {}

    def forget(self, name: str, before: RoutesPackage | None) -> None:
        """Undoes a registration and restores the one that it replaced, if any."""
        del self.packages[name]
        if before is not None:
            self.packages[name] = before
        elif not self.packages and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        head, *parts = fullname.split(".")
        package = self.packages.get(head)
        if package is None:
            return self._inside(fullname, path or ())
        module = ".".join(parts)
        known = package.files.get(module)
        if known and module not in package.same and os.path.isfile(path_of := str(known.path)):
            return spec_from_file_location(fullname, path_of, loader=RouteLoader(package, known.path))
        place = package.folder.joinpath(*(part.replace("%2E", ".").replace("%25", "%") for part in parts))
        file = known.path if known else place.with_name(f"{place.name}.py")
        if same := package.same.get(module):
            return ModuleSpec(fullname, _AliasLoader(f"{package.name}.{same}"), origin=str(file))
        if parts and file.is_file():
            return spec_from_file_location(fullname, file, loader=RouteLoader(package, file))
        if not place.is_dir():
            return None
        initial, locations = place / "__init__.py", [str(place)]
        if initial.is_file():
            loader = RouteLoader(package, initial)
            return spec_from_file_location(fullname, initial, loader=loader, submodule_search_locations=locations)
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = locations
        return spec

    def _inside(self, fullname: str, path: Sequence[str]) -> ModuleSpec | None:
        """A file of a routes folder that is imported as part of another package: `shop.routes._base`."""
        for entry in path:
            for package in self.packages.values():
                # Every import of a submodule comes here, and comparing paths takes longer than finding most modules.
                may_be_inside = os.path.normcase(package.folder.name) in os.path.normcase(entry)
                if may_be_inside and Path(entry).is_relative_to(package.folder):
                    file = Path(entry, f"{fullname.rpartition('.')[2]}.py")
                    if file.is_file():
                        parts = file.relative_to(package.folder).with_suffix("").parts
                        return ModuleSpec(fullname, _AliasLoader(".".join((package.name, *parts))), origin=str(file))
        return None


class RouteLoader(Loader):
    """Executes a file of a routes folder: all of a private file, and what a route file defines."""

    def __init__(self, package: RoutesPackage, path: Path) -> None:
        self.package = package
        self.path = path
        self.source = ""
        self.status: Status | None = None
        self.imports: tuple[str, ...] = ()
        """What its imports name that may be a module."""
        self.references: tuple[URLReference, ...] = ()
        """Its calls of `url` and `asset`."""
        self.executed: Executed | None = None

    def exec_module(self, module: ModuleType) -> None:
        folder = str(self.path).removesuffix(".py")
        if not folder.endswith(_INITIAL) and os.path.isdir(folder):
            module.__path__ = [folder]  # with `users/` beside `users.py`, it is also the package of these files
        if hasattr(module, "__path__"):
            _bind_submodules(module)
        status = file_status(self.path)
        source, namespace, execution = self.get_source(), module.__dict__, self.package.execution
        match self.package.files.get(module.__name__.partition(".")[2]):
            case None:
                surroundings = execution.private(source, str(self.path), namespace)
            case RouteFile(path=path, parameters=parameters):
                self.executed = execution.route(source, str(path), namespace, frozenset(parameters))
            case GuardFile(path=path, parameters=parameters):
                self.executed = execution.route(source, str(path), namespace, frozenset(parameters), guard=True)
            case ErrorPage(path=path):
                self.executed = execution.route(source, str(path), namespace, any_method=True)
        if self.executed:
            surroundings = self.executed.surroundings
        self.imports, self.references = surroundings.modules, surroundings.references
        self.source, self.status = source, status

    def has_changed(self) -> bool:
        """Whether the file has another text than when it was loaded, or can no longer be read."""
        status = file_status(self.path)
        if status is not None and status == self.status:
            return False
        try:
            is_same = self.source == self.get_source()
        except RouteError:
            return True
        self.status = status
        return not is_same

    def get_source(self, fullname: str = "") -> str:
        """The file's text, decoded as Python decodes it. `linecache` and debuggers call this too."""
        return read_source(self.path)


def _bind_submodules(package: ModuleType) -> None:
    """Makes loaded modules attributes of a package that is loaded again. Python does that only for those it imports."""
    for name, module in list(sys.modules.items()):
        parent, _, child = name.rpartition(".")
        if parent == package.__name__ and child not in vars(package):
            setattr(package, child, module)


class _AliasLoader(Loader):
    """Imports a file that has another name already, under which it is one module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.name)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has set that of the other name


class _ImportRewriter(ast.NodeTransformer):
    def __init__(self, written: str, name: str) -> None:
        self.folder_name = written
        self.name = name

    def renamed(self, dotted: str) -> str:
        head, dot, rest = dotted.partition(".")
        return f"{self.name}{dot}{rest}" if head == self.folder_name else dotted

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if node.module and not node.level:
            node.module = self.renamed(node.module)
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:
        names: list[ast.alias] = []
        for alias in node.names:
            renamed = self.renamed(alias.name)
            if renamed == alias.name or alias.asname:
                names.append(ast.alias(renamed, alias.asname))
            else:  # `import routes._base` binds `routes`
                names += [ast.alias(renamed, renamed.replace(".", "~")), ast.alias(self.name, self.folder_name)]
        node.names = names
        return node


# A process has one import system, and therefore one finder.
_finder = _RouteFinder()
