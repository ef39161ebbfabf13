"""The annotation of an input, evaluated: its type, and its input marker."""

import ast
import inspect
import typing
from typing import Annotated, Any, get_args, get_origin

from hyperpy.exceptions import Place, RouteError, did_you_mean
from hyperpy.lazy import pydantic, pydantic_core
from hyperpy.pages.body_inputs import Form
from hyperpy.pages.facts import Declaration, place_of
from hyperpy.pages.input_markers import DependsMarker, InputMarker, TextMarker, source_of
from hyperpy.pages.known_names import evaluate_aliases, has_marker, is_marker, is_marker_function
from hyperpy.pages.loading.type_names import TypeNames
from hyperpy.pages.submitted_bodies import FromBody
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class DeclaredType:
    """The type of an input with its constraints, and what marks it, if anything does."""

    annotation: Any
    marker: InputMarker | None


def declared_type(declaration: Declaration, file: str, types: TypeNames) -> DeclaredType:
    """Raises RouteError for an annotation that can't be evaluated, and for a marker that is misused."""
    marker = None if declaration.marker is None else _value_of(declaration.marker, declaration, file, types)
    try:
        annotation = _evaluated(declaration, file, types)
    except RouteError:
        if not isinstance(marker, DependsMarker) or not marker.is_given:
            raise
        annotation = Any  # such as a class imported under `TYPE_CHECKING`
    return checked_type(annotation, marker, declaration, file)


def checked_type(annotation: Any, marker: Any, declaration: Declaration, file: str) -> DeclaredType:
    """The type of an input from its evaluated annotation, and the marker that is its value, if it has one."""
    place = place_of(declaration.annotation, file)
    annotation, found = _split(annotation)
    _check_position(annotation, declaration, place)
    _check_fields(annotation, declaration, place)
    if marker is not None:
        found = [*found, marker]
    if len(found) > 1:
        raise RouteError(f"`{declaration.name}` has {len(found)} input markers", place=place, hint="Keep one of them.")
    if not found:
        return DeclaredType(annotation, None)
    marker = _checked(found[0], declaration, place)
    if isinstance(marker, TextMarker | FromBody) and marker.has_default:
        raise _hidden_default(marker, declaration, place)
    if isinstance(marker, TextMarker | FromBody) and marker.constraints:
        annotation = Annotated[annotation, pydantic.Field(**marker.constraints)]
    return DeclaredType(annotation, marker)


def _split(annotation: Any) -> tuple[Any, list[Any]]:
    """Takes the markers out of the outermost `Annotated[…]`, also where aliases or NewTypes are between its parts."""
    metadata: list[Any] = []
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *items = get_args(annotation)
            metadata = [*items, *metadata]
        elif isinstance(alias := get_origin(annotation) or annotation, typing.TypeAliasType) and has_marker(annotation):
            arguments = get_args(annotation)
            annotation = alias.__value__[arguments] if arguments else alias.__value__
        elif isinstance(annotation, typing.NewType) and has_marker(annotation):
            annotation = annotation.__supertype__
        else:
            break
    markers = [item for item in metadata if is_marker(item)]
    for item in metadata:
        if not is_marker(item):
            annotation = Annotated[annotation, item]
    return annotation, markers


def _check_position(annotation: Any, declaration: Declaration, place: Place) -> None:
    if annotation is Form or not (has_marker(annotation) or is_marker(annotation)):
        return
    name = declaration.name
    if is_marker(annotation):
        what = f"the annotation of `{name}` is an input marker, not a type"
        hint = f"Write the type, and the marker as its value: `{name}: str = {ast.unparse(declaration.annotation)}`."
        if isinstance(annotation, InputMarker):
            raise RouteError(what, place=place, hint=hint)
        raise RouteError(what, place=place, hint=hint.removesuffix("`.") + "()`.")
    if get_origin(annotation) is Annotated and is_marker(annotation.__origin__):
        what = f"the type comes first in the `Annotated[…]` of `{name}`, and its input marker behind it"
        raise RouteError(what, place=place, hint=f"Write `{name}: Annotated[str, Query()]` or `{name}: str = Query()`.")
    what = "an input marker has to be in the outermost `Annotated[…]`"
    hint = f"Put the type inside: `{name}: Annotated[T | None, …]`, or write `{name}: T | None = …`."
    raise RouteError(what, place=place, hint=hint)


