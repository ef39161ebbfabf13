"""Where a module has what somebody looks for in the module itself: `datetime.now()` is `datetime.datetime.now()`."""

import importlib.util
import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Final

# Modules whose functions of other languages, or of old Pythons, are methods.
_BUILTINS: Final[Mapping[str, type]] = {"string": str, "array": list}


def member_hint(module: ModuleType, name: str) -> str:
    """A sentence about an attribute that a module doesn't have, or the empty string."""
    return next(_hints(module, name), "")


def _hints(module: ModuleType, name: str) -> Iterator[str]:
    dotted, own = module.__name__, module.__name__.rpartition(".")[2]
    namesake = vars(module).get(own)
    if namesake is not None and not isinstance(namesake, ModuleType) and hasattr(namesake, name):
        called = "()" if callable(getattr(namesake, name)) else ""
        yield f"Write `{dotted}.{own}.{name}{called}`, or import it as `from {dotted} import {own}`."
    if hasattr(module, "__path__") and _exists(f"{dotted}.{name}"):
        yield f"Write `import {dotted}.{name}`: importing a package doesn't import the modules in it."
    for owner in _owners(module, name):
        yield f"Write `{dotted}.{owner}.{name}()`, or import it as `from {dotted} import {owner}`."
    if (kind := _BUILTINS.get(dotted)) is not None and hasattr(kind, name):
        yield f"It is a method of the value: `value.{name}(…)`."


def _exists(dotted: str) -> bool:
    try:
        return importlib.util.find_spec(dotted) is not None
    except ImportError, ValueError:
        return False


def _owners(module: ModuleType, name: str) -> Iterator[str]:
    """The public classes of a module with a class method of that name; of related ones, the base class."""
    classes = [
        (key, value)
        for key, value in vars(module).items()
        if isinstance(value, type) and not key.startswith("_") and value.__module__.partition(".")[0] in _homes(module)
    ]
    having = [(key, kind) for key, kind in classes if _is_called_on_class(kind, name)]
    for key, kind in having:
        if not any(other is not kind and issubclass(kind, other) for _, other in having):
            yield key


def _homes(module: ModuleType) -> tuple[str, str]:
    """The packages whose classes are the module's own: `pathlib.Path` may be defined in `_pathlib`."""
    top = module.__name__.partition(".")[0]
    return top, f"_{top}"


def _is_called_on_class(kind: type, name: str) -> bool:
    found = inspect.getattr_static(kind, name, None)
    return isinstance(found, classmethod | staticmethod) or type(found).__name__ == "classmethod_descriptor"
