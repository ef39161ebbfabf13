"""The markers of inputs from the body, fitted to the types of the inputs."""

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args, get_origin

from hyperpy.exceptions import RouteError
from hyperpy.forms import FormModel, Kind
from hyperpy.pages.body_inputs import Form, FormMarker
from hyperpy.pages.facts import Declaration, place_of
from hyperpy.pages.loading.resolved_inputs import Input
from hyperpy.pages.submitted_bodies import FromBody


def is_form(kind: Any) -> bool:
    """Whether a type, without None and constraints, is `Form` or `Form[…]`."""
    return kind is Form or get_origin(kind) is Form


def with_id_prefixes(inputs: Sequence[Input]) -> tuple[Input, ...]:
    """The inputs of a file; if several are forms, the ids of each begin with its name unless it has an `id_prefix`."""
    forms = {given.name for given in inputs if isinstance(given.marker, FormMarker) and given.marker.model}
    if len(forms) < 2:
        return tuple(inputs)
    return tuple(
        replace(given, marker=replace(given.marker, id_prefix=given.name))
        if given.name in forms and isinstance(given.marker, FormMarker) and given.marker.id_prefix is None
        else given
        for given in inputs
    )


def fitted_marker(
    marker: FromBody, annotation: Any, kind: Any, declaration: Declaration, file: str, *, error_page: bool
) -> FromBody:
    """The marker, prepared for its input; `kind` is the type without None and constraints.

    Raises RouteError for a misused `Form`, and what pydantic raises for a type that it doesn't know.
    """
    if is_form(kind):
        return replace(_model_form(marker, kind, declaration, file), is_submitted=not error_page)
    if declaration.initial is not None or (isinstance(marker, FormMarker) and marker.has_initial):
        written = ast.unparse(declaration.annotation)
        hint = f"Write `{declaration.name}: Form[{written}] = Form(initial=…)`, or leave `initial` out."
        what = f"`initial` is for a form that is shown, not for `{written}`"
        raise RouteError(what, place=place_of(declaration.node, file), hint=hint)
    return marker.fitted(declaration.name, annotation, kind, has_default=declaration.has_default)


def _model_form(marker: FromBody, kind: Any, declaration: Declaration, file: str) -> FormMarker:
    name, place = declaration.name, place_of(declaration.node, file)
    arguments = get_args(kind)
    if not arguments:
        hint = f"Name its model: `{name}: Form[Contact]`, where `class Contact(BaseModel)` has the fields."
        raise RouteError(f"the form `{name}` has no model", place=place, hint=hint)
    if type(marker) is not FormMarker or marker.alias or marker.constraints or declaration.has_default:
        hint = f"Write `{name}: {ast.unparse(declaration.annotation)} = Form()`. It takes `initial` and `id_prefix`."
        raise RouteError(f"`{name}` is a form, and can't have this marker or its arguments", place=place, hint=hint)
    if marker.has_initial and declaration.initial is None:
        hint = f"Write it as the value: `{name}: Form[…] = Form(initial=…)`."
        raise RouteError("the initial values of a form can't be inside its annotation", place=place, hint=hint)
    model: FormModel[Any] = FormModel(arguments[0])
    if model.shape.kind is not Kind.OBJECT:
        written = getattr(arguments[0], "__name__", str(arguments[0]))
        hint = "A model has the fields as attributes:\n\n    class Contact(BaseModel):\n        name: str"
        raise RouteError(f"`{written}` is not a model, so `{name}` can't be its form", place=place, hint=hint)
    return FormMarker(id_prefix=marker.id_prefix, model=model)
