"""The options of a `<select>`, and of groups of radio buttons and checkboxes."""

from collections.abc import Iterable, Mapping, Sequence

from hyperpy.forms.shapes import Kind, Shape, written
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class Option:
    """One option: what it submits, what visitors read, and whether it is chosen."""

    value: str
    label: str
    selected: bool


type Given = Mapping[object, str] | Iterable[object | tuple[object, str]]
"""Options that are not in the model: values, pairs of a value and a label, or a mapping of values to labels."""


def options_of(shape: Shape, given: Given | None, chosen: Sequence[str]) -> list[Option]:
    """The options of a field, with those that are `chosen` selected. Without `given`, the members of its type."""
    pairs = _of_type(shape) if given is None else [_pair(each) for each in _listed(given)]
    return [Option(value, label, value in chosen) for value, label in pairs]


def _listed(given: Given) -> Iterable[object]:
    return given.items() if isinstance(given, Mapping) else given


def _pair(given: object) -> tuple[str, str]:
    if isinstance(given, tuple) and len(given) == 2:
        return written(given[0]), str(given[1])
    return written(given), written(given)


def _of_type(shape: Shape) -> list[tuple[str, str]]:
    item = shape.item(0) if shape.kind is Kind.LIST else shape
    if item.kind is Kind.BOOL:
        return [("true", "Yes"), ("false", "No")]
    return [(choice.text, choice.label) for choice in item.choices]
