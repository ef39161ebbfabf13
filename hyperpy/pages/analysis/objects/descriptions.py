"""Objects as text: two objects with the same text are the same to analysis, in whichever process.

A text has the kind of an object, and its identity where analysis may know that. It has nothing of what a function or
a module contains; analysis asks about that by `Vocabulary.answer`.
"""

import enum
import functools
import inspect
import os
import sys
import types
import typing
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from hyperpy.pages.known_names import MISSING, PublicNames, is_marker

_HYPERPY: Final = str(Path(__file__).parents[3])
_TYPING: Final = frozenset({"types", "typing"})
_FIXED: Final = tuple(f"{folder}{os.sep}" for folder in (os.path.dirname(os.__file__), _HYPERPY))
_INSTALLED: Final = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_NAMES: Final = ("__module__", "__name__", "__qualname__")
_HASHES: Final = (type.__hash__, FunctionType.__hash__)
_PLAIN: Final = frozenset(map(id, (bool, bytes, complex, dict, float, int, list, set, str, tuple, types.NoneType)))
"""By identity, since a class may not be hashable."""
_NAMESPACES: Final = (type.__prepare__, enum.EnumType.__prepare__)

# A function or class, or the file of a loaded module, doesn't change: what is loaded again is another object.
_known: WeakKeyDictionary[FunctionType | type, str] = WeakKeyDictionary()
_states: WeakKeyDictionary[ModuleType, str | None] = WeakKeyDictionary()


class Origin(NamedTuple):
    """Where an object says that it comes from."""

    module: str
    name: str
    qualified: str


def origin_of(value: Any) -> Origin:
    """The origin of a class or function, or of an object that stands for one. Runs no code of the user's classes."""
    kind = type(value)
    if issubclass(kind, type | FunctionType | types.BuiltinFunctionType) or kind.__module__ in _TYPING:
        found = [getattr(value, name, "") for name in _NAMES]
    else:
        own = _attributes(value)
        found = [own.get(name, "") for name in _NAMES]
        found[0] = found[0] or kind.__module__
    return Origin(*map(str, found))


def _attributes(value: object) -> dict[str, object]:
    """What an object keeps in its `__dict__`."""
    if not type(value).__dictoffset__:
        return {}
    found = inspect.getattr_static(value, "__dict__", None)
    return found.__get__(value) if isinstance(found, types.GetSetDescriptorType) else {}


def attribute_of(owner: object, name: str, public: PublicNames) -> object:
    """Looks up an attribute without running user code, except a module's `__getattr__` for a public name."""
    if not isinstance(owner, ModuleType):
        found = inspect.getattr_static(owner, name, MISSING)
        return found.__func__ if isinstance(found, staticmethod) else found
    if name in owner.__dict__ or name not in public:
        return owner.__dict__.get(name, MISSING)
    return getattr(owner, name, MISSING)


def makes_namespace(kind: type) -> bool:
    """Whether the body of a class with this metaclass may have names of its `__prepare__`."""
    return getattr(kind, "__prepare__", None) not in _NAMESPACES


def described(value: Any, public: PublicNames) -> str:
    """What analysis can find out about an object by its identity, type and origin."""
    kind = type(value)
    if name := public.name_of(value):
        return f"={name}"
    if id(kind) in _PLAIN:
        return kind.__name__
    if value is MISSING:
        return "-"
    if kind is FunctionType or issubclass(kind, type):
        return _definition(value, public)
    if issubclass(kind, ModuleType):
        return f"module {value.__name__} {_state(value)}"
    if any(kind is bound for bound in (types.MethodType, classmethod, staticmethod)):
        return f"{kind.__name__} {described(value.__func__, public)}"
    if issubclass(kind, functools.partial):
        return f"partial {described(value.func, public)} {bool(value.args)}"
    if kind is types.BuiltinFunctionType:
        return f"builtin {_identity(value)}"
    form = repr(value) if isinstance(value, typing._SpecialForm) else ""  # others may hold any object
    return f"{described(kind, public)} {form} {is_marker(value)} {' '.join(origin_of(value))}"


def _definition(value: FunctionType | type, public: PublicNames) -> str:
    is_plain = type(value).__hash__ in _HASHES  # others are of the user
    known = _known.get(value) if is_plain else None
    if known is None:
        known = _function(value) if isinstance(value, FunctionType) else _class(value, public)
        if is_plain:
            _known[value] = known
    return known


def _function(function: FunctionType) -> str:
    """A function, and the one whose code it has, as that of a context manager has `contextlib`'s."""
    code = f"{function.__globals__.get('__name__')} {function.__code__.co_qualname}"
    tests = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    return f"function {_identity(function)} {code} {[test(function) for test in tests]}"


def _class(kind: type, public: PublicNames) -> str:
    """A class with its bases, and its metaclass."""
    bases = " ".join(map(_identity, kind.__mro__))
    meta = "" if type(kind) is type else f"{described(type(kind), public)} {makes_namespace(type(kind))}"
    return f"class {bases} {meta} {is_marker(kind)}"


def _identity(value: Any) -> str:
    """The place of a class or function in its module, which may not be the one that it names."""
    origin = origin_of(value)
    module = sys.modules.get(origin.module)
    if not isinstance(module, ModuleType) or (state := _state(module)) is None:
        return " ".join(origin)
    found: object = module
    for part in origin.qualified.split("."):
        found = vars(found).get(part) if isinstance(found, type | ModuleType) else None
    return f"{' '.join(origin)} {state} {found is value}"


def _state(module: ModuleType) -> str | None:
    """What changes with the file of an installed module; empty for Python's own and hyperpy's. None if it is a user's.

    An installed package answers as before until another version of it is installed.
    """
    if module not in _states:
        _states[module] = _file_state(module)
    return _states[module]


def _file_state(module: ModuleType) -> str | None:
    file = vars(module).get("__file__")
    if not isinstance(file, str):
        return None if "__path__" in vars(module) else ""
    if not any(part in file for part in _INSTALLED):
        return "" if file.startswith(_FIXED) else None
    try:
        status = os.stat(file)
    except OSError:  # in a zip file
        return ""
    return f"{status.st_mtime_ns} {status.st_size}"
