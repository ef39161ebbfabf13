"""Dataclasses that take a fifth of the time to define: their methods are compiled when they are needed.

Importing hyperpy is mostly defining classes. Type checkers see the standard decorator.
"""

from annotationlib import Format, get_annotations
from collections.abc import Callable
from dataclasses import KW_ONLY, MISSING, Field, FrozenInstanceError, InitVar, dataclass, field, fields, replace
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final, Never, get_origin

__all__ = ["compile_records", "declared_fields", "public_record", "record"]

_UNCOMPILED_CALLS: Final = 8  # of `__init__`: compiling it takes as long as about a hundred
_PLAIN: Final[Any] = field()  # stands for fields without a value
_DESCRIPTION: Final = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")

if TYPE_CHECKING:
    from dataclasses import dataclass as public_record
    from dataclasses import dataclass as record
else:

    def record(cls=None, /, *, frozen=False, eq=True, repr=True, **options):
        """Like the standard `dataclass`, but only type checkers keep a frozen record from changing."""

        def decorate(cls):
            cls.__doc__ = cls.__doc__ or cls.__name__  # otherwise it becomes the signature, which takes long to find
            recipe = _Recipe(cls, **options)
            made = recipe.cls
            if repr and "__repr__" not in vars(made):
                made.__repr__ = _repr
            if eq and "__eq__" not in vars(made):
                _make_comparable(made, [name for name, is_compared in recipe.fields.items() if is_compared], frozen)
            return made

        return decorate if cls is None else decorate(cls)

    def public_record(**options):
        """A record for users: frozen when it runs as well, and with a signature."""

        def decorate(cls):
            made = record(enforced=True, **options)(cls)
            made.__setattr__, made.__delattr__ = _refuse_setting, _refuse_deleting
            made.__getstate__, made.__setstate__ = _state, _set_state
            made.__signature__ = _Later(made.__record__.compile_for_signature)
            return made

        return decorate


