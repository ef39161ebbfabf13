"""Inputs, resolved when a route is loaded: where each comes from and how its text becomes a value."""

import ast
import datetime
import decimal
import enum
import pathlib
import types
import typing
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from starlette.requests import Request
from starlette.responses import Response

from hyperpy.exceptions import RouteError, did_you_mean
from hyperpy.pages.analysis.description import Declaration, Description
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.loading.input_markers import MARKERS, Cookie, Header, Marker, Query

SCALARS = (
    *(bool, int, float, str, decimal.Decimal, uuid.UUID, pathlib.PurePath, enum.Enum),
    *(datetime.date, datetime.time, datetime.timedelta),
)
LISTS = (list, set, tuple, frozenset)


class Origin(Enum):
    """Where an input's value is taken from."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    REQUEST = "request"
    RESPONSE = "response"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a route. `convert` takes the text (or a list of texts) and raises pydantic's ValidationError."""

    name: str
    origin: Origin
    key: str
    group: int
    many: bool
    optional: bool
    """None stands for a value that is missing."""
    has_default: bool
    takes_empty: bool
    """An empty text is a value; otherwise it counts as missing where it may be."""
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
    annotation = _evaluate(declaration, file, namespace)
    plain, marker = _marked(annotation)
    optional, kind = _without_none(plain)
    origin = _origin(declaration, kind, marker, parameters, error_page)
    many = _is_list(kind)
    taken = many and origin in {Origin.QUERY, Origin.HEADER} and marker is not None
    if isinstance(plain, types.UnionType) and any(_marked(member)[1] for member in get_args(plain)):
        raise _union_of_marked(declaration, file)
    if not taken and origin in TEXTS and not is_scalar(kind):
        raise _not_injectable(declaration, file, origin, kind, marker)
    return Input(
        name=declaration.name,
        origin=origin,
        key=_key(declaration.name, marker),
        group=declaration.group,
        many=taken,
        optional=optional,
        has_default=declaration.has_default,
        takes_empty=kind is str,
        convert=_converter(annotation, declaration, file) if origin in TEXTS else None,
        kind=_written(declaration.annotation, marker),
    )


def _written(annotation: ast.expr, marker: Marker | None) -> str:
    if marker is not None and isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        annotation = annotation.slice.elts[0]
    return ast.unparse(annotation)


TEXTS = frozenset({Origin.PATH, Origin.QUERY, Origin.HEADER, Origin.COOKIE})


def _evaluate(declaration: Declaration, file: str, namespace: Mapping[str, Any]) -> Any:
    expression = ast.Expression(declaration.annotation)
    try:
        return eval(compile(expression, file, "eval", dont_inherit=True), dict(namespace))
    except NameError as error:
        suggestion = did_you_mean(error.name or "", [*namespace, "bool", "float", "int", "str"])
        advice = f"Import `{error.name}`. If `{declaration.name}` is no input, set it in the body or the loader."
        hint = f"{suggestion} {advice}".strip()
        what = f"the annotation of `{declaration.name}` names `{error.name}`, which this file does not define"
        raise RouteError(what, place=place_of(declaration.annotation, file), hint=hint) from error
    except Exception as error:
        what = f"the annotation of `{declaration.name}` can't be evaluated: {type(error).__name__}: {error}"
        hint = f"An annotation is a type: `{declaration.name}: str`."
        raise RouteError(what, place=place_of(declaration.annotation, file), hint=hint) from error


def _marked(annotation: Any) -> tuple[Any, Marker | None]:
    """The type without `Annotated`, and the marker that it carried; a marker's class stands for an empty marker."""
    if get_origin(annotation) is not Annotated:
        return annotation, None
    for item in annotation.__metadata__:
        if isinstance(item, MARKERS):
            return annotation.__origin__, item
        if item in MARKERS:
            return annotation.__origin__, item()
    return annotation.__origin__, None


