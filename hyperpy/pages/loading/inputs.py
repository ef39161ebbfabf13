"""Inputs, resolved at load: the origin of each, and how its raw value is converted."""

import ast
import typing
from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

from starlette.requests import Request
from starlette.responses import Response

from hyperpy.exceptions import RouteError, known_names
from hyperpy.lazy import pydantic
from hyperpy.pages.body_inputs import FormMarker
from hyperpy.pages.facts import Declaration, place_of
from hyperpy.pages.input_markers import DependsMarker, InputMarker, PathMarker, QueryMarker
from hyperpy.pages.loading.annotations import DeclaredType, declared_type
from hyperpy.pages.loading.body.fitting import fitted_marker, is_form, with_id_prefixes
from hyperpy.pages.loading.body.model_fields import undefined_in_model
from hyperpy.pages.loading.compiled.route_facts import RouteFacts
from hyperpy.pages.loading.constraints import UnfitConstraintError
from hyperpy.pages.loading.resolved_inputs import Dependency, Input, InputOrigin
from hyperpy.pages.loading.text_types import NotTextError, TextType, object_type, text_type
from hyperpy.pages.loading.type_names import TypeNames
from hyperpy.pages.request_objects import RequestObject
from hyperpy.pages.submitted_bodies import FromBody
from hyperpy.record_classes import record
from hyperpy.sessions import Session


@record(frozen=True, slots=True)
class Source:
    """The sources of one route's inputs."""

    parameters: frozenset[str]
    """The parameters of its URL."""
    error_page: bool
    depend: Callable[[Callable[..., Any], Declaration, str], Dependency]
    """Resolves a dependency that is declared in a file."""


def resolve_inputs(facts: RouteFacts, types: TypeNames, source: Source) -> tuple[Input, ...]:
    """The inputs of a route; `types` has its definitions.

    Raises RouteError for an annotation that can't be evaluated or injected.
    """
    file = facts.file
    inputs = [
        resolve_input(declaration, declared_type(declaration, file, types), file, source)
        for declaration in facts.declarations
    ]
    return with_id_prefixes(inputs)


def resolve_input(declaration: Declaration, declared: DeclaredType, file: str, source: Source) -> Input:
    """The input that a file declares. Raises RouteError for a type that can't be injected."""
    marker, parameters = declared.marker, source.parameters
    origin = _origin(declaration, declared.annotation, marker, parameters, source.error_page)
    kind = _without_none(declared.annotation)
    if origin is InputOrigin.MARKER:
        marker = marker if marker is not None else (FormMarker() if is_form(kind) else QueryMarker())
    if isinstance(marker, PathMarker):
        _check_parameter(marker.key(declaration.name), declaration, file, parameters)
    session_model = _session_model(declared.annotation, declaration, file) if origin is InputOrigin.SESSION else None
    dependency = None
    if isinstance(marker, DependsMarker):
        dependency = _dependency(marker, declaration, declared.annotation, file, source)
    if isinstance(marker, FromBody):
        marker = _fitted(marker, declared.annotation, kind, declaration, file, source)
        reading = TextType(None, many=False, optional=marker.optional, takes_empty=True)
    else:
        reading = _reading(declared.annotation, origin, marker, declaration, file)
    return Input(
        name=declaration.name,
        origin=origin,
        marker=marker if origin is InputOrigin.MARKER else None,
        key=marker.key(declaration.name) if marker is not None else declaration.name,
        group=declaration.group,
        many=reading.many,
        optional=reading.optional,
        has_default=declaration.has_default,
        takes_empty=reading.takes_empty,
        convert=reading.convert,
        kind=_written(declaration),
        methods=declaration.methods,
        dependency=dependency,
        session_model=session_model,
        request_object=_request_object(_without_none(declared.annotation)) if origin is InputOrigin.OBJECT else None,
    )


