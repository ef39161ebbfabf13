"""Hints for failed imports."""

import ast
import pkgutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final

from hyperpy.exceptions import did_you_mean
from hyperpy.lazy import difflib
from hyperpy.pages.analysis.walk import Walk

_NEAR: Final = 0.75  # how similar the names of two modules are if one may be meant for the other
_INSTALLABLE: Final = frozenset({"aiosqlite", "asyncpg", "httpx", "numpy", "pandas", "requests", "sqlalchemy"})
_FRAMEWORKS: Final = frozenset({"bottle", "django", "fastapi", "fasthtml", "flask", "litestar", "sanic", "tornado"})
_PAGE: Final = 'A page is a t-string as a statement of its own: t"<h1>{title}</h1>".'

# Names that other frameworks have, and what hyperpy has for them.
_ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "APIRouter": "A file in the routes folder is a route.",
        "abort": "Raise an HTTPException: `raise HTTPException(404)`.",
        "jsonify": "Return the data from the loader, or write `JSONResponse(data)`.",
        "make_response": "Import `response`, and set its headers, cookies and status.",
        "render_template": _PAGE,
        "t": 'A t-string needs no import: the `t` stands in front of the quotes, t"<h1>Hello</h1>".',
        "url_for": 'Import `url`: `url("/users/{user_id}", user_id=7)`.',
    }
)


def import_hint(error: ImportError, file: str) -> str:
    """A hint for an import of a name or module that doesn't exist, or of one that isn't there yet; else empty.

    `file` is the one that imports it.
    """
    module = sys.modules.get(error.name or "")
    if "circular import" in str(error):
        return "The two files import each other. Move what both need to a third one, or import it inside the function."
    if not error.name_from:
        return _file_hint(error.name or "", Path(file)) or _module_hint(error.name or "")
    if module is None:
        return ""
    if module.__name__ in ("hyper", "hyperpy") and error.name_from in _ELSEWHERE:
        return f"hyperpy has no `{error.name_from}`. {_ELSEWHERE[error.name_from]}"
    name = error.name_from
    if _is_assigned(name, module):
        return (
            f"Each request has a `{name}` of its own there. Share it with `{name}: Final = …`, or move it to a module."
        )
    names = [name for name in dir(module) if not name.startswith("__")]
    return did_you_mean(name, names)


def _is_assigned(name: str, module: ModuleType) -> bool:
    """Whether the file of a module assigns a name that the module doesn't have."""
    try:
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    except OSError, SyntaxError, ValueError:
        return False
    stored = Walk(tree).index.owned(None, ast.Name)
    return any(node.id == name and isinstance(node.ctx, ast.Store) for node in stored)


def _file_hint(name: str, importing: Path) -> str:
    """How to import a file of the routes folder that has the name of a missing module."""
    roots = [Path(entry or ".").absolute() for entry in sys.path]
    for folder in importing.parents:
        if folder in roots:
            return ""
        if (folder / f"{name}.py").is_file():
            root = next((root for root in roots if folder.is_relative_to(root)), folder.parent)
            package = folder.relative_to(root).parts
            if all(part.isidentifier() for part in package):
                return f"Import it from its package: `from {'.'.join(package)}.{name} import …`."
    return ""


def _module_hint(name: str) -> str:
    """The most similar module of the same package, or how to install what has it."""
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
    if name in _FRAMEWORKS:
        about = f"A route file needs no `{name}`: the file is the route, and its t-string the page."
        return f"{about} Otherwise, i{install[1:]}"
    return f"{near} Otherwise: {install}" if near else install


def _modules_in(folders: Iterable[Path]) -> set[str]:
    """The modules in some folders, and the folders in them that have any."""
    entries = [entry for folder in folders if folder.is_dir() for entry in folder.iterdir()]
    packages = {entry.name for entry in entries if entry.name.isidentifier() and any(entry.glob("*.py"))}
    return packages | {entry.stem for entry in entries if entry.suffix == ".py" and entry.stem != "__init__"}
