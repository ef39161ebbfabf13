"""A type → how a text of the request is converted to it.

pydantic converts and checks. Its schema of the type says whether a text can become a value at all: where it can't,
every request would be refused, so that is an error at load. The schema is also made stricter where a URL should have
one spelling: see `_integer` and `_number`.
"""

import datetime
import decimal
import functools
import pathlib
import re
import types
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from enum import Enum
from functools import partial
from typing import Any

from hyperpy.forms.shapes import is_common
from hyperpy.lazy import pydantic, pydantic_core
from hyperpy.pages.loading.constraints import check_constraint
from hyperpy.record_classes import record

type Schema = dict[str, Any]

# Kinds of schema, as `pydantic_core.core_schema` names them.
_COLLECTIONS = frozenset({"list", "set", "frozenset", "tuple", "deque"})
_WRAPPERS = frozenset(
    {"function-after", "function-before", "function-wrap", "nullable", "default", "custom-error", "definitions"}
)
_TEXTS = frozenset(
    {
        *("str", "bytes", "bool", "date", "time", "datetime", "timedelta", "uuid", "url", "multi-host-url"),
        *("complex", "fraction", "json", "function-plain"),
    }
)
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
# A Decimal takes such a number, and is written with millions of zeros.
_ENDLESS = re.compile(r".*[eE][+-]?0*[1-9][0-9]{3,}")
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# What pydantic's own types do with a text in these modules is a conversion; elsewhere it is a constraint.
_CONVERTING = ("pydantic.types", "pydantic.networks", "pydantic._internal._generate_schema")


# Types of members of a Literal or Enum whose `str` is how they are written.
_WRITABLE = (str, int, float, decimal.Decimal, uuid.UUID, datetime.date, datetime.time, pathlib.PurePath)


class NotTextError(Exception):
    """A type that no text can be converted to."""


@record(frozen=True, slots=True)
class TextType:
    convert: Callable[[Any], Any] | None
    """Raises pydantic's ValidationError; None if the text is the value."""
    many: bool
    """Whether it takes all values of a name, as a list."""
    optional: bool
    """Whether None is a value."""
    takes_empty: bool
    """Whether an empty text is a value."""


def text_type(annotation: Any, *, lists: bool, anything: bool) -> TextType:
    """Raises NotTextError, or whatever pydantic raises for a type that it doesn't know.

    `lists` is whether the request can have several values of a name, and `anything` whether `Any` is a type.
    """
    if is_common(annotation):
        return _common_type(annotation)
    return _text_type(annotation, lists=lists, anything=anything)


@functools.cache
def _common_type(annotation: type | types.UnionType) -> TextType:
    return _text_type(annotation, lists=False, anything=False)


def _text_type(annotation: Any, *, lists: bool, anything: bool) -> TextType:
    walk = _Walk(anything)
    schema: Schema = dict(pydantic.TypeAdapter(annotation).core_schema)
    many = lists and walk.innermost(schema)["type"] in _COLLECTIONS
    changed = walk.text(schema, in_list=many)
    is_plain = _plain(changed) == {"type": "str"}
    return TextType(
        convert=None if is_plain else pydantic_core.SchemaValidator(_as_core(changed)).validate_python,
        many=many,
        optional=walk.takes_none(schema),
        takes_empty=walk.takes_empty(changed),
    )


def object_type(annotation: Any, *, lists: bool) -> TextType:
    """The same for a marker that returns any object. A class that pydantic doesn't know requires an instance."""
    walk = _Walk(anything=True)
    try:
        adapter = pydantic.TypeAdapter(annotation)
    except pydantic.PydanticSchemaGenerationError:
        adapter = pydantic.TypeAdapter(annotation, config=pydantic.ConfigDict(arbitrary_types_allowed=True))
    schema: Schema = dict(adapter.core_schema)
    return TextType(
        convert=adapter.validate_python,
        many=lists and walk.innermost(schema)["type"] in _COLLECTIONS,
        optional=walk.takes_none(schema),
        takes_empty=walk.takes_empty(schema),
    )