def _session_model(annotation: Any, declaration: Declaration, file: str) -> pydantic.TypeAdapter[Any] | None:
    """The model in `Session[Model]`. Raises RouteError for one that can't be made for a new visitor."""
    models = get_args(_without_none(annotation))
    if not models or models[0] is Any:
        return None
    place, fields, has_fields = place_of(declaration.annotation, file), "", False
    try:
        adapter = pydantic.TypeAdapter[Any](models[0])
        has_fields = isinstance(adapter.dump_python(adapter.validate_python({}), mode="json"), dict)
    except pydantic.ValidationError as error:
        fields = ", ".join(f"`{problem['loc'][0]}`" for problem in error.errors() if problem["loc"])
    except pydantic.PydanticSchemaGenerationError as error:
        raise _unknown_type(declaration, file, error) from error
    if fields:
        hint = f"The session of a new visitor is empty: give each field a default, here {fields}."
        raise RouteError("this session can't be made for a new visitor", place=place, hint=hint)
    if not has_fields:
        hint = "Use a pydantic model, a dataclass or a TypedDict."
        raise RouteError("the type of a session must have fields", place=place, hint=hint)
    return adapter


def _fitted(
    marker: FromBody, annotation: Any, kind: Any, declaration: Declaration, file: str, source: Source
) -> FromBody:
    if marker.constraints and not is_form(kind):
        try:
            text_type(annotation, lists=True, anything=True)
        except UnfitConstraintError as error:
            raise _unfit(declaration, file, error) from None
        except NotTextError:
            pass  # such as a list of models, whose items can be counted
    try:
        return fitted_marker(marker, annotation, kind, declaration, file, error_page=source.error_page)
    except RouteError:
        raise
    except Exception as error:
        raise undefined_in_model(annotation) or _unknown_type(declaration, file, error) from error


def _dependency(
    marker: DependsMarker, declaration: Declaration, annotation: Any, file: str, source: Source
) -> Dependency:
    """Raises RouteError for what can't be called, and for a dependency that can't be awaited where it stands."""
    call, place, name = marker.dependency, place_of(declaration.node, file), declaration.name
    if declaration.has_default:
        hint = "Remove the default: the value is always what the dependency returns."
        raise RouteError(f"the default of `{name}` would never be used", place=place, hint=hint)
    if not marker.is_given:
        call = _without_none(annotation)
        if not isinstance(call, type):
            hint = "Pass the function that makes the value: `Depends(current_user)`."
            raise RouteError("`Depends()` without a function needs a class as its type", place=place, hint=hint)
    if not callable(call):
        called = type(call).__name__
        hint = "Pass the function itself, without calling it: `Depends(current_user)`."
        raise RouteError(f"`{name}` depends on a value of the type {called}, not on a function", place=place, hint=hint)
    dependency = source.depend(call, declaration, file)
    if declaration.methods is None and dependency.waits:
        raise RouteError(
            f"`{name}` can't be awaited under a condition",
            place=place,
            hint=(
                "It would be awaited before the statements run that the condition depends on. Declare it at the top "
                "level, or\ndirectly under `if POST:` and the like with any other `if` inside, or await it in the "
                "loader."
            ),
        )
    return dependency


def _written(declaration: Declaration) -> str:
    annotation = declaration.annotation
    if declaration.marked and declaration.marker is None:
        match annotation:
            case ast.Subscript(slice=ast.Tuple(elts=[kind, *_])):
                return ast.unparse(kind)
    return ast.unparse(annotation)


def _origin(
    declaration: Declaration, annotation: Any, marker: InputMarker | None, parameters: frozenset[str], error_page: bool
) -> InputOrigin:
    if isinstance(marker, DependsMarker):
        return InputOrigin.DEPENDENCY
    if marker is not None:
        return InputOrigin.PATH if isinstance(marker, PathMarker) else InputOrigin.MARKER
    kind = _without_none(annotation)
    if isinstance(kind, type) and issubclass(kind, Request):
        return InputOrigin.REQUEST
    if isinstance(kind, type) and issubclass(kind, Response):
        return InputOrigin.RESPONSE
    if kind is Session or get_origin(kind) is Session:
        return InputOrigin.SESSION
    if _request_object(kind) is not None:
        return InputOrigin.OBJECT
    if error_page and isinstance(kind, type) and issubclass(kind, BaseException):
        return InputOrigin.ERROR
    return InputOrigin.PATH if declaration.name in parameters else InputOrigin.MARKER


def _request_object(kind: Any) -> type[RequestObject] | None:
    return kind if isinstance(kind, type) and issubclass(kind, RequestObject) else None


