"""The names in `builtins`, to which an application may add at any time."""

import builtins
import operator
from typing import Final

from hyperpy.record_classes import record

# What Python itself puts into `builtins`. An application's own additions come from elsewhere.
_STANDARD: Final = frozenset({"_io", "_sitebuiltins", "builtins"})
_CONSTANTS: Final = frozenset({"Ellipsis", "False", "None", "NotImplemented", "True"})
_OF_MODULES: Final = frozenset({"__file__", "__name__", "__doc__", "__package__", "__spec__"})


@record(frozen=True, slots=True)
class Builtins:
    names: frozenset[str]
    added: frozenset[str]
    """The names that an application has put into `builtins`."""
    everywhere: frozenset[str]
    """The names that every module has."""


def builtins_now() -> Builtins:
    """The names as they are now. The object is the same as before if nothing has changed."""
    global _last
    now, (names, values, known) = vars(builtins), _last
    if len(names) != len(now) or not all(map(operator.is_, now.values(), values, strict=True)) or [*now] != names:
        known = Builtins(frozenset(now), frozenset(_added(now)), frozenset(now) | _OF_MODULES)
        _last = [*now], [*now.values()], known
    return known


def _added(names: dict[str, object]) -> list[str]:
    return [
        name
        for name, value in names.items()
        if not name.startswith("__") and name not in _CONSTANTS
        if getattr(value, "__module__", None) not in _STANDARD
    ]


_last: tuple[list[str], list[object], Builtins] = ([], [], Builtins(frozenset(), frozenset(), frozenset()))