def _as_core(schema: Schema) -> pydantic_core.CoreSchema:
    return schema


def _plain(schema: Schema) -> Schema:
    while schema["type"] == "nullable":
        schema = schema["schema"]
    return {key: value for key, value in schema.items() if key not in {"metadata", "serialization"}}


@record(slots=True)
class _Walk:
    """Goes through the schema of one type. `definitions` are those of recursive types, by reference."""

    anything: bool
    definitions: dict[str, Schema] = field(default_factory=dict)
    entered: frozenset[str] = frozenset()

    def text(self, schema: Schema, *, in_list: bool = False) -> Schema:
        """The schema for a text instead of any value. Raises NotTextError."""
        schema = self.resolved(schema)
        kind = schema["type"]
        if kind in _WRAPPERS:
            return self.wrapper(schema, in_list=in_list)
        if kind in _COLLECTIONS and in_list:
            return self.collection(schema)
        match kind:
            case "int":
                return _before(_integer, _lax(schema))
            case "float" | "decimal":
                finite = schema.get("allow_inf_nan") is not True
                return _before(partial(_number, kind), _lax(schema) | {"allow_inf_nan": not finite})
            case "literal":
                members = _members(schema["expected"])
                return _before(partial(_member, members), schema) if members else schema
            case "enum":
                return self.enum(schema)
            case "union":
                return schema | {"choices": [self.choice(choice) for choice in schema["choices"]]}
            case "chain":
                first, *others = schema["steps"]
                changed = schema | {"steps": [self.text(first, in_list=in_list), *others]}
                check_constraint(changed, first)
                return changed
            case "lax-or-strict":
                return self.text(schema["lax_schema"], in_list=in_list)
            case "json-or-python":
                return self.either(schema, in_list=in_list)
            case "model" if schema.get("root_model"):
                return _lax(schema) | {"schema": self.text(schema["schema"])}
            case "any" if self.anything:
                return schema
        if kind in _TEXTS:
            return _lax(schema)
        raise NotTextError

    def wrapper(self, schema: Schema, *, in_list: bool) -> Schema:
        inner = schema["schema"]
        try:
            changed = schema | {"schema": self.text(inner, in_list=in_list)}
        except NotTextError:
            if schema["type"] not in {"function-before", "function-wrap"} or _module(schema).startswith("pydantic."):
                raise
            return schema  # a validator of the site's own may make anything of a text
        check_constraint(changed, inner)
        return changed

    def collection(self, schema: Schema) -> Schema:
        items = schema.get("items_schema", {"type": "any"})
        if isinstance(items, list):
            return schema | {"items_schema": [self.text(item) for item in items], "strict": False}
        return schema | {"items_schema": self.text(items), "strict": False}

    def enum(self, schema: Schema) -> Schema:
        if "missing" in schema:
            return schema
        members = _members(schema["members"])
        return _before(partial(_member, members), schema) if members else schema

    def choice(self, choice: Any) -> Any:
        if isinstance(choice, tuple):
            return self.text(choice[0]), choice[1]
        return choice if choice["type"] == "none" else self.text(choice)

    def either(self, schema: Schema, *, in_list: bool) -> Schema:
        """A text is the same in JSON; that branch doesn't ask for an instance."""
        try:
            return self.text(schema["json_schema"], in_list=in_list)
        except NotTextError:
            return self.text(schema["python_schema"], in_list=in_list)

    def resolved(self, schema: Schema) -> Schema:
        """Follows a reference, and drops the schema's own, since a copy of it may stand beside the original."""
        if schema["type"] == "definitions":
            self.definitions |= {item["ref"]: item for item in schema["definitions"]}
        if schema["type"] == "definition-ref":
            reference = schema["schema_ref"]
            if reference in self.entered:
                raise NotTextError
            self.entered |= {reference}
            schema = self.definitions[reference]
        return {key: value for key, value in schema.items() if key != "ref"}

    def innermost(self, schema: Schema) -> Schema:
        """The schema inside all wrappers."""
        match schema["type"]:
            case kind if kind in _WRAPPERS:
                return self.innermost(schema["schema"])
            case "lax-or-strict":
                return self.innermost(schema["lax_schema"])
            case "json-or-python":
                return self.innermost(schema["json_schema"])
            case "chain":
                return self.innermost(schema["steps"][0])
        return schema

    def takes_none(self, schema: Schema) -> bool:
        match schema["type"]:
            case "nullable" | "none":
                return True
            case "literal":
                return None in schema["expected"]
            case "union":
                return any(self.takes_none(_unlabelled(choice)) for choice in schema["choices"])
            case kind if kind in _WRAPPERS:
                return self.takes_none(schema["schema"])
        return False

    def takes_empty(self, schema: Schema) -> bool:
        """Whether an empty text is likely meant as a value. An empty number or date is an empty field of a form."""
        match schema["type"]:
            case "str" | "bytes" | "any":
                return True
            case "literal":
                return "" in schema["expected"]
            case "enum":
                return any(member.value == "" for member in schema["members"])
            case "union":
                return any(self.takes_empty(_unlabelled(choice)) for choice in schema["choices"])
            case "chain":
                return self.takes_empty(schema["steps"][0])
            case "list" | "set" | "frozenset" | "deque":
                return self.takes_empty(self.resolved(schema.get("items_schema", {"type": "any"})))
            case "tuple":
                return True  # its items have their places
            case "function-plain":
                return not _module(schema).startswith("pydantic.")
            case kind if kind in _WRAPPERS or kind == "model":
                return _module(schema) not in _CONVERTING and self.takes_empty(schema["schema"])
        return False


