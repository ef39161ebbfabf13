"""Hints for failed imports."""

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from hyperpy.exceptions import did_you_mean, display_path
from hyperpy.lazy import difflib
from hyperpy.pages.analysis.names.other_frameworks import EXTENSIONS, FRAMEWORKS, INSTEAD
from hyperpy.pages.analysis.walk import Walk
from hyperpy.proposed_imports import NAMES

_NEAR: Final = 0.75  # how similar the names of two modules are if one may be meant for the other
_INSTALLABLE: Final = frozenset({"aiosqlite", "asyncpg", "httpx", "numpy", "pandas", "requests", "sqlalchemy"})
_HOMES: Final = ("hyperpy.exceptions", "hyperpy.datastar", "hyperpy.channels")


def import_hint(error: ImportError, file: str) -> str:
    """A hint for an import of a name or module that doesn't exist, or of one that isn't there yet; else empty.

    `file` is the one that imports it.
    """
    module = sys.modules.get(error.name or "")
    if "circular import" in str(error):
        return "The two files import each other. Move what both need to a third one, or import it inside the function."
    if not error.name_from:
        return _file_hint(error.name or "", Path(file)) or _module_hint(error.name or "", file)
    if module is None:
        return ""
    if module.__name__ in ("hyper", "hyperpy") and error.name_from in INSTEAD:
        return f"hyperpy has no `{error.name_from}`. {INSTEAD[error.name_from]}"
    name = error.name_from
    if module.__name__ in ("hyper", "hyperpy") and (home := _home(name)):
        return f"Write `from {home} import {name}`."
    if _is_assigned(name, module):
        return (
            f"Each request has a `{name}` of its own there. Share it with `{name}: Final = …`, or move it to a module."
        )
    similar = _similar(name, [name for name in dir(module) if not name.startswith("__")])
    return (
        similar
        or f"`{module.__name__}` has no `{name}`. Check the spelling, or import it from the module that defines it."
    )


def _similar(name: str, known: Sequence[str]) -> str:
    """The suggestion of a name that differs in a letter or two, or in the case of its letters."""
    by_case = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name, known, n=1, cutoff=_NEAR)
    near = near or difflib.get_close_matches(name.lower(), by_case, n=1, cutoff=_NEAR)
    return f"Did you mean `{by_case.get(near[0], near[0])}`?" if near else ""


def _home(name: str) -> str:
    """The public module below hyperpy that defines a class of this name, or the empty string."""
    found = ((home, vars(importlib.import_module(home)).get(name)) for home in _HOMES)
    classes = (home for home, kind in found if isinstance(kind, type) and kind.__module__.startswith("hyperpy."))
    return next(classes, "")


def _is_assigned(name: str, module: ModuleType) -> bool:
    """Whether the file of a module assigns a name that the module doesn't have."""
    try:
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    except OSError, SyntaxError, ValueError:
        return False
    stored = Walk(tree).index.owned(None, ast.Name)
    return any(node.id == name and isinstance(node.ctx, ast.Store) for node in stored)


def _file_hint(name: str, importing: Path) -> str:
    """How to import a module of the project that Python doesn't find."""
    if "." in name:  # the package has been found
        return ""
    roots = [Path(entry or ".").absolute() for entry in sys.path]
    package = _package_of(importing)
    for folder in importing.parents:
        if folder in roots:
            return _below(name, folder)
        if not _has_module(name, folder):
            continue
        if package is not None and folder == package.parent:
            return _not_on_path(name, folder)
        root = package.parent if package is not None and folder.is_relative_to(package) else None
        root = root or next((root for root in roots if folder.is_relative_to(root)), None)
        return _from_package(name, folder, root) if root is not None else _not_on_path(name, folder)
    return ""


def _package_of(file: Path) -> Path | None:
    """The folder of the outermost imported package that a file is in, which need not be on Python's path."""
    known = {str(path) for module in list(sys.modules.values()) for path in vars(module).get("__path__", ())}
    packages = [folder for folder in file.parents if str(folder) in known]
    return packages[-1] if packages else None


