"""The attributes of a control, from its field in the model."""

import datetime
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from hyperpy.exceptions import AnswerError
from hyperpy.forms.fields import FieldPlace
from hyperpy.forms.html_patterns import html_pattern
from hyperpy.forms.shapes import Kind, Shape, written
from hyperpy.lazy import decimal
from hyperpy.templates import FixedAttributes

_TYPES: Final[Mapping[str, str]] = {
    "password": "password",
    "email": "email",
    "uri": "url",
    "date": "date",
    "time": "time",
    "date-time": "datetime-local",
}
_LENGTH_TYPES: Final = frozenset({"text", "search", "url", "tel", "email", "password", "textarea"})
_PATTERN_TYPES: Final = _LENGTH_TYPES - {"textarea"}
_RANGE_TYPES: Final = frozenset({"number", "range", "date", "time", "datetime-local"})
_STEP_TYPES: Final = frozenset({"number", "range"})
_SINGLE_CHOICE: Final = frozenset({"radio", "checkbox"})
_WITHOUT_VALUE: Final = frozenset({"file", "password", "select", "textarea", "image"})
_NOT_REQUIRED: Final = frozenset({"hidden", "range", "color", "submit", "button", "reset", "image"})

# What HTML allows on the other two elements (https://html.spec.whatwg.org/multipage/form-elements.html).
_ONLY_INPUT: Final = frozenset({"type", "value", "checked", "min", "max", "step", "pattern", "accept"})


class FieldAttributes(FixedAttributes):
    """The attributes of a control. A `<select>` or `<textarea>` gets those that it can have."""

    __slots__ = ()

    def for_tag(self, tag: str) -> Mapping[str, object]:
        if tag == "select":
            left_out = _ONLY_INPUT | {"minlength", "maxlength"}
        elif tag == "textarea":
            left_out = _ONLY_INPUT | {"multiple"}
        elif tag == "input":
            if "multiple" not in self or self["type"] in {"file", "email"}:
                return self
            return {name: value for name, value in self.items() if name != "multiple"}
        else:
            return self
        return {name: value for name, value in self.items() if name not in left_out}


def control_type(place: FieldPlace) -> str:
    """The type of a control: one of `<input>`, or `select`. Raises AnswerError if one control can't hold the field."""
    if not place.type:
        _check_single(place)
        place.type = _control_type(place.shape)
    return place.type


def _check_single(place: FieldPlace) -> None:
    name, shape = place.name, place.shape
    if shape.kind is Kind.OBJECT:
        what, below = "a model", [f"{name}.{each.key}" for each in shape.fields.values()]
        hint = "Write a control for each of its fields: "
    elif shape.kind is Kind.LIST and not shape.is_flat:
        what = "a list of models"
        below = [f"{name}[{{row}}].{each.key}" for each in shape.item(0).fields.values()]
        hint = "Write controls for the fields of each item: "
    elif shape.kind is Kind.MAPPING:
        what, below, hint = "a mapping", [f"{name}.key"], "Write a control for each of its keys: "
    else:
        return
    listed = ", ".join(f"`{each}`" for each in below)
    raise AnswerError(f"`{name}` is {what}, which one control can't hold", hint=f"{hint}{listed}." if below else "")


def _control_type(shape: Shape) -> str:
    if shape.kind is Kind.LIST and shape.is_flat:
        shape = shape.item(0)
    if shape.kind is Kind.BOOL:
        return "checkbox"
    if shape.kind is Kind.FILE:
        return "file"
    if shape.choices:
        return "select"
    if shape.schema.get("type") in {"integer", "number"}:
        return "number"
    if shape.schema.get("aware"):
        return "text"  # a `datetime-local` has no time zone
    return _TYPES.get(shape.schema.get("format", ""), "text")


def field_attributes(
    place: FieldPlace, kind: str, *, value: str, id: str, chosen: str | None, texts: list[str]
) -> dict[str, object]:
    """The attributes of a control.

    `value` is the text of the field; `chosen` is the option that a radio button or a checkbox of several stands for.

    `texts` are all values of a field that can have several.
    """
    found: dict[str, object] = {"name": place.name, "id": id, "type": kind}
    if chosen is not None and kind in _SINGLE_CHOICE:
        is_box = kind == "checkbox" and place.shape.kind is Kind.BOOL
        found["value"], found["checked"] = chosen, bool(value) if is_box else chosen in texts
    elif kind == "checkbox":
        found["checked"] = bool(value)
    elif kind not in _WITHOUT_VALUE and place.shows_value:
        found["value"] = value
    key = (kind, chosen is not None)
    if key not in place.attributes:
        place.attributes[key] = _fixed(place, kind, is_one_of=chosen is not None)
    found.update(place.attributes[key])
    return found