class _Recipe:
    """What defines a record. The standard decorator makes its methods from this, when they are needed."""

    def __init__(self, cls: type, *, slots: bool = False, kw_only: bool = False, enforced: bool = False) -> None:
        self.slots, self.kw_only, self.enforced = slots, kw_only, enforced
        self.annotations = get_annotations(cls, format=Format.FORWARDREF)  # some names are for type checkers only
        self.given = {name: value for name, value in vars(cls).items() if name in self.annotations}
        self.fields: dict[str, bool] = {}
        """Whether a field is compared by `==`."""
        self.parameters: list[str] = []
        self.defaults: dict[str, Callable[[], Any]] = {}
        """Functions that make the default of a parameter."""
        self.presets: dict[str, Callable[[], Any]] = {}
        """The same for fields that `__init__` has no parameter for."""
        self.is_plain = True
        """Whether calls can do without a compiled `__init__`, because each parameter sets the field of its name."""
        for base in reversed(cls.__mro__[1:]):
            if recipe := vars(base).get("__record__"):
                self._inherit(recipe)
        own = [name for name, annotation in self.annotations.items() if self._add(name, annotation)]
        self.cls: Any = self._with_slots(cls, own) if slots else self._with_defaults(cls)
        self.cls.__record__ = self
        self.cls.__replace__ = replace
        for name in _DESCRIPTION:
            setattr(self.cls, name, _Later(partial(self._part, name)))
        if "__init__" not in vars(self.cls):
            self.cls.__init__ = self._first_init()
            _uncompiled.append(self)

    def _inherit(self, base: _Recipe) -> None:
        self.fields |= base.fields
        self.parameters = list(dict.fromkeys((*self.parameters, *base.parameters)))
        self.defaults |= base.defaults
        self.presets |= base.presets
        self.is_plain &= base.is_plain and base.kw_only == self.kw_only

    def _add(self, name: str, annotation: Any) -> bool:
        """Add a name with an annotation, and return whether it is a field."""
        if annotation is ClassVar or get_origin(annotation) is ClassVar:
            self.given.pop(name, None)
            return False
        if annotation is KW_ONLY or isinstance(annotation, InitVar):
            self.is_plain = False
            return False
        declared: Any = self.given.get(name, _PLAIN)
        if not isinstance(declared, Field):
            declared = field(default=declared)
        self.fields[name] = declared.compare
        self.is_plain &= declared.kw_only in (MISSING, False)
        if declared.init and name not in self.parameters:
            self.parameters.append(name)
        makers = self.defaults if declared.init else self.presets
        for each in (self.defaults, self.presets):
            each.pop(name, None)
        if declared.default_factory is not MISSING:
            makers[name] = declared.default_factory
        elif declared.default is not MISSING:
            makers[name] = lambda: declared.default
        return True

    def _with_slots(self, cls: Any, own: list[str]) -> Any:
        """The class made again, because only a new class can have slots."""
        left_out = {"__dict__", "__weakref__", *self.given}
        namespace = {name: value for name, value in vars(cls).items() if name not in left_out}
        inherited = set(chain.from_iterable(vars(base).get("__slots__", ()) for base in cls.__mro__))
        namespace["__slots__"] = tuple(name for name in own if name not in inherited)
        made = type(cls)(cls.__name__, cls.__bases__, namespace)
        made.__qualname__ = cls.__qualname__
        for member in namespace.values():  # `super()` looks in a cell for the class that a method belongs to
            function = getattr(member, "__func__", None) or getattr(member, "fget", member)
            code = getattr(function, "__code__", None)
            if code is not None and "__class__" in code.co_freevars:
                function.__closure__[code.co_freevars.index("__class__")].cell_contents = made
        return made

    def _with_defaults(self, cls: Any) -> Any:
        for name, value in self.given.items():
            if isinstance(value, Field):
                if value.default is MISSING:
                    delattr(cls, name)
                else:
                    setattr(cls, name, value.default)
        return cls

    def _part(self, name: str, _: type) -> Any:
        return getattr(self.described(), name)

    def described(self, *, init: bool = False) -> Any:
        """A class with the same fields, made by the standard decorator."""
        cls = self.cls
        namespace = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
        if hasattr(cls, "__post_init__"):
            namespace["__post_init__"] = cls.__post_init__
        bases = tuple(base for base in cls.__bases__ if hasattr(base, "__dataclass_fields__"))
        template: Any = type(cls.__name__, bases, namespace | self.given)
        template.__annotate__ = cls.__annotate__
        options = {"slots": self.slots, "kw_only": self.kw_only, "frozen": self.enforced}
        made: Any = dataclass(template, init=init, eq=False, repr=False, **options)
        for name in _DESCRIPTION:
            setattr(cls, name, getattr(made, name))
        return made

    def _first_init(self) -> Callable[..., None]:
        """An `__init__` that is replaced by a compiled one if there are many calls, or if a call isn't plain."""
        left = _UNCOMPILED_CALLS
        parameters, defaults, presets = self.parameters, self.defaults, self.presets
        positional, names = [] if self.kw_only else parameters, frozenset(parameters)

        def first_init(self: Any, *arguments: Any, **named: Any) -> None:
            nonlocal left
            left -= 1
            values = dict(zip(positional, arguments, strict=False)) | named
            given = len(values)
            for name, make in defaults.items():
                if name not in values:
                    values[name] = make()
            if left < 0 or not plain or given != len(arguments) + len(named) or values.keys() != names:
                recipe.compile()(self, *arguments, **named)  # also for the message, if the arguments are wrong
                return
            for name in parameters:
                object.__setattr__(self, name, values[name])
            for name, make in presets.items():
                object.__setattr__(self, name, make())
            if post_init is not None:
                post_init(self)

        recipe, plain, post_init = self, self.is_plain, getattr(self.cls, "__post_init__", None)
        return first_init

    def compile(self) -> Callable[..., None]:
        """Give the class the `__init__` of the standard decorator."""
        init: Callable[..., None] = vars(self.described(init=True))["__init__"]
        self.cls.__init__ = init
        return init

    def compile_for_signature(self, _: type) -> Never:
        """`inspect.signature` asks for this attribute first, and then for `__init__`."""
        self.compile()
        del self.cls.__signature__
        raise AttributeError("__signature__")


def declared_fields(cls: Any) -> dict[str, Field[Any]]:
    """The fields that the class body of a record makes by `field(…)`. They may lack a type, unlike `fields`."""
    recipe: _Recipe = cls.__record__
    return {name: given for name, given in recipe.given.items() if isinstance(given, Field)}


def compile_records() -> None:
    """Compile `__init__` of all records of the imported modules, for a process that is about to fork."""
    for recipe in _uncompiled:
        recipe.compile()
    _uncompiled.clear()


_uncompiled: Final[list[_Recipe]] = []


class _Later:
    """An attribute of a class that is computed when it is read."""

    def __init__(self, compute: Callable[[type], Any]) -> None:
        self._compute = compute

    def __get__(self, instance: object, owner: type) -> Any:
        return self._compute(owner)


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _make_comparable(cls: Any, names: list[str], hashable: bool) -> None:
    """Define `__eq__` and `__hash__` by the class and these fields."""
    values = attrgetter(*names) if names else bool

    def equals(self: Any, other: Any) -> bool:
        return bool(values(self) == values(other)) if other.__class__ is self.__class__ else NotImplemented

    cls.__eq__ = equals
    cls.__hash__ = (lambda self: hash(values(self))) if hashable else None


def _refuse_setting(self: Any, name: str, value: object) -> Never:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(self: Any, name: str) -> Never:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