def _has_module(name: str, folder: Path) -> bool:
    return (folder / f"{name}.py").is_file() or any((folder / name).glob("*.py"))


def _below(name: str, root: Path) -> str:
    """The same for one in a folder below a folder of Python's path, or one further down."""
    folders = [folder for pattern in ("*/", "*/*/") for folder in sorted(root.glob(pattern))]
    found = (_from_package(name, folder, root) for folder in folders if _has_module(name, folder))
    return next(filter(None, found), "")


def _from_package(name: str, folder: Path, root: Path) -> str:
    package = folder.relative_to(root).parts
    if not all(part.isidentifier() for part in package):
        return ""
    return f"Import it from its package: `from {'.'.join(package)}.{name} import …`."


def _not_on_path(name: str, folder: Path) -> str:
    where = "the current folder" if folder == Path.cwd() else display_path(str(folder))
    hint = f"`{name}` is in {where}, which isn't on Python's path. Run `hyper` there, or add it to `PYTHONPATH`."
    if "pytest" in sys.modules:
        hint += ' For pytest, write `pythonpath = ["."]` below [tool.pytest.ini_options] in its pyproject.toml.'
    return hint


def _module_hint(name: str, file: str) -> str:
    """The most similar module of the same package, how to do without it, or how to install what has it."""
    if name in EXTENSIONS:
        return "\n".join((EXTENSIONS[name], *_instead_of_names(name, file, EXTENSIONS[name])))
    package, _, last = name.rpartition(".")
    if package:
        folders = [Path(folder) for folder in getattr(sys.modules.get(package), "__path__", ())]
        return did_you_mean(last, sorted(_modules_in(folders)))
    own = sorted(_modules_in([Path.cwd()]))
    top = {module.name for module in pkgutil.iter_modules()} | sys.stdlib_module_names | _INSTALLABLE
    known = sorted(module for module in top.difference(own) if not module.startswith("_"))
    similar = difflib.get_close_matches(name, [*own, *(each for each in known if each[:1] == name[:1])], 1, _NEAR)
    if similar and similar[0] in own:
        return f"Did you mean `{similar[0]}`?"
    near = f"Did you mean `{similar[0]}`?" if similar else ""
    install = f"Install the package that has `{name}` into the environment that `hyper` runs in."
    if name in FRAMEWORKS:
        about = f"A route file needs no `{name}`: the file is the route, and its t-string the page."
        instead = list(_instead_of_names(name, file))
        return "\n".join((about, *instead)) if instead else f"{about} Otherwise, i{install[1:]}"
    return f"{near} Otherwise: {install}" if near else install


def _instead_of_names(package: str, file: str, said: str = "") -> Iterator[str]:
    """What hyperpy has for the names that a file imports from a missing package, besides what is `said`."""
    try:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    except OSError, SyntaxError, ValueError:
        return
    statements = (node for node in Walk(tree).index.of(ast.ImportFrom) if (node.module or "").split(".")[0] == package)
    names = dict.fromkeys(alias.name for statement in statements for alias in statement.names)
    if own := [name for name in names if NAMES.get(name) == "hyperpy" and name != "render"]:
        yield f"hyperpy has {' and '.join(f'`{name}`' for name in own)}: `from hyperpy import {', '.join(own)}`."
    yield from (f"In place of `{name}`: {INSTEAD[name]}" for name in names if INSTEAD.get(name, said) not in said)


def _modules_in(folders: Iterable[Path]) -> set[str]:
    """The modules in some folders, and the folders in them that have any."""
    entries = [entry for folder in folders if folder.is_dir() for entry in folder.iterdir()]
    packages = {entry.name for entry in entries if entry.name.isidentifier() and any(entry.glob("*.py"))}
    return packages | {entry.stem for entry in entries if entry.suffix == ".py" and entry.stem != "__init__"}
