"""Binds the inputs of a route to the values of a request."""

from collections.abc import Awaitable
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hyperpy.exceptions import AnswerError, InputError
from hyperpy.pages.loading.inputs import Input, InputOrigin, convert
from hyperpy.pages.loading.route import Route
from hyperpy.pages.request.injected_response import InjectedResponse
from hyperpy.templates.deferred import dismiss


class BindingRun(Protocol):
    """The parts of a `Run` that binding uses. `Run` itself imports this module."""

    route: Route
    params: dict[str, str]
    error: BaseException | None
    given_inputs: frozenset[int]
    namespace: dict[str, object]

    @property
    def request(self) -> Request: ...

    def injected_response(self) -> InjectedResponse: ...


def bind(run: BindingRun, group: int) -> None:
    """Bind one group of inputs.

    Raises HTTPException(404) if a path parameter is invalid, and InputError naming all other invalid inputs.
    """
    problems: dict[str, str] = {}
    for index, given in run.route.groups.get(group, ()):
        match given.origin:
            case InputOrigin.REQUEST:
                run.namespace[given.name] = run.request
            case InputOrigin.RESPONSE:
                run.namespace[given.name] = run.injected_response()
            case InputOrigin.ERROR:
                run.namespace[given.name] = run.error
            case InputOrigin.PATH:
                run.namespace[given.name] = _path_value(given, run.params[given.key])
            case InputOrigin.MARKER:
                _bind_marked(run, index, given, problems)
    if problems:
        raise InputError(problems)


def _path_value(given: Input, text: str) -> object:
    try:
        return convert(given, text)
    except ValueError:
        raise HTTPException(404) from None


def _bind_marked(run: BindingRun, index: int, given: Input, problems: dict[str, str]) -> None:
    assert given.marker
    value: object
    if given.many:
        value = given.marker.values(run.request, given.name) or None
    else:
        value = given.marker.value(run.request, given.name)
        if isinstance(value, Response | Awaitable):
            raise _not_a_value(given, value)
    if header := given.marker.vary(given.name):
        run.injected_response().headers.add_vary_header(header)
    is_empty = isinstance(value, str) and not value and not given.takes_empty and not given.required
    if value is None or is_empty:
        if given.has_default:
            return
        if not given.optional:
            problems[given.key] = "is required"
        run.namespace[given.name] = None
        return
    try:
        run.namespace[given.name] = convert(given, value)
        run.given_inputs |= {index}
    except ValueError as error:
        problems[given.key] = str(error)


def _not_a_value(given: Input, value: Response | Awaitable[object]) -> AnswerError:
    """The error for what a marker of the site's own must not return. A refusal would pass as the value."""
    if isinstance(value, Response):
        hint = "To refuse the request, raise an HTTPException. To redirect, do it in the route file."
    else:
        dismiss(value)
        hint = "Inputs are read before anything is awaited. Await in the loader."
    kind = type(value).__name__
    return AnswerError(f"{type(given.marker).__name__}.value() returned a {kind} for `{given.name}`", hint=hint)
