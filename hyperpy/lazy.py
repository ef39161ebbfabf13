"""What is imported or compiled when it is first used, because many sites never use it.

Loading the routes uses the names that requests will need, so that no request waits for an import.
"""

import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from hyperpy.garbage import collection_paused

__all__ = [
    "LazyModule",
    "anyio",
    "compile_patterns",
    "decimal",
    "difflib",
    "from_thread",
    "is_model",
    "itsdangerous",
    "lazy_names",
    "lazy_pattern",
    "metadata",
    "pydantic",
    "pydantic_core",
    "tomllib",
]


class LazyModule:
    """Stands for a module until one of its names is used; then it has the same names.

    Type checkers and `tests/test_house.py` read the real import, which stands beside it:

        if TYPE_CHECKING:
            from hyperpy.pages import analysis
        else:
            analysis = LazyModule("hyperpy.pages.analysis")
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """Only for names that haven't been used before."""
        value = getattr(import_module(self._name), name)
        setattr(self, name, value)
        return value


class _Pattern:
    """The compiled pattern: a class without `__getattr__`, whose attributes Python finds faster."""


class _UncompiledPattern(_Pattern):
    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments
        _patterns.append(self)

    def __getattr__(self, name: str) -> Any:
        if name not in _PATTERN_NAMES:
            raise AttributeError(name)
        compiled = re.compile(*self._arguments)
        for each in _PATTERN_NAMES:
            setattr(self, each, getattr(compiled, each))
        self.__class__ = _Pattern  # type: ignore[assignment]
        return getattr(compiled, name)


def compile_patterns() -> None:
    """Compile all patterns of the imported modules, for a process that is about to fork."""
    for pattern in _patterns:
        _ = pattern.pattern
    _patterns.clear()


_patterns: Final[list[_UncompiledPattern]] = []
_PATTERN_NAMES: Final = frozenset(name for name in dir(re.Pattern) if not name.startswith("_"))


if TYPE_CHECKING:
    import decimal
    import difflib
    import tomllib
    from importlib import metadata
    from re import compile as lazy_pattern

    import anyio
    import itsdangerous
    import pydantic
    import pydantic_core
    from anyio import from_thread
else:
    lazy_pattern = _UncompiledPattern
    """Like `re.compile`, but the expression is compiled when it is first used."""
    anyio = LazyModule("anyio")
    from_thread = LazyModule("anyio.from_thread")
    decimal = LazyModule("decimal")
    difflib = LazyModule("difflib")
    metadata = LazyModule("importlib.metadata")
    tomllib = LazyModule("tomllib")
    itsdangerous = LazyModule("itsdangerous")
    pydantic = LazyModule("pydantic")
    pydantic_core = LazyModule("pydantic_core")


def is_model(value: object) -> bool:
    """Whether a value is a pydantic model. There are none before pydantic has been imported."""
    main = sys.modules.get("pydantic.main")
    return main is not None and isinstance(value, main.BaseModel)


def lazy_names(package: str, places: Mapping[str, str], *, encoding: str = "") -> Callable[[str], Any]:
    """The `__getattr__` of a package that imports its names when they are first used (PEP 562).

    `places` has the names of each module. Functions among those in `encoding` make JSON during requests. Submodules are
    found as well, as if the package imported all of them.
    """
    modules = {name: module for module, names in places.items() for name in names.split()}
    encoders = frozenset(encoding.split())

    def find(name: str) -> Any:
        if name in encoders:
            import_module("pydantic_core")
        value = getattr(_imported(modules[name]), name) if name in modules else _submodule(package, name)
        setattr(sys.modules[package], name, value)
        return value

    return find


def _imported(module: str) -> Any:
    """Import a module after the packages that it is in.

    Python locks a module before its package, which locks the module when it imports it: two threads would deadlock.
    """
    with collection_paused():
        for end in [place for place, character in enumerate(module) if character == "."]:
            import_module(module[:end])
        return import_module(module)


def _submodule(package: str, name: str) -> Any:
    dotted = f"{package}.{name}"
    try:
        if name.isidentifier() and not name.startswith("_"):
            return import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name != dotted:
            raise
    owner = sys.modules[package]
    raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=owner) from None
