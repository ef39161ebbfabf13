"""The fields of a form by path: `email`, `address.street`, `items[0].name`."""

from collections.abc import Mapping, Sequence
from typing import Final

from hyperpy.exceptions import AnswerError, known_names
from hyperpy.forms.field_names import parts_of
from hyperpy.forms.shapes import FieldShape, Kind, Shape
from hyperpy.lazy import lazy_pattern

_UNFIT_IN_ID: Final = lazy_pattern(r"[^\w-]+")

FORM: Final = "form"
"""Stands for the whole form in `form.errors`."""


class UnknownFieldError(AnswerError, AttributeError):
    """A form has no field of that name."""

    def __init__(self, name: str, known: Sequence[str], owner: str = "", hint: str = "") -> None:
        hint = known_names(name, known) if known else hint
        where = f"`{owner}`" if owner else "the form"
        AnswerError.__init__(self, f"{where} has no field `{name}`", hint=hint)
        AttributeError.__init__(self, self.what)


class FieldPlace:
    """One field of a form, found by its path. The places of a model's own fields are made once."""

    __slots__ = (
        "_children",
        "attributes",
        "field",
        "id",
        "is_text",
        "name",
        "parts",
        "shape",
        "shows_value",
        "type",
    )

    def __init__(self, parts: tuple[str, ...], name: str, shape: Shape, field: FieldShape | None) -> None:
        self.parts = parts
        self.name = name
        """As it is submitted."""
        self.shape = shape
        self.field = field
        """The field of a model that it is, or belongs to; None for the whole form."""
        self.id = _UNFIT_IN_ID.sub("-", "-".join(parts))
        self.is_text = not shape.is_secret and shape.kind not in {Kind.OBJECT, Kind.LIST, Kind.MAPPING, Kind.FILE}
        """Whether its author sees a text, which is not a secret."""
        self.shows_value = shape.kind is not Kind.LIST and not shape.is_secret
        """Whether its control has the value, unless the control's type has none."""
        self.type = ""
        """The type of its control, computed at its first use: see `attributes.py`."""
        self.attributes: dict[tuple[str, bool], Mapping[str, object]] = {}
        """Attributes of its control, by the control's type and whether it is one of several: see `attributes.py`."""
        self._children: dict[str, FieldPlace] = {}

    def child(self, name: str) -> FieldPlace:
        """The place below it with this name. Raises UnknownFieldError."""
        return self._children.get(name) or self._child(name)

    def _child(self, name: str) -> FieldPlace:
        match self.shape.kind:
            case Kind.OBJECT:
                known = field_called(self.shape, name)
                if known is None:
                    raise UnknownFieldError(name, list(self.shape.fields), self.name)
                submitted = f"{self.name}.{known.key}" if self.name else known.key
                found = FieldPlace((*self.parts, known.name), submitted, known.shape, known)
                self._children[name] = found
                return found
            case Kind.LIST if name.isdecimal() and len(name) < 10:
                return FieldPlace((*self.parts, name), f"{self.name}[{name}]", self.shape.item(int(name)), self.field)
            case Kind.MAPPING:
                submitted = f"{self.name}.{name}" if self.parts else name
                return FieldPlace((*self.parts, name), submitted, self.shape.values, self.field)
        hint = f"It is a list. Name an item: `{self.name}[0].{name}`." if self.shape.kind is Kind.LIST else ""
        raise UnknownFieldError(name, [], self.name, hint)

    def find(self, path: str) -> FieldPlace:
        """The place below it with this path. Raises UnknownFieldError."""
        if path in self._children:
            return self._children[path]
        place, parts = self, parts_of(path)
        while parts:
            keys = [parts_of(known.key) for known in place.shape.fields.values()]
            dotted = next((key for key in keys if len(key) > 1 and parts[: len(key)] == key), parts[:1])
            place = place.child(".".join(dotted))
            parts = parts[len(dotted) :]
        return place


def field_called(shape: Shape, name: str) -> FieldShape | None:
    """A field by its name in the model, or else by its name when submitted."""
    if known := shape.fields.get(name):
        return known
    return next((each for each in shape.fields.values() if each.key == name), None)


def located(root: FieldPlace, place: Sequence[int | str]) -> tuple[FieldPlace, bool]:
    """The field that pydantic means by a place in the data, and whether that is all of it.

    pydantic's places have the names of types in them too: these are passed over.
    """
    found, is_known, rest = root, True, list(place)
    while rest:
        part = rest[0]
        taken, name = 1, None
        if found.shape.kind is Kind.OBJECT:
            known, taken = _field_at(found.shape, rest)
            name = known.name if known else None
        elif (found.shape.kind is Kind.LIST and isinstance(part, int)) or found.shape.kind is Kind.MAPPING:
            name = str(part)
        if name is not None:
            found = found.child(name)
        is_known = name is not None
        rest = rest[taken:]
    return found, is_known


def _field_at(shape: Shape, place: Sequence[int | str]) -> tuple[FieldShape | None, int]:
    """The field that a place begins with, and the number of parts that it takes."""
    for known in shape.fields.values():
        for path in known.paths:
            if tuple(map(str, place[: len(path)])) == path:
                return known, len(path)
    known_field = shape.fields.get(str(place[0]))
    return known_field, 1
