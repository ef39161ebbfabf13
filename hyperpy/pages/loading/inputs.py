"""Inputs, resolved at load: the origin of each, and how its raw value is converted."""

import ast
import datetime
import decimal
import enum
import inspect
import pathlib
import types
import typing
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from starlette.requests import Request
from starlette.responses import Response

from hyperpy.exceptions import AnswerError, Place, RouteError, did_you_mean
from hyperpy.pages.analysis.analyse import Description
from hyperpy.pages.analysis.declarations import Declaration
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import is_marker, marker_in
from hyperpy.pages.input_markers import InputMarker, Query
from hyperpy.templates.deferred import dismiss

SCALARS = (
    *(bool, int, float, str, decimal.Decimal, uuid.UUID, pathlib.PurePath, enum.Enum),
    *(datetime.date, datetime.time, datetime.timedelta),
)
LISTS = (list, set, tuple, frozenset)


class InputOrigin(Enum):
    """Where an input's value is taken from."""

    PATH = "path"
    MARKER = "marker"
    REQUEST = "request"
    RESPONSE = "response"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a route. `convert` takes the raw value and raises pydantic's ValidationError."""

    name: str
    origin: InputOrigin
    marker: InputMarker | None
    """Reads the value from the request, if the origin is MARKER."""
    key: str
    group: int
    many: bool
    """Whether all values of that name are taken instead of one."""
    optional: bool
    """A missing value becomes None."""
    has_default: bool
    takes_empty: bool
    """Whether an empty string is a value. If not, it counts as missing where a value may be missing."""
    convert: Callable[[Any], Any] | None
    kind: str
    """The type as the file writes it, without `Annotated`."""

    @property
    def required(self) -> bool:
        return not (self.optional or self.has_default)


def resolve_inputs(
    description: Description, namespace: Mapping[str, Any], parameters: frozenset[str], *, error_page: bool = False
) -> tuple[Input, ...]:
    """The inputs of a route whose definitions are in `namespace`.

    Raises RouteError for an annotation that can't be evaluated or injected.
    """
    return tuple(_resolve(d, description.file, namespace, parameters, error_page) for d in description.declarations)


def _resolve(
    declaration: Declaration, file: str, namespace: Mapping[str, Any], parameters: frozenset[str], error_page: bool
) -> Input:
    annotation = _expanded(_evaluate(declaration, file, namespace))
    marker = _marker(annotation, declaration, file)
    plain = annotation.__origin__ if get_origin(annotation) is Annotated else annotation
    optional, kind = _without_none(plain)
    origin = InputOrigin.MARKER if marker else _origin(declaration, kind, parameters, error_page)
    many = marker is not None and _is_list(kind) and type(marker).values is not InputMarker.values
    if origin is InputOrigin.MARKER:
        marker = marker or Query()
    is_text = origin is InputOrigin.PATH or (marker is not None and marker.is_text)
    if is_text and not many and not is_scalar(kind):
        raise _not_injectable(declaration, file, origin, kind)
    return Input(
        name=declaration.name,
        origin=origin,
        marker=marker,
        key=marker.key(declaration.name) if marker else declaration.name,
        group=declaration.group,
        many=many,
        optional=optional,
        has_default=declaration.has_default,
        takes_empty=kind is str,
        convert=_converter(annotation, origin, is_text, declaration, file),
        kind=_written(declaration.annotation, declaration.marked),
    )


def _expanded(annotation: Any) -> Any:
    """Replaces an alias from a `type` statement by its type, if that has a marker."""
    alias = get_origin(annotation) or annotation
    if not isinstance(alias, typing.TypeAliasType) or marker_in(alias) is None:
        return annotation
    value = alias.__value__
    return _expanded(value[get_args(annotation)] if get_args(annotation) else value)


def _marker(annotation: Any, declaration: Declaration, file: str) -> InputMarker | None:
    """The marker in the metadata of an annotation. A class stands for a marker made without arguments."""
    place = place_of(declaration.annotation, file)
    metadata = annotation.__metadata__ if get_origin(annotation) is Annotated else ()
    found = [item for item in metadata if is_marker(item)]
    if declaration.marked and not found:
        hint = f"Put the type inside: `{declaration.name}: Annotated[T | None, …]`."
        raise RouteError("an input marker has to be in the outermost `Annotated[…]`", place=place, hint=hint)
    if not found:
        return None
    if len(found) > 1:
        raise RouteError(f"`{declaration.name}` has {len(found)} input markers", place=place, hint="Keep one of them.")
    return _made(found[0], declaration, place)


def _made(marker: Any, declaration: Declaration, place: Place) -> InputMarker:
    if isinstance(marker, type):
        try:
            marker = marker()
        except TypeError as error:
            hint = f"Write `{marker.__name__}(…)` with its arguments. The class has to define `value`."
            what = f"can't make the input marker of `{declaration.name}`: {error}"
            raise RouteError(what, place=place, hint=hint) from error
    assert isinstance(marker, InputMarker)
    if inspect.iscoroutinefunction(marker.value):
        what = f"{type(marker).__name__}.value() is async, but inputs are read before anything is awaited"
        raise RouteError(what, place=place, hint="Write `def value(self, request, name):`, and await in the loader.")
    return marker


def _written(annotation: ast.expr, marked: bool) -> str:
    if marked and isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        annotation = annotation.slice.elts[0]
    return ast.unparse(annotation)