def _unlabelled(choice: Any) -> Schema:
    schema: Schema = choice[0] if isinstance(choice, tuple) else choice
    return schema


def _module(schema: Schema) -> str:
    """The module of a schema's function, or the empty string."""
    function = schema.get("function", {}).get("function")
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__module__", None) or ""


def _before(function: Callable[[Any], Any], schema: Schema) -> Schema:
    return {"type": "function-before", "function": {"type": "no-info", "function": function}, "schema": schema}


def _lax(schema: Schema) -> Schema:
    """Without `strict`: a strict number can't be a text, and in a request there is nothing else."""
    return {key: value for key, value in schema.items() if key != "strict" or schema["type"] == "str"}


def _integer(value: Any) -> Any:
    """Only `0`, `7` and `-7`: not `07`, `+7`, `7.0`, `1_000` or ` 7`, which pydantic takes too."""
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise pydantic_core.PydanticKnownError("int_parsing")
    return value


def _number(kind: str, value: Any) -> Any:
    """Digits, a point, an exponent: not `+7`, `1_000` or ` 7`. `nan` and `inf` are left to `allow_inf_nan`."""
    if not isinstance(value, str) or value.lstrip("+-").isalpha():
        return value
    if not _NUMBER.fullmatch(value) or (kind == "decimal" and _ENDLESS.fullmatch(value)):
        raise pydantic_core.PydanticKnownError("float_parsing" if kind == "float" else "decimal_parsing")
    return value


def _members(values: list[Any]) -> Mapping[str, Any]:
    """The members of a Literal or Enum by their texts; empty if pydantic compares them with a text itself."""
    if all(isinstance(value, str) and not isinstance(value, Enum) for value in values):
        return {}
    return dict(_spelled(values))


def _spelled(values: list[Any]) -> Iterator[tuple[str, Any]]:
    for value in sorted(values, key=lambda value: isinstance(value, str)):  # "1" takes precedence over 1
        written = value.value if isinstance(value, Enum) else value
        if isinstance(written, bool):
            yield str(written).lower(), value
        elif isinstance(written, _WRITABLE):
            yield str(written), value
        elif written is not None:
            raise NotTextError


def _member(members: Mapping[str, Any], value: Any) -> Any:
    """The member of that text. pydantic rejects anything else as well, and its error lists the members."""
    return members.get(value, _NO_MEMBER) if isinstance(value, str) else value


_NO_MEMBER = object()
