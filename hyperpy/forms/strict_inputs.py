"""Inputs that a body must have: of a form or JSON, without a form to show again."""

import functools
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from hyperpy.exceptions import InputError
from hyperpy.forms.binding import bind_submitted
from hyperpy.forms.field_names import submitted_tree
from hyperpy.forms.fields import FieldPlace
from hyperpy.forms.form_errors import in_order, problems_of
from hyperpy.forms.shapes import Kind, Shape, is_common
from hyperpy.forms.submission import Submission
from hyperpy.lazy import LazyModule, pydantic, pydantic_core
from hyperpy.record_classes import record

if TYPE_CHECKING:
    from hyperpy.forms import model_shapes
else:
    model_shapes = LazyModule("hyperpy.forms.model_shapes")

ABSENT: Final[Any] = object()
"""Stands for an input that the body doesn't have, so that its default applies."""

_FIELD: Final = "value"

type Adapter = pydantic.TypeAdapter[Any] | pydantic_core.SchemaValidator


@record(frozen=True, slots=True)
class FormInput:
    """One input that is read from a form: a model, whose fields are those of the form, or the field of that name."""

    name: str
    adapter: Adapter
    shape: Shape
    is_field: bool
    optional: bool
    """Whether None is a value."""

    def validate(self, submission: Submission) -> Any:
        """The value, or ABSENT. Raises InputError that names each field."""
        known: Mapping[str, list[str]] = {}
        try:
            if submission.json is not None:
                data = self.adapter.validate_json(submission.json.text)
            else:
                binding = bind_submitted(self.shape, submitted_tree(submission.pairs))
                known = binding.problems
                data = self.adapter.validate_python(binding.data, strict=False)
        except pydantic.ValidationError as error:
            raise InputError(
                _joined(problems_of(error, FieldPlace((), "", self.shape, None), known), self.name)
            ) from None
        if known:
            raise InputError(_joined(in_order(dict(known), self.shape), self.name))
        return getattr(data, _FIELD) if self.is_field else data


def form_input(name: str, annotation: Any, *, has_default: bool) -> FormInput:
    """An input of a form, prepared at load; `name` is that of its field. Raises what pydantic raises."""
    if is_common(annotation):
        return _renamed(_common_input(annotation, has_default=has_default), name)
    return _form_input(name, annotation, has_default=has_default)


def _form_input(name: str, annotation: Any, *, has_default: bool) -> FormInput:
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(annotation)
    shape = model_shapes.shape_of(adapter)
    if shape.kind is Kind.OBJECT:
        return FormInput(name, adapter, shape, is_field=False, optional=shape.optional)
    default = ABSENT if has_default else None if shape.optional else ...
    model = pydantic.create_model("Fields", value=(annotation, pydantic.Field(default, alias=name)))
    fields: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(model)
    return FormInput(name, fields, model_shapes.shape_of(fields), is_field=True, optional=shape.optional)


class _Fields:
    """What a validator of renamed fields returns. For a model, it would be the validator of that model."""

    # https://docs.pydantic.dev/latest/api/pydantic_core_schema/#pydantic_core.core_schema.model_schema
    __slots__ = ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__")


@functools.cache
def _common_input(annotation: type | types.UnionType, *, has_default: bool) -> FormInput:
    return _form_input(_FIELD, annotation, has_default=has_default)


def _renamed(made: FormInput, name: str) -> FormInput:
    """The same input for a field of another name. This takes a hundredth of the time that a new model does."""
    assert isinstance(made.adapter, pydantic.TypeAdapter)
    model: Any = made.adapter.core_schema
    field = {**model["schema"]["fields"][_FIELD], "validation_alias": name}
    fields = {**model["schema"], "fields": {_FIELD: field}}
    validator = pydantic_core.SchemaValidator({**model, "cls": _Fields, "schema": fields})
    shown = {**made.shape.schema["properties"][_FIELD], "alias": name}
    shape = Shape({**made.shape.schema, "properties": {_FIELD: shown}}, made.shape.definitions)
    return FormInput(name, validator, shape, is_field=True, optional=made.optional)


@record(frozen=True, slots=True)
class JSONInput:
    """One input that is a whole JSON body."""

    name: str
    adapter: Adapter
    shape: Shape

    def validate(self, submission: Submission) -> Any:
        """The value of a JSON text that has been checked. Raises InputError that names each field."""
        assert submission.json
        try:
            return self.adapter.validate_json(submission.json.text)
        except pydantic.ValidationError as error:
            problems = problems_of(error, FieldPlace((), "", self.shape, None), {})
            if self.shape.kind is not Kind.OBJECT:  # what isn't the field of a model has the name of the input
                problems = {self._below(path): found for path, found in problems.items()}
            raise InputError(_joined(problems, self.name)) from None

    def _below(self, path: str) -> str:
        return f"{self.name}{path}" if path[:1] in {"", "["} else f"{self.name}.{path}"


def json_input(name: str, annotation: Any) -> JSONInput:
    """A JSON body, prepared at load. Raises what pydantic raises."""
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(annotation)
    return JSONInput(name, adapter, model_shapes.shape_of(adapter))


def _joined(problems: Mapping[str, list[str]], whole: str) -> dict[str, str]:
    return {name or whole: " ".join(dict.fromkeys(found)) for name, found in problems.items()}
