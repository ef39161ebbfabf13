"""Reads the inputs of a request that need not be awaited."""

from collections.abc import Awaitable, Iterable
from typing import Any, Final, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from hyperpy.exceptions import AnswerError, InputError
from hyperpy.lazy import pydantic, pydantic_core
from hyperpy.pages.answers import Redirect
from hyperpy.pages.facts import METHODS
from hyperpy.pages.htmx_headers import vary
from hyperpy.pages.input_markers import CookieMarker, HeaderMarker, QueryMarker
from hyperpy.pages.loading.resolved_inputs import Input, InputOrigin
from hyperpy.pages.request.injected_response import InjectedResponse
from hyperpy.pages.submitted_bodies import FromBody
from hyperpy.sessions import Session, SessionContent
from hyperpy.templates.deferred import dismiss

# The request has no value for an input, and its default applies; or the value is invalid.
ABSENT: Final[Any] = object()


class Reader(Protocol):
    """A `Run`, as inputs and dependencies need it."""

    scope: Scope
    params: dict[str, str]
    error: BaseException | None
    response: InjectedResponse | None

    @property
    def request(self) -> Request: ...
    @property
    def is_answered(self) -> bool: ...

    def injected_response(self) -> InjectedResponse: ...
    def session_content(self) -> SessionContent: ...
    def register(self, redirect: Redirect) -> None: ...


def read(given: Input, run: Reader, problems: dict[str, str]) -> Any:
    """The value of an input, or ABSENT. Adds to `problems`, by name, what is wrong with it.

    Raises HTTPException(404) if a path parameter is invalid.
    """
    match given.origin:
        case InputOrigin.MARKER:
            return _marked(given, run, problems)
        case InputOrigin.PATH:
            try:
                return _converted(given, run.params[given.key])
            except ValueError:
                raise HTTPException(404) from None
        case InputOrigin.REQUEST:
            return run.request
        case InputOrigin.RESPONSE:
            return run.injected_response()
        case InputOrigin.ERROR:
            return run.error
        case InputOrigin.SESSION:
            return Session(run.session_content(), given.session_model)
        case InputOrigin.OBJECT:
            assert given.request_object is not None
            return given.request_object.of(run)
    raise AssertionError(given.origin)


def all_problems(problems: dict[str, str], group: int, inputs: Iterable[Input], run: Reader) -> dict[str, str]:
    """The problems of the inputs of one block, and those of later blocks that the request would have reached.

    Inputs of the site's own markers are left out, and dependencies: reading them may have an effect.
    """
    method = {"HEAD": "GET"}.get(run.scope["method"], run.scope["method"])
    method = method if method in METHODS else ""
    others: dict[str, str] = {}
    for given in inputs:
        is_form = isinstance(given.marker, FromBody) and given.marker.is_shown_again
        is_own = isinstance(given.marker, (QueryMarker, HeaderMarker, CookieMarker, FromBody))
        if given.group > group and is_own and not is_form and given.methods and method in given.methods:
            read(given, run, others)
    return problems | {name: problem for name, problem in others.items() if name not in problems}


def _marked(given: Input, run: Reader, problems: dict[str, str]) -> Any:
    assert given.marker is not None
    if isinstance(given.marker, FromBody) and given.marker.is_shown_again:
        return given.marker.form(run.scope)
    try:
        value = (given.marker.values if given.many else given.marker.value)(run.request, given.name)
    except InputError as error:
        problems.update(error.fields)
        return ABSENT
    if value is not None and type(value) is not str:
        if isinstance(value, Redirect):
            raise value
        if isinstance(value, (Response, Awaitable)):
            raise _not_a_value(given, value)
    if header := given.marker.vary(given.name):
        response = run.injected_response()
        response.headers["Vary"] = vary(response.raw_headers, header)
    if given.many and not given.takes_empty and isinstance(value, list):
        value = [each for each in value if each != ""]
    is_empty = isinstance(value, str) and not value and not given.takes_empty and not given.required
    if value is None or is_empty or (given.many and not value):
        if given.has_default:
            return ABSENT
        if not given.optional:
            problems[given.key] = "is required"
        return None
    try:
        return _converted(given, value)
    except ValueError as error:
        problems[given.key] = str(error)
        return ABSENT


def _converted(given: Input, value: Any) -> Any:
    """The value of an input. Raises ValueError with a message for the client."""
    if given.convert is None:
        return value
    try:
        return given.convert(value)
    except pydantic.ValidationError as error:
        raise ValueError("; ".join(map(_sentence, error.errors()))) from None


def _sentence(problem: pydantic_core.ErrorDetails) -> str:
    """What is wrong, and with which item of a list. The rest of a place names parts of the type."""
    item = next((f" (item {part})" for part in problem["loc"] if isinstance(part, int)), "")
    return f"{problem['msg']}{item}"


def _not_a_value(given: Input, returned: Response | Awaitable[object]) -> AnswerError:
    """The error for what a marker of the site's own must not return: as a value, a refusal would have no effect."""
    if isinstance(returned, Response):
        hint = "To refuse the request, raise an HTTPException. To redirect, return or raise `redirect(…)`."
    else:
        dismiss(returned)
        hint = "Inputs are read before anything is awaited. Await in the loader."
    kind = type(returned).__name__
    return AnswerError(f"{type(given.marker).__name__}.value() returned a {kind} for `{given.name}`", hint=hint)
