"""Inputs that a body must have: of a form or JSON, without a form to show again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from hyperpy.exceptions import InputError
from hyperpy.forms.binding import bind_submitted
from hyperpy.forms.field_names import submitted_tree
from hyperpy.forms.fields import FieldPlace
from hyperpy.forms.form_errors import in_order, problems_of
from hyperpy.forms.shapes import Kind, Shape
from hyperpy.forms.submission import Submission
from hyperpy.lazy import LazyModule, pydantic
from hyperpy.record_classes import record

if TYPE_CHECKING:
    from hyperpy.forms import model_shapes
else:
    model_shapes = LazyModule("hyperpy.forms.model_shapes")

ABSENT: Final[Any] = object()
"""Stands for an input that the body doesn't have, so that its default applies."""

_FIELD: Final = "value"

type Adapter = pydantic.TypeAdapter[Any]


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
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(annotation)
    shape = model_shapes.shape_of(adapter)
    if shape.kind is Kind.OBJECT:
        return FormInput(name, adapter, shape, is_field=False, optional=shape.optional)
    default = ABSENT if has_default else None if shape.optional else ...
    model = pydantic.create_model("Fields", value=(annotation, pydantic.Field(default, alias=name)))
    fields: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(model)
    return FormInput(name, fields, model_shapes.shape_of(fields), is_field=True, optional=shape.optional)


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