def _fixed(place: FieldPlace, kind: str, *, is_one_of: bool) -> dict[str, object]:
    """The attributes that are the same in each request."""
    shape = place.shape
    item = shape.item(0) if shape.kind is Kind.LIST else shape
    found: dict[str, object] = {"required": True} if _is_required(place, kind, is_one_of=is_one_of) else {}
    if shape.kind is Kind.LIST:
        found["multiple"] = True
    return found | _lengths(item, kind) | _range(item, kind)


def _is_required(place: FieldPlace, kind: str, *, is_one_of: bool) -> bool:
    shape, field = place.shape, place.field
    if field is None or kind in _NOT_REQUIRED or shape.optional:
        return False
    if shape.kind is Kind.BOOL:
        return shape.schema.get("const") is True if kind == "checkbox" else field.required
    if shape.kind is Kind.LIST:
        return bool(shape.schema.get("minItems")) and not is_one_of
    if any(choice.text == "" for choice in shape.choices) or (kind == "checkbox" and is_one_of):
        return False
    return field.required or bool(shape.schema.get("minLength"))


def _lengths(shape: Shape, kind: str) -> dict[str, Any]:
    schema, found = shape.schema, {}
    if kind in _LENGTH_TYPES and not shape.choices:
        found = {name: schema[key] for key, name in _LENGTHS if key in schema}
    if kind in _PATTERN_TYPES and isinstance(schema.get("pattern"), str):
        found |= {"pattern": pattern} if (pattern := html_pattern(schema["pattern"])) is not None else {}
    return found


_LENGTHS: Final = (("minLength", "minlength"), ("maxLength", "maxlength"))


def _range(shape: Shape, kind: str) -> dict[str, Any]:
    """`min`, `max` and `step`. HTML counts steps from `min`, so these two have to fit each other."""
    schema, found = shape.schema, dict[str, Any]()
    if kind not in _RANGE_TYPES:
        return found
    if kind not in _STEP_TYPES:
        convert = _limits_of(kind)
        limits = {"min": schema.get("minimum"), "max": schema.get("maximum")}
        return {name: convert(value) for name, value in limits.items() if value is not None}
    step = _step(schema)
    first, last = (_limit(schema, kind, step) for kind in ("minimum", "maximum"))
    found |= {} if first is None else {"min": written(first)}
    found |= {} if last is None else {"max": written(last)}
    if step is None:
        found["step"] = "any"
    elif step != 1:
        found["step"] = written(step)
    return found


def _step(schema: Mapping[str, Any]) -> decimal.Decimal | None:
    """The distance between two values; None if there is none."""
    if (multiple := schema.get("multipleOf")) is not None:
        return _decimal(multiple)
    if schema.get("type") == "integer":
        return decimal.Decimal(1)
    places = schema.get("places")
    return decimal.Decimal(1).scaleb(-places) if places is not None else None


def _decimal(value: Any) -> decimal.Decimal:
    return decimal.Decimal(repr(value) if isinstance(value, float) else str(value))


def _limit(schema: Mapping[str, Any], kind: str, step: decimal.Decimal | None) -> decimal.Decimal | None:
    """The smallest or largest value (`kind` is "minimum" or "maximum"): the limit, or the next step inside it."""
    excluded = f"exclusive{kind.title()}"
    limit = schema.get(kind, schema.get(excluded))
    if limit is None or not math.isfinite(limit):
        return None
    value = _decimal(limit)
    if step is None:
        return value
    inward, steps = (1, math.ceil(value / step)) if kind == "minimum" else (-1, math.floor(value / step))
    if kind not in schema and steps * step == value:
        steps += inward
    return steps * step


def _limits_of(kind: str) -> Callable[[Any], str]:
    def local(value: datetime.datetime) -> str:
        return written(value.replace(tzinfo=None))

    return local if kind == "datetime-local" else written
