"""What the names of a file stood for when it was compiled, as text that can be compared in another process.

Analysis looks at the objects that a file's imports bind, and into the code of functions among them. So a fingerprint
has what an object is, and a stamp of the module that it comes from.
"""

import functools
import importlib.util
import os
import sys
import sysconfig
import types
import typing
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final
from weakref import WeakKeyDictionary

from hyperpy.pages.analysis.names.builtin_names import Builtins, builtins_now
from hyperpy.pages.known_names import MISSING, PublicNames, has_marker, is_marker

HYPERPY: Final = Path(__file__).parents[3]
# Every module has its own, which tells nothing about a file.
_OF_MODULES: Final = frozenset(
    {"__builtins__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__"}
)
_TYPING: Final = frozenset({"types", "typing"})
_FIXED: Final = tuple(
    f"{folder}{os.sep}" for folder in {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")} | {str(HYPERPY)}
)
_INSTALLED: Final = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))

# The stamp of a module never changes while it is loaded: one that is loaded again is another object.
_stamps: WeakKeyDictionary[ModuleType, str] = WeakKeyDictionary()
_last_builtins: tuple[Builtins | None, bytes] = (None, b"")


def digest(parts: Iterable[str]) -> bytes:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@functools.cache
def environment() -> str:
    """The versions of Python and hyperpy, and the state of hyperpy's files, which may be edited."""
    versions = sorted(name for name in os.listdir(HYPERPY.parent) if name.startswith("hyperpy-"))
    files = sorted(_files(HYPERPY))
    return digest([sys.version, importlib.util.MAGIC_NUMBER.hex(), sys.platform, *versions, *map(repr, files)]).hex()


def _files(folder: str | Path) -> Iterable[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_size
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _files(entry.path)


def names_print(objects: Mapping[str, object], local: Iterable[object], public: PublicNames) -> bytes:
    """The fingerprint of the names that a file's code can see. Hidden names are not the file's."""
    known = (
        f"{name} {'' if name in _OF_MODULES else described(value, public)}"
        for name, value in sorted(objects.items())
        if not name.startswith((".", "_."))
    )
    return digest([*known, *(described(value, public) for value in local)])


def modules_print(names: Iterable[str]) -> bytes:
    """The fingerprint of modules, if they are loaded."""
    modules = [sys.modules.get(name) for name in names]
    return digest("-" if module is None else stamp(module) for module in modules)


def builtins_print() -> bytes:
    """The fingerprint of the names in `builtins`, to which an application may add."""
    global _last_builtins
    now, (known, found) = builtins_now(), _last_builtins
    if now is not known:
        found = digest([*sorted(now.names), "", *sorted(now.added)])
        _last_builtins = now, found
    return found


def described(value: Any, public: PublicNames) -> str:
    """What analysis can find out about an object."""
    kind = type(value)
    if value is MISSING:
        return "-"
    if name := public.name_of(value):
        return f"={name}"
    if issubclass(kind, ModuleType):
        return f"module {value.__name__} {stamp(value)}"
    if kind is types.MethodType:
        return f"method {described(value.__func__, public)}"
    if kind is functools.partial:
        return f"partial {described(value.func, public)} {bool(value.args)}"
    if kind.__module__ in _TYPING and kind is not FunctionType and not issubclass(kind, type):
        return f"{kind.__qualname__} {_form(value)} {has_marker(value)}"
    if issubclass(kind, type):
        return f"class {_definition(value)} {is_marker(value)}"
    if kind is FunctionType:
        return f"function {_definition(value)} {value.__code__.co_firstlineno}"
    if kind is types.BuiltinFunctionType:
        return f"builtin {value.__module__} {value.__qualname__}"
    return f"{_definition(kind)} {is_marker(value)}"


def _form(value: Any) -> str:
    """The text of a special form of `typing`. Other types may hold any object, whose `repr` may run any code."""
    return repr(value) if isinstance(value, typing._SpecialForm) else ""


def _definition(value: Any) -> str:
    """Where a class or function is defined. An object may claim another module than its own."""
    name = str(value.__module__)
    module = sys.modules.get(name)
    return f"{name} {value.__qualname__} {stamp(module) if isinstance(module, ModuleType) else ''}"


def stamp(module: ModuleType) -> str:
    """A text that changes when the code of a module does.

    For the project's own modules it covers those that they import, directly or not.
    """
    known = _stamps.get(module)
    if known is None:
        found: dict[str, str] = {}
        is_complete = True
        waiting = [module]
        while waiting:
            each = waiting.pop()
            if each.__name__ in found:
                continue
            found[each.__name__], is_own = _file_stamp(each)
            if is_own:
                is_complete = is_complete and not getattr(each.__spec__, "_initializing", False)
                waiting += _named_in(each)
        known = digest(f"{name} {text}" for name, text in sorted(found.items())).hex()
        if is_complete:
            _stamps[module] = known
    return known


def _named_in(module: ModuleType) -> Iterable[ModuleType]:
    """The modules from which the names of a module come."""
    for value in list(vars(module).values()):
        if isinstance(value, FunctionType | type):
            value = sys.modules.get(str(value.__module__))
        if type(value) is ModuleType:
            yield value


def _file_stamp(module: ModuleType) -> tuple[str, bool]:
    """The state of a module's file, and whether the file belongs to the project."""
    file = vars(module).get("__file__")
    if file is None and "__path__" in vars(module):
        return "", True  # a folder without `__init__.py`, whose modules are its attributes
    if not isinstance(file, str) or (file.startswith(_FIXED) and not any(part in file for part in _INSTALLED)):
        return "", False
    if any(part in file for part in _INSTALLED):
        return _status(file), False
    source = getattr(vars(module).get("__loader__"), "source", None)  # of a file in a routes folder
    if isinstance(source, str) and source:
        return digest([source]).hex(), True
    try:
        return blake2b(Path(file).read_bytes(), digest_size=16).hexdigest(), True
    except OSError:
        return "", True


def _status(file: str) -> str:
    try:
        status = os.stat(file)
    except OSError:  # in a zip file
        return ""
    return f"{status.st_mtime_ns} {status.st_size}"
