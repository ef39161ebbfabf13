"""Submitted values → the data for pydantic, the values to show again, and what can't be read.

pydantic converts and checks. This is only about what HTML leaves out: an unticked checkbox and an empty list send
nothing, and an empty control sends an empty text, whatever its type.
"""

import logging
import math
import re
from dataclasses import field
from typing import Any, Final

from starlette.datastructures import UploadFile as StarletteUpload

from hyperpy.forms.field_names import MAX_DEPTH, Submitted, is_blank, parts_of
from hyperpy.forms.messages import unreadable
from hyperpy.forms.shapes import FieldShape, Kind, Shape
from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record

log: Final = logging.getLogger("hyperpy.forms")

_MISSING: Final[Any] = object()
_DIGITS: Final = lazy_pattern(r"[+-]?[0-9.]+")
_NOT_A_NUMBER: Final = lazy_pattern(r"(?i)[+-]?(?:nan|inf|infinity)|.*_.*", re.DOTALL)
_ENDLESS: Final = lazy_pattern(r"(?i).*e[+-]?0*[1-9][0-9]{3,}")
_TICKED: Final = frozenset({"on", "true", "1", "yes"})


@record(slots=True)
class BoundObject:
    """The result for one object, with the problems of everything below it by path."""

    data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)


def bind_submitted(shape: Shape, tree: Submitted) -> BoundObject:
    """Bind a whole form to the shape of its model."""
    binder = _Binder()
    data, values = binder.object(shape, tree, "", 0)
    return BoundObject(data, values, binder.problems)