def _without_none(annotation: Any) -> Any:
    """The one type in a union with None, without constraints."""
    while True:
        if isinstance(annotation, typing.TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation = annotation.__origin__
        elif get_origin(annotation) in {typing.Union, UnionType}:
            members = [member for member in get_args(annotation) if member is not type(None)]
            if len(members) != 1:
                return annotation
            annotation = members[0]
        else:
            return annotation


def _check_parameter(key: str, declaration: Declaration, file: str, parameters: frozenset[str]) -> None:
    """Raises RouteError for a `Path()` without a parameter of that name in the URL, or with a default."""
    place = place_of(declaration.node, file)
    if key not in parameters:
        hint = known_names(key, sorted(parameters)) if parameters else f"Name the file or its folder `{{{key}}}`."
        raise RouteError(f"the URL of this file has no parameter `{key}`", place=place, hint=hint)
    if declaration.has_default:
        hint = "Remove the default: a path parameter always has a value."
        raise RouteError(f"the default of `{declaration.name}` would never be used", place=place, hint=hint)


def _reading(
    annotation: Any, origin: InputOrigin, marker: InputMarker | None, declaration: Declaration, file: str
) -> TextType:
    """How the raw values of an input become its value."""
    if origin not in {InputOrigin.PATH, InputOrigin.MARKER}:
        return TextType(None, many=False, optional=False, takes_empty=False)
    lists = declaration.marked and marker is not None and type(marker).values is not InputMarker.values
    try:
        if marker is not None and not marker.is_text:
            return object_type(annotation, lists=lists)
        return text_type(annotation, lists=lists, anything=declaration.marked)
    except NotTextError:
        raise _not_injectable(declaration, file, origin, annotation) from None
    except UnfitConstraintError as error:
        raise _unfit(declaration, file, error) from None
    except pydantic.PydanticSchemaGenerationError as error:
        raise _not_injectable(declaration, file, origin, annotation) from error
    except Exception as error:
        raise undefined_in_model(annotation) or _unknown_type(declaration, file, error) from error


def _unfit(declaration: Declaration, file: str, error: UnfitConstraintError) -> RouteError:
    what = f"the constraint `{error}` can't be applied to `{declaration.name}: {ast.unparse(declaration.annotation)}`"
    hint = "Numbers and dates are compared (`ge=1`); texts and lists have a length (`max_length=9`), texts a `pattern`."
    return RouteError(what, place=place_of(declaration.node, file), hint=hint)


def _unknown_type(declaration: Declaration, file: str, error: Exception) -> RouteError:
    what = f"pydantic can't read the type of `{declaration.name}`: {str(error).splitlines()[0]}"
    hint = "Check the type and its constraints."
    if "UploadFile" in str(error):
        hint = "Import `UploadFile` from hyperpy."
    return RouteError(what, place=place_of(declaration.annotation, file), hint=hint)


def _not_injectable(declaration: Declaration, file: str, origin: InputOrigin, kind: Any) -> RouteError:
    name, annotation = declaration.name, ast.unparse(declaration.annotation)
    if origin is InputOrigin.PATH:
        hint = "A path parameter is one string: annotate it with `str`, `int`, `UUID`, an Enum, `Literal[…]` …"
    elif declaration.marked or isinstance(declaration.node, ast.arg):
        hint = (
            "A query parameter, header or cookie is one string. Only parameters and headers can repeat, as "
            "`list[…]`.\nDeclare the parts one by one (`title: str`), take JSON as `Json[…]` of pydantic, or take it "
            "from the body of the request: `Body()`."
        )
    else:
        hint = (
            f"If the body or the loader sets `{name}`, nothing in this file does so yet:\n\n"
            f"    async def load():\n        global {name}\n        {name} = …\n\n"
        )
        if _is_list_of_texts(kind):
            hint += f"If it comes from the query, write `{name}: {annotation} = Query()`."
        else:
            marker = "File" if "UploadFile" in annotation else "Body"
            hint += (
                f"If it comes from the body of the request, write `{name}: {annotation} = {marker}()` under "
                f"`if POST:`, or `{name}: Form[…]` for a form. Declare what comes from elsewhere part by part "
                "(`title: str`)."
            )
    what = f"`{name}: {annotation}` can't be taken from the request"
    return RouteError(what, place=place_of(declaration.node, file), hint=hint)


def _is_list_of_texts(kind: Any) -> bool:
    try:
        return text_type(kind, lists=True, anything=False).many
    except Exception:  # noqa: BLE001 (then it isn't a list of texts)
        return False