def _check_fields(annotation: Any, declaration: Declaration, place: Place) -> None:
    """Refuses what pydantic reads from a `Field` in a model only."""
    metadata = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    for item in metadata:
        if not isinstance(item, pydantic.fields.FieldInfo):
            continue
        if item.default is not pydantic_core.PydanticUndefined or item.default_factory is not None:
            hint = f"Write it as the value: `{declaration.name}: … = …`."
            raise RouteError("the default of an input can't be in a `Field`", place=place, hint=hint)
        if item.alias or item.validation_alias:
            hint = 'Write `Query(alias="…")`.'
            raise RouteError("the alias of an input can't be in a `Field`", place=place, hint=hint)


def _checked(marker: Any, declaration: Declaration, place: Place) -> InputMarker:
    """The marker, if it is one. A class or function is a marker only when called."""
    if isinstance(marker, type) or is_marker_function(marker):
        written = getattr(marker, "__name__", "Marker")
        if inspect.isabstract(marker):
            what = f"`{written}` has no value: it doesn't define `value`"
            raise RouteError(what, place=place, hint="Use a subclass that has `def value(self, request, name):`.")
        hint = f"Call it: `{written}()`."
        raise RouteError(f"`{written}` of `{declaration.name}` is not called", place=place, hint=hint)
    assert isinstance(marker, InputMarker)
    if inspect.iscoroutinefunction(marker.value):
        what = f"{type(marker).__name__}.value() is async, but inputs are read before anything is awaited"
        raise RouteError(what, place=place, hint="Write `def value(self, request, name):`, and await in the loader.")
    return marker


def _hidden_default(marker: TextMarker | FromBody, declaration: Declaration, place: Place) -> RouteError:
    function, name = source_of(marker).title(), declaration.name
    what = f"the default of `{name}` can't be inside its annotation, or in another place"
    hint = (
        f"The first argument of {function}() is the default. Write `{name}: … = {function}(…)` with the default "
        f'here, or `{function}(alias="…")` for another name in the request.'
    )
    return RouteError(what, place=place, hint=hint)


def _value_of(expression: ast.expr, declaration: Declaration, file: str, types: TypeNames) -> Any:
    """The marker that is written as the value of an input. It is made once, so it can use definitions only."""
    try:
        marker = types.evaluated(expression)
        if not is_marker(marker):  # it was one when the file was compiled
            raise TypeError(f"{marker!r} is not an input marker")
        return marker
    except Exception as error:
        what = f"can't make the input marker of `{declaration.name}`: {type(error).__name__}: {error}"
        hint = "Check its arguments. It is made once, when the file is loaded."
        if isinstance(error, NameError):
            hint = f"A marker is made once, when the file is loaded: only its default can use `{error.name}`."
        raise RouteError(what, place=place_of(expression, file), hint=hint) from error


def _evaluated(declaration: Declaration, file: str, types: TypeNames) -> Any:
    name = declaration.name
    try:
        annotation = types.evaluated(declaration.annotation)
        evaluate_aliases(annotation)
    except Exception as error:
        what = f"the annotation of `{name}` can't be evaluated: {type(error).__name__}: {error}"
        hint = f"An annotation is a type: `{name}: str`."
        if declaration.marked:
            hint = f"Check the arguments of its marker, and that the type comes first: `{name}: Annotated[str, …]`."
        if isinstance(error, NameError):
            suggestion = did_you_mean(error.name or "", [*types, "bool", "float", "int", "str"])
            advice = f"{suggestion} Otherwise, import `{error.name}`." if suggestion else f"Import `{error.name}`."
            hint = f"{advice} If `{name}` isn't an input, set it in the body or the loader."
            what = f"the annotation of `{name}` uses `{error.name}`, which this file doesn't define"
        raise RouteError(what, place=place_of(declaration.annotation, file), hint=hint) from error
    return annotation
