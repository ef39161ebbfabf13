"""`form.values`: what a form shows, as texts."""

from collections.abc import Awaitable, Iterator, Mapping
from typing import Any

from hyperpy.exceptions import AnswerError
from hyperpy.forms.fields import FieldPlace, UnknownFieldError, field_called
from hyperpy.forms.shapes import FieldShape, Kind, Shape, written
from hyperpy.lazy import pydantic
from hyperpy.templates.deferred import dismiss

type Values = Mapping[str, Any]
"""Texts by field name; a nested object is a mapping, and a list a list."""


class FormValues:
    """The values of a form's controls: as entered, or the initial ones. `form.values.email`, `form.values["email"]`.

    Nested objects are FormValues again, and lists are lists. A field without a value is the empty text.
    """

    __slots__ = ("_place", "_values")

    def __init__(self, place: FieldPlace, values: Values) -> None:
        self._place = place
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        known = field_called(self._place.shape, name)
        if known is None:
            raise UnknownFieldError(name, list(self._place.shape.fields), self._place.name)
        return view(self._place.child(known.name), self._values.get(known.name))

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((name, self[name]) for name in self._place.shape.fields)

    def __dir__(self) -> list[str]:
        return list(self._place.shape.fields)

    def __repr__(self) -> str:
        return f"<FormValues {dict(self)}>"


def view(place: FieldPlace, value: Any) -> Any:
    """A value of the form as its author sees it. A secret is never shown again."""
    match place.shape.kind:
        case Kind.OBJECT:
            return FormValues(place, value if isinstance(value, Mapping) else {})
        case Kind.LIST:
            rows = value if isinstance(value, list) else []
            return [view(place.child(str(index)), row) for index, row in enumerate(rows)]
        case Kind.MAPPING:
            pairs = value.items() if isinstance(value, Mapping) else ()
            return {name: view(place.child(name), each) for name, each in pairs}
        case Kind.FILE:
            return ""
    return "" if place.shape.is_secret or not isinstance(value, str) else value


def value_at(place: FieldPlace, values: Values) -> Any:
    """The raw value at a place, or None."""
    found: Any = values
    for part in place.parts:
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal():
            found = found[int(part)] if int(part) < len(found) else None
        else:
            return None
    return found


def checked_initial(initial: object) -> object:
    """The argument of `Form(initial=…)` as a mapping or an object with the fields as attributes.

    Raises AnswerError for a value without fields, such as a list.
    """
    if initial is None:
        return {}
    if isinstance(initial, str | bytes | int | float | list | tuple | set | frozenset | Awaitable):
        dismiss(initial)
        hint = "Pass a mapping, or an object with the fields as attributes."
        if isinstance(initial, Awaitable):
            hint = "Await it in the loader, or in a dependency: `user: User = Depends(current_user)`."
        raise AnswerError(f"the initial values of a form can't be a {type(initial).__name__}", hint=hint)
    if not isinstance(initial, Mapping) and hasattr(initial, "keys") and hasattr(initial, "__getitem__"):
        return {key: initial[key] for key in initial.keys()}  # noqa: SIM118 (such as a row of sqlite3)
    return initial


def initial_values(shape: Shape, initial: object) -> dict[str, Any]:
    """The values of a form before it is submitted: from `initial`, a mapping or any object, or the model's defaults."""
    return {name: _initial(known, initial) for name, known in shape.fields.items()}


def _initial(known: FieldShape, initial: object) -> Any:
    value = _taken(known, initial)
    if value is _ABSENT:
        value = known.default.value() if known.default else None
    return texts(known.shape, value)


_ABSENT = object()


def _taken(known: FieldShape, owner: object) -> object:
    if isinstance(owner, Mapping):
        return owner.get(known.name, owner.get(known.key, _ABSENT))
    return getattr(owner, known.name, _ABSENT)


def texts(shape: Shape, value: Any) -> Any:
    """A value of the model, or of JSON, as the texts of its controls."""
    match shape.kind:
        case Kind.OBJECT:
            return initial_values(shape, {} if value is None else value)
        case Kind.LIST:
            rows = value if isinstance(value, list | tuple | set | frozenset) else []
            return [texts(shape.item(index), row) for index, row in enumerate(rows)]
        case Kind.MAPPING:
            return {str(k): texts(shape.values, v) for k, v in value.items()} if isinstance(value, Mapping) else {}
        case Kind.FILE:
            return ""
        case Kind.BOOL:
            return "on" if value else ""
    return "" if isinstance(value, pydantic.SecretStr | pydantic.SecretBytes) else written(value)
