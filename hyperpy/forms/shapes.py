"""The shape of a form: fields, their kinds, and what HTML can express of them."""

import datetime
import types
from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Any, Final

from hyperpy.lazy import decimal
from hyperpy.record_classes import record

type Schema = dict[str, Any]

_DEFS: Final = "#/$defs/"
_COMMON: Final = frozenset({bool, float, int, str})


def is_common(annotation: Any) -> bool:
    """Whether a type is `str`, `str | None` or the like: inputs have them so often that they are prepared once."""
    if isinstance(annotation, type):
        return annotation in _COMMON
    return isinstance(annotation, types.UnionType) and any(annotation == (kind | None) for kind in _COMMON)


class Kind(Enum):
    """How a value is made of what was submitted."""

    TEXT = "text"
    BOOL = "bool"
    FILE = "file"
    LIST = "list"
    OBJECT = "object"
    MAPPING = "mapping"
    ANY = "any"


@record(frozen=True, slots=True, eq=False)  # hashed by identity, since values need not be hashable
class Choice:
    """A member of a Literal or Enum: its text in a form, its value and its label."""

    text: str
    value: Any
    label: str


@record(frozen=True, slots=True, eq=False)
class Default:
    """The default of a field, in a core schema."""

    schema: Mapping[str, Any]

    def value(self) -> Any:
        if "default" in self.schema:
            return self.schema["default"]
        takes_data = self.schema.get("default_factory_takes_data")
        return None if takes_data else self.schema["default_factory"]()


@record(frozen=True, slots=True)
class FieldShape:
    """One field of a model."""

    name: str
    """As the model calls it."""
    paths: tuple[tuple[str, ...], ...]
    """Where a value may be in what is submitted, by alias or name; the first is the one that hyperpy writes."""
    shape: Shape
    required: bool
    default: Default | None
    label: str
    help: str
    key: str
    """Its name when submitted."""

    @property
    def is_fixed(self) -> bool:
        """Whether it shows the same text in every form that was not submitted: no function makes its default."""
        is_made = self.default is not None and "default" not in self.default.schema
        return not is_made and self.shape.kind not in {Kind.OBJECT, Kind.LIST, Kind.MAPPING}


class Shape:
    """The type of a field. Nested types are resolved when they are asked for, since a model may contain itself."""

    def __init__(self, schema: Schema, definitions: Mapping[str, Schema]) -> None:
        self.definitions = definitions
        self.optional = False
        self.schema = self._resolved(schema)
        self.optional = self.optional or bool(self.schema.get("nullable"))
        self.kind = _kind(self.schema)

    def _resolved(self, schema: Schema) -> Schema:
        """The schema without references, and without the alternative None."""
        while reference := schema.get("$ref"):
            schema = {**self.definitions[reference.removeprefix(_DEFS)], **without(schema, "$ref")}
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if choices is None:
            return schema
        others = [choice for choice in choices if choice.get("type") != "null"]
        self.optional = self.optional or len(others) < len(choices)
        outer = without(schema, "anyOf", "oneOf", "allOf")
        if len(others) == 1:
            return self._resolved({**others[0], **outer})
        return outer | _merged([self._resolved(choice) for choice in others])

    @cached_property
    def fields(self) -> Mapping[str, FieldShape]:
        """The fields of an object by name."""
        required = self.schema.get("required", ())
        return {
            name: self._field(name, schema, name in required)
            for name, schema in self.schema.get("properties", {}).items()
        }

    def _field(self, name: str, schema: Schema, required: bool) -> FieldShape:
        shape = Shape(schema, self.definitions)
        paths = _paths(schema.get("alias"), name, self.schema)
        default = shape.schema.get("value")
        return FieldShape(
            name=name,
            paths=paths,
            shape=shape,
            required=required,
            default=default if isinstance(default, Default) else None,
            label=_label_of(name, str(schema.get("title", ""))),
            help=str(schema.get("description", "")),
            key=".".join(paths[0]),
        )

    @cached_property
    def items(self) -> tuple[Shape, ...]:
        """The shapes of a list's items by index; the last one is that of all others."""
        first = self.schema.get("prefixItems", [])
        rest = self.schema.get("items")
        return tuple(
            Shape(schema, self.definitions) for schema in (*first, *([rest or {}] if rest or not first else []))
        )

    def item(self, index: int) -> Shape:
        return self.items[min(index, len(self.items) - 1)]

    @cached_property
    def values(self) -> Shape:
        """The shape of a mapping's values."""
        schema = self.schema.get("additionalProperties")
        return Shape(schema if isinstance(schema, dict) else {}, self.definitions)

    @property
    def choices(self) -> tuple[Choice, ...]:
        found: tuple[Choice, ...] = self.schema.get("choices", ())
        return found

    @property
    def takes_more(self) -> bool:
        """Whether names that are not fields reach the model, which takes or refuses them."""
        return "additionalProperties" in self.schema

    @property
    def is_secret(self) -> bool:
        return self.schema.get("format") == "password" or bool(self.schema.get("writeOnly"))

    @property
    def is_plain_text(self) -> bool:
        """Whether any text is a value, with its white space."""
        return self.schema.get("type") == "string" and self.schema.get("format") in {None, "password"}

    @property
    def is_flat(self) -> bool:
        """A list with one control, or several of the same name."""
        return self.kind is Kind.LIST and self.item(0).kind in (Kind.TEXT, Kind.BOOL, Kind.FILE, Kind.ANY)