def extended(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class _Binder:
    """Binds nodes of the tree. Each method returns what pydantic gets, or `_MISSING`, and what is shown again."""

    def __init__(self) -> None:
        self.problems: dict[str, list[str]] = {}

    def problem(self, path: str, text: str) -> None:
        self.problems.setdefault(path, []).append(text)

    def object(self, shape: Shape, node: Submitted, path: str, depth: int) -> tuple[dict[str, Any], dict[str, Any]]:
        data: dict[str, Any] = {}
        values: dict[str, Any] = {}
        taken: set[str] = set()
        for known in shape.fields.values():
            place, found = _placed(known, node)
            taken.add(parts_of(place[0])[0])
            value, shown = self.field(known, found, extended(path, known.key), depth + 1)
            values[known.name] = shown
            if value is not _MISSING:
                _put(data, place, value)
        if shape.takes_more:
            others = ((name, child) for name, child in node.children.items() if name not in taken)
            data |= {name: self.anything(child) for name, child in others}
        return data, values

    def field(self, known: FieldShape, node: Submitted | None, path: str, depth: int) -> tuple[Any, Any]:
        shape = known.shape
        if node is not None and node.values and node.children:
            self.problem(path, unreadable(shape))
            return _MISSING, _shown(node)
        match shape.kind:
            case Kind.BOOL:
                return self.boolean(shape, node, path)
            case Kind.LIST if node is None or (node.is_blank and not node.children and not _takes_blank(shape)):
                return _MISSING if shape.optional and not known.required else [], []
            case Kind.OBJECT if not (node is None and (shape.optional or not known.required or depth > MAX_DEPTH)):
                node = node or Submitted()
                if shape.optional and node.is_blank:
                    return None, {}
                return self.value(shape, node, path, depth)
        is_list = shape.kind is Kind.LIST
        if node is None or (node.values and not node.children and not is_list and is_blank(node.values[-1])):
            return self.left_empty(known, node)
        return self.value(shape, node, path, depth)

    def left_empty(self, known: FieldShape, node: Submitted | None) -> tuple[Any, Any]:
        """A control without a value. Text is kept where it may be empty; a required one counts as missing."""
        shape = known.shape
        if node is None:
            return (None if shape.optional and known.required else _MISSING), ""
        text = _text_of(node.values[-1])
        if shape.kind in (Kind.TEXT, Kind.ANY) and isinstance(node.values[-1], str):
            if _takes_blank(shape) or (shape.is_secret and text):
                return text, text
            if shape.is_plain_text and not shape.choices and not shape.optional and not known.required:
                return text, text
        return (None if shape.optional else _MISSING), text

    def value(self, shape: Shape, node: Submitted, path: str, depth: int) -> tuple[Any, Any]:
        match shape.kind:
            case Kind.OBJECT if not _has_text(node):
                return self.object(shape, node, path, depth)
            case Kind.MAPPING if not _has_text(node):
                return self.mapping(shape, node, path, depth)
            case Kind.LIST:
                return self.list(shape, node, path, depth)
            case Kind.BOOL:
                return self.boolean(shape, node, path)
            case Kind.ANY:
                return self.anything(node), _shown(node)
            case Kind.TEXT | Kind.FILE if not node.children:
                return self.single(shape, node.values[-1], path)
        self.problem(path, unreadable(shape))
        return _MISSING, {} if shape.kind in (Kind.OBJECT, Kind.MAPPING) else _shown(node)

    def boolean(self, shape: Shape, node: Submitted | None, path: str) -> tuple[Any, str]:
        """An unticked checkbox sends nothing. Of several values the last counts, behind that of a hidden control."""
        if node is None or (not node.children and is_blank(node.values[-1])):
            return (None if shape.optional else False), ""
        if node.children or not isinstance(node.values[-1], str):
            self.problem(path, unreadable(shape))
            return _MISSING, ""
        text = node.values[-1].strip()
        ticked = text.lower() in _TICKED
        return (True if ticked else text), "on" if ticked else ""

    def single(self, shape: Shape, value: str | StarletteUpload, path: str) -> tuple[Any, str]:
        if isinstance(value, StarletteUpload) or shape.kind is Kind.FILE:
            if isinstance(value, StarletteUpload) and shape.kind is Kind.FILE:
                return value, ""
            if isinstance(value, StarletteUpload):
                log.warning("`%s` came as a file, and its type takes none. Declare it: `%s: UploadFile`", path, path)
            if shape.kind is Kind.FILE:  # browsers send the name of the file
                log.warning(
                    '`%s` came as text, not as a file. Does its <form> have enctype="multipart/form-data"?', path
                )
            self.problem(path, unreadable(shape))
            return _MISSING, _text_of(value)
        text = value.replace("\r\n", "\n")  # browsers count a line end as one character, and send two
        if shape.choices:
            return next((choice.value for choice in shape.choices if choice.text == text), text), text
        if shape.is_plain_text or shape.schema.get("format") == "mixed":
            return text, text
        stripped = text.strip()
        if _misread(shape, stripped):
            self.problem(path, unreadable(shape))
            return _MISSING, text
        return stripped, text

    def list(self, shape: Shape, node: Submitted, path: str, depth: int) -> tuple[Any, Any]:
        rows = node.items()
        if rows is None:
            self.problem(path, unreadable(shape))
            return _MISSING, []
        item = shape.item(0)
        if not node.children:
            kept = [value for value in node.values if _takes_blank(shape) or not is_blank(value)]
            rows = [Submitted([value]) for value in kept]
        elif shape.is_flat and not _takes_blank(shape):
            rows = [row for row in rows if not row.is_blank]
        data, values = [], []
        for index, row in enumerate(rows):
            item = shape.item(index)
            value, shown = self.value(item, row, f"{path}[{index}]", depth + 1)
            data.append(None if value is _MISSING else value)
            values.append(shown)
        return data, values

    def mapping(self, shape: Shape, node: Submitted, path: str, depth: int) -> tuple[Any, Any]:
        data, values = {}, {}
        for name, child in node.children.items():
            if child.is_blank and not child.children and not shape.values.is_plain_text:
                continue
            value, values[name] = self.value(shape.values, child, extended(path, name), depth + 1)
            if value is not _MISSING:
                data[name] = value
        return data, values

    def anything(self, node: Submitted) -> Any:
        """The submitted values, for a field of any type or a name that isn't a field."""
        if node.children:
            rows = node.items() if not node.values else None
            if rows is not None:
                return [self.anything(row) for row in rows]
            return {name: self.anything(child) for name, child in node.children.items()}
        return node.values[0] if len(node.values) == 1 else node.values


def _placed(known: FieldShape, node: Submitted) -> tuple[tuple[str, ...], Submitted | None]:
    """Where a field was submitted, and what. An alias with a dot in it is found in its parts."""
    for path in known.paths:
        if (found := node.find(part for name in path for part in parts_of(name))) is not None:
            return path, found
    return known.paths[0], None


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *outer, name = path
    for each in outer:
        data = data.setdefault(each, {})
    data[name] = value


def _takes_blank(shape: Shape) -> bool:
    """Whether an empty text is one of the choices."""
    choices = shape.item(0).choices if shape.kind is Kind.LIST else shape.choices
    return any(choice.text == "" for choice in choices)


def _misread(shape: Shape, text: str) -> bool:
    """Whether pydantic would accept as a number or a date a text that visitors don't mean as one."""
    if shape.schema.get("type") in {"number", "integer"}:
        return bool(_NOT_A_NUMBER.fullmatch(text) or _is_too_large(shape, text)) and not shape.schema.get("any_number")
    dates = {"date", "time", "date-time", "duration"}
    return shape.schema.get("format") in dates and bool(_DIGITS.fullmatch(text))


def _is_too_large(shape: Shape, text: str) -> bool:
    """Whether a number is out of range: a float would be infinite, and a Decimal be written with millions of zeros."""
    if _ENDLESS.fullmatch(text):
        return True
    try:
        return bool(shape.schema.get("float")) and math.isinf(float(text))
    except ValueError:
        return False


def _has_text(node: Submitted) -> bool:
    return any(not is_blank(value) for value in node.values)


def _text_of(value: str | StarletteUpload) -> str:
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _shown(node: Submitted) -> Any:
    return _text_of(node.values[-1]) if node.values else ""
