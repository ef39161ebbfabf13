"""Dataclasses that take a third of the time to define: the first instance compiles `__init__`, and no other method is.

Importing hyperpy is mostly defining classes. Type checkers see the standard decorator. They alone check that a frozen
record doesn't change.
"""

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(cls=None, /, *, eq=True, repr=True, frozen=False, **options):
        """Like the standard `dataclass`, which is for classes that users see or inherit from."""

        def decorate(cls):
            cls.__doc__ = cls.__doc__ or cls.__name__  # otherwise it becomes the signature, which takes long to find
            made = dataclass(cls, init=False, eq=False, repr=False, **options)
            if "__init__" not in vars(made):
                _set_first_init(made, **options)
            if repr and "__repr__" not in vars(made):
                made.__repr__ = _repr
            if eq and "__eq__" not in vars(made):
                _make_comparable(made, frozen)
            return made

        return decorate if cls is None else decorate(cls)


def _set_first_init(cls: Any, **options: Any) -> None:
    """Give a class an `__init__` that compiles the real one, and is replaced by it."""

    def first_init(self: Any, *arguments: Any, **named: Any) -> None:
        derived = type(cls.__name__, (cls,), {"__doc__": cls.__doc__})
        init = vars(dataclass(derived, eq=False, repr=False, **options))["__init__"]
        cls.__init__ = init
        init(self, *arguments, **named)

    cls.__init__ = first_init


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _make_comparable(cls: Any, hashable: bool) -> None:
    """Define `__eq__` and `__hash__` by the class and the fields that are compared."""
    names = [field.name for field in fields(cls) if field.compare]
    values = attrgetter(*names) if names else bool

    def equals(self: Any, other: Any) -> bool:
        return bool(values(self) == values(other)) if other.__class__ is self.__class__ else NotImplemented

    cls.__eq__ = equals
    cls.__hash__ = (lambda self: hash(values(self))) if hashable else None