def without(schema: Schema, *keys: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keys}


def _kind(schema: Schema) -> Kind:
    kind = schema.get("type")
    if schema.get("format") == "binary" and schema.get("file"):
        return Kind.FILE
    match kind:
        case "boolean":
            return Kind.BOOL
        case "array":
            return Kind.LIST
        case "object":
            return Kind.OBJECT if "properties" in schema else Kind.MAPPING
        case None if "choices" not in schema:
            return Kind.ANY
    return Kind.TEXT


def _merged(schemas: list[Schema]) -> Schema:
    """One schema for a union. Of several models, the form has the fields of all."""
    kinds = {_kind(schema) for schema in schemas}
    if kinds == {Kind.OBJECT}:
        properties = {name: each for schema in reversed(schemas) for name, each in schema["properties"].items()}
        shared = set.intersection(*(set(schema.get("required", ())) for schema in schemas))
        return {"type": "object", "properties": properties, "required": sorted(shared)}
    if kinds == {Kind.TEXT}:
        choices = tuple(choice for schema in schemas for choice in schema.get("choices", ()))
        if choices and all("choices" in schema for schema in schemas):
            return {"type": "string", "choices": choices}
        types = {schema.get("type") for schema in schemas}
        return {"type": "number"} if types <= {"integer", "number"} else {"type": "string", "format": "mixed"}
    return {}


def _paths(alias: Any, name: str, owner: Schema) -> tuple[tuple[str, ...], ...]:
    """The places of a field: `alias` is a str, a path, or a list of paths."""
    if alias is None or owner.get("by_alias") is False:
        return ((name,),)
    paths = [[alias]] if isinstance(alias, str) else [alias] if not isinstance(alias[0], list) else alias
    found = [tuple(map(str, path)) for path in paths]
    return (*found, *([(name,)] if owner.get("by_name") else []))


def _label_of(name: str, title: str) -> str:
    """The title that the model gives a field, or the field's name in words. pydantic's own titles are In Title Case."""
    words = name.replace("_", " ")
    return title if title and title != words.title() else words.strip().capitalize()


def written(value: Any) -> str:
    """A value as the text of a control."""
    match value:
        case None | False:
            return ""
        case True:
            return "on"
        case Enum():
            return written(value.value)
        case datetime.datetime():
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        case datetime.time():
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        case datetime.date():
            return value.isoformat()
        case decimal.Decimal():
            return format(value, "f")
        case float() if value.is_integer():
            return format(value, ".0f")
    return str(value)