def _without_none(annotation: Any) -> tuple[bool, Any]:
    """Whether None is allowed, and the type that remains (None for a union of several)."""
    if isinstance(annotation, typing.TypeAliasType):
        annotation = annotation.__value__
    if get_origin(annotation) not in {typing.Union, types.UnionType}:
        return False, annotation
    members = [member for member in get_args(annotation) if member is not type(None)]
    optional = len(members) < len(get_args(annotation))
    return optional, members[0] if len(members) == 1 else typing.Union[tuple(members)]  # noqa: UP007


def _origin(
    declaration: Declaration, kind: Any, marker: Marker | None, parameters: frozenset[str], error_page: bool
) -> Origin:
    match marker:
        case Query():
            return Origin.QUERY
        case Header():
            return Origin.HEADER
        case Cookie():
            return Origin.COOKIE
    if isinstance(kind, type) and issubclass(kind, Request):
        return Origin.REQUEST
    if isinstance(kind, type) and issubclass(kind, Response):
        return Origin.RESPONSE
    if error_page and isinstance(kind, type) and issubclass(kind, BaseException):
        return Origin.ERROR
    if declaration.name in parameters:
        return Origin.PATH
    return Origin.QUERY


def _key(name: str, marker: Marker | None) -> str:
    if marker is not None and marker.name:
        return marker.name.lower() if isinstance(marker, Header) else marker.name
    return name.replace("_", "-").lower() if isinstance(marker, Header) else name


def is_scalar(kind: Any) -> bool:
    """A type that one piece of text can be converted to."""
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


def _converter(annotation: Any, declaration: Declaration, file: str) -> Callable[[Any], Any] | None:
    if annotation is str or (_marked(annotation)[0] is str and len(annotation.__metadata__) == 1):
        return None
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation) as error:
        what = f"pydantic can't convert a text to the type of `{declaration.name}`"
        raise RouteError(what, place=place_of(declaration.annotation, file), hint=str(error).splitlines()[0]) from error
    return adapter.validate_python


def _union_of_marked(declaration: Declaration, file: str) -> RouteError:
    hint = f"Put the union inside: `{declaration.name}: Annotated[T | None, …]`."
    place = place_of(declaration.node, file)
    return RouteError("`Annotated` can't be a member of a union here", place=place, hint=hint)


def _not_injectable(
    declaration: Declaration, file: str, origin: Origin, kind: Any, marker: Marker | None
) -> RouteError:
    name, annotation = declaration.name, ast.unparse(declaration.annotation)
    if origin is Origin.PATH:
        hint = "A part of a path is one text: annotate it with `str`, `int`, `UUID`, an Enum, `Literal[…]` …"
    elif marker is not None:
        hint = (
            "A parameter, header or cookie is one text, and only a parameter or header may come several times, as "
            "`list[…]`.\nAsk for the parts one by one (`title: str`), or read `request: Request`."
        )
    else:
        hint = (
            f"If the body or the loader sets `{name}`, nothing in this file does so yet:\n\n"
            f"    async def load():\n        global {name}\n        {name} = …\n\n"
        )
        if _is_list(kind) and all(is_scalar(member) for member in get_args(kind)):
            hint += f"If it comes from the URL's query, say so: `{name}: Annotated[{annotation}, Query()]`."
        else:
            hint += "If it comes from the request, ask for its parts one by one (`title: str`)."
    what = f"`{name}: {annotation}` can't be taken from the request"
    return RouteError(what, place=place_of(declaration.node, file), hint=hint)


def convert(given: Input, text: str | Sequence[str]) -> Any:
    """The value of an input; raises ValueError with a sentence for the person who sent it."""
    if given.convert is None:
        return text
    try:
        return given.convert(text)
    except ValidationError as error:
        raise ValueError("; ".join(_sentence(problem["msg"], problem["loc"]) for problem in error.errors())) from None


def _sentence(message: str, location: tuple[int | str, ...]) -> str:
    return f"{message} (item {location[0]})" if location else message