def _evaluate(declaration: Declaration, file: str, namespace: Mapping[str, Any]) -> Any:
    expression = ast.Expression(declaration.annotation)
    try:
        return eval(compile(expression, file, "eval", dont_inherit=True), dict(namespace))
    except Exception as error:
        what = f"the annotation of `{declaration.name}` can't be evaluated: {type(error).__name__}: {error}"
        hint = f"An annotation is a type: `{declaration.name}: str`."
        if isinstance(error, NameError):
            suggestion = did_you_mean(error.name or "", [*namespace, "bool", "float", "int", "str"])
            advice = f"{suggestion} Otherwise, import `{error.name}`." if suggestion else f"Import `{error.name}`."
            hint = f"{advice} If `{declaration.name}` isn't an input, set it in the body or the loader."
            what = f"the annotation of `{declaration.name}` uses `{error.name}`, which this file doesn't define"
        raise RouteError(what, place=place_of(declaration.annotation, file), hint=hint) from error


def _without_none(annotation: Any) -> tuple[bool, Any]:
    """Whether None is allowed, and the type that remains (None for a union of several)."""
    if isinstance(annotation, typing.TypeAliasType):
        annotation = annotation.__value__
    if get_origin(annotation) not in {typing.Union, types.UnionType}:
        return False, annotation
    members = [member for member in get_args(annotation) if member is not type(None)]
    optional = len(members) < len(get_args(annotation))
    return optional, members[0] if len(members) == 1 else typing.Union[tuple(members)]  # noqa: UP007


def _origin(declaration: Declaration, kind: Any, parameters: frozenset[str], error_page: bool) -> InputOrigin:
    """The origin of an input without a marker."""
    if isinstance(kind, type) and issubclass(kind, Request):
        return InputOrigin.REQUEST
    if isinstance(kind, type) and issubclass(kind, Response):
        return InputOrigin.RESPONSE
    if error_page and isinstance(kind, type) and issubclass(kind, BaseException):
        return InputOrigin.ERROR
    return InputOrigin.PATH if declaration.name in parameters else InputOrigin.MARKER


def is_scalar(kind: Any) -> bool:
    """Whether a single string can be converted to a type."""
    if isinstance(kind, typing.TypeAliasType):
        return is_scalar(kind.__value__)
    if isinstance(kind, typing.NewType):
        return is_scalar(kind.__supertype__)
    origin = get_origin(kind)
    if origin is Annotated:
        return is_scalar(kind.__origin__)
    if origin is Literal:
        return True
    if origin in {typing.Union, types.UnionType}:
        return all(is_scalar(member) for member in get_args(kind))
    return isinstance(kind, type) and issubclass(kind, SCALARS)


def _is_list(kind: Any) -> bool:
    return kind in LISTS or get_origin(kind) in LISTS


def _converter(
    annotation: Any, origin: InputOrigin, is_text: bool, declaration: Declaration, file: str
) -> Callable[[Any], Any] | None:
    """Converts raw values by pydantic; None if they are passed on as they are."""
    alone = get_origin(annotation) is Annotated and len(annotation.__metadata__) == 1
    is_plain_text = is_text and (annotation.__origin__ if alone else annotation) is str
    if is_plain_text or origin not in {InputOrigin.PATH, InputOrigin.MARKER}:
        return None
    try:
        return TypeAdapter(annotation).validate_python
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation) as error:
        if not is_text and isinstance(error, PydanticSchemaGenerationError):
            # A class that pydantic doesn't know: the marker has to return an instance.
            return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True)).validate_python
        what = f"pydantic can't convert a string to the type of `{declaration.name}`"
        raise RouteError(what, place=place_of(declaration.annotation, file), hint=str(error).splitlines()[0]) from error


def _not_injectable(declaration: Declaration, file: str, origin: InputOrigin, kind: Any) -> RouteError:
    name, annotation = declaration.name, ast.unparse(declaration.annotation)
    if origin is InputOrigin.PATH:
        hint = "A path parameter is one string: annotate it with `str`, `int`, `UUID`, an Enum, `Literal[…]` …"
    elif declaration.marked:
        hint = (
            "A query parameter, header or cookie is one string. Only parameters and headers can repeat, as "
            "`list[…]`.\nDeclare the parts one by one (`title: str`), or read `request: Request`."
        )
    else:
        hint = (
            f"If the body or the loader sets `{name}`, nothing in this file does so yet:\n\n"
            f"    async def load():\n        global {name}\n        {name} = …\n\n"
        )
        if _is_list(kind) and all(is_scalar(member) for member in get_args(kind)):
            hint += f"If it comes from the query, write `{name}: Annotated[{annotation}, Query()]`."
        else:
            hint += "If it comes from the request, declare its parts one by one (`title: str`)."
    what = f"`{name}: {annotation}` can't be taken from the request"
    return RouteError(what, place=place_of(declaration.node, file), hint=hint)


def convert(given: Input, value: Any) -> Any:
    """The value of an input. Raises ValueError with a message for the client."""
    if given.convert is None:
        return value
    try:
        return given.convert(value)
    except ValidationError as error:
        problems = ((problem["msg"], problem["loc"]) for problem in error.errors())
        sentences = (f"{message} (item {place[0]})" if place else message for message, place in problems)
        raise ValueError("; ".join(sentences)) from None


def not_a_value(given: Input, returned: Response | Awaitable[object]) -> AnswerError:
    """The error for what a marker of the site's own must not return: as a value, a refusal would have no effect."""
    if isinstance(returned, Response):
        hint = "To refuse the request, raise an HTTPException. To redirect, return or raise `redirect(…)`."
    else:
        dismiss(returned)
        hint = "Inputs are read before anything is awaited. Await in the loader."
    kind = type(returned).__name__
    return AnswerError(f"{type(given.marker).__name__}.value() returned a {kind} for `{given.name}`", hint=hint)
