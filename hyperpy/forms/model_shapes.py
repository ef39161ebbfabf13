"""A pydantic model → the shape of its form, read from its JSON schema.

pydantic's generator of that visits every type, so that aliases, constraints, nested models and validators need no code
of their own here; ours adds what JSON schema leaves out. It is imported by the first form or JSON input.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, override

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema
from starlette.datastructures import UploadFile as StarletteUpload

from hyperpy.forms.shapes import Choice, Default, Schema, Shape, without, written


def shape_of(adapter: TypeAdapter[Any]) -> Shape:
    """The shape of a type. Raises what pydantic raises for one without a JSON schema."""
    schema = adapter.json_schema(schema_generator=_Generator, by_alias=False)
    return Shape(schema, schema.get("$defs", {}))


class _Generator(GenerateJsonSchema):
    """pydantic's generator, with aliases, defaults, members, files and the limits of dates."""

    @override
    def emit_warning(self, kind: Any, detail: str) -> None:
        """Some defaults are not JSON. They are kept as they are."""

    @override
    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:
        return {}

    @override
    def model_field_schema(self, schema: core_schema.ModelField) -> Schema:
        return {**super().model_field_schema(schema), "alias": schema.get("validation_alias")}

    @override
    def dataclass_field_schema(self, schema: core_schema.DataclassField) -> Schema:
        return {**super().dataclass_field_schema(schema), "alias": schema.get("validation_alias")}

    @override
    def typed_dict_field_schema(self, schema: core_schema.TypedDictField) -> Schema:
        return {**super().typed_dict_field_schema(schema), "alias": schema.get("validation_alias")}

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        config = getattr(schema["cls"], "model_config", {})
        by_name = bool(config.get("populate_by_name") or config.get("validate_by_name"))
        return {**super().model_schema(schema), "by_name": by_name, "by_alias": config.get("validate_by_alias", True)}

    @override
    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        return {**without(super().default_schema(schema), "default"), "value": Default(schema)}

    @override
    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> Schema:
        if isinstance(schema["cls"], type) and issubclass(schema["cls"], StarletteUpload):
            return {"type": "string", "format": "binary", "file": True}
        return {}

    @override
    def literal_schema(self, schema: core_schema.LiteralSchema) -> Schema:
        return _with_choices(super().literal_schema(schema), schema["expected"])

    @override
    def enum_schema(self, schema: core_schema.EnumSchema) -> Schema:
        return _with_choices(super().enum_schema(schema), schema["members"])

    @override
    def float_schema(self, schema: core_schema.FloatSchema) -> Schema:
        return {**super().float_schema(schema), "any_number": schema.get("allow_inf_nan") is True, "float": True}

    @override
    def decimal_schema(self, schema: core_schema.DecimalSchema) -> Schema:
        limits = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
        found = {name: schema[key] for key, name in limits.items() if key in schema}  # type: ignore[literal-required]
        places = {"places": schema["decimal_places"]} if "decimal_places" in schema else {}
        return {"type": "number", **found, **places, **_multiple(schema)}

    @override
    def date_schema(self, schema: core_schema.DateSchema) -> Schema:
        return {**super().date_schema(schema), **_limits(schema)}

    @override
    def time_schema(self, schema: core_schema.TimeSchema) -> Schema:
        return {**super().time_schema(schema), **_limits(schema)}

    @override
    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> Schema:
        aware = schema.get("tz_constraint") not in {None, "naive"}
        return {**super().datetime_schema(schema), **_limits(schema), "aware": aware}


def _multiple(schema: Mapping[str, Any]) -> Schema:
    return {"multipleOf": schema["multiple_of"]} if "multiple_of" in schema else {}


def _limits(schema: Mapping[str, Any]) -> Schema:
    """The first and the last value. HTML has no word for a limit that is excluded."""
    first, last = schema.get("ge", schema.get("gt")), schema.get("le", schema.get("lt"))
    return {name: value for name, value in (("minimum", first), ("maximum", last)) if value is not None}


def _with_choices(schema: Schema, values: list[Any]) -> Schema:
    """JSON schema has the values only. A checkbox takes the place of the one value True."""
    if all(isinstance(value, bool) for value in values):
        return {"type": "boolean", "const": values[0]} if len(values) == 1 else {"type": "boolean"}
    choices = tuple(Choice(written(value), value, _label(value)) for value in values if value is not None)
    return {"type": "string", **without(schema, "enum", "const"), "choices": choices, "nullable": None in values}


def _label(value: Any) -> str:
    if isinstance(value, Enum):
        label = getattr(value, "label", None)
        return label if isinstance(label, str) else value.name.replace("_", " ").capitalize()
    return written(value)
