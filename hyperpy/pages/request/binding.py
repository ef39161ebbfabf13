"""Puts the values of a request into its namespace, under the names of the route's inputs."""

from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request

from hyperpy.exceptions import InputError
from hyperpy.pages.loading.inputs import Input, Origin, convert
from hyperpy.pages.loading.route import Route
from hyperpy.pages.request.injected_response import InjectedResponse


class Binds(Protocol):
    """What binding needs of a request's run."""

    route: Route
    params: dict[str, str]
    error: BaseException | None
    given_inputs: frozenset[int]
    namespace: dict[str, object]

    @property
    def request(self) -> Request: ...

    def injected_response(self) -> InjectedResponse: ...


def bind(run: Binds, group: int) -> None:
    """Binds one group of inputs.

    Raises HTTPException(404) if a part of the path does not convert, else InputError that names each unfit input.
    """
    problems: dict[str, str] = {}
    for index, given in run.route.groups.get(group, ()):
        match given.origin:
            case Origin.REQUEST:
                run.namespace[given.name] = run.request
            case Origin.RESPONSE:
                run.namespace[given.name] = run.injected_response()
            case Origin.ERROR:
                run.namespace[given.name] = run.error
            case Origin.PATH:
                run.namespace[given.name] = _path_value(given, run.params[given.key])
            case _:
                _bind_text(run, index, given, problems)
    if problems:
        raise InputError(problems)


def _path_value(given: Input, text: str) -> object:
    try:
        return convert(given, text)
    except ValueError:
        raise HTTPException(404) from None


def _bind_text(run: Binds, index: int, given: Input, problems: dict[str, str]) -> None:
    text = _text(run.request, given)
    if text is None or (text == "" and not given.takes_empty and not given.required):
        if given.has_default:
            return
        if not given.optional:
            problems[given.key] = "is required"
        run.namespace[given.name] = None
        return
    try:
        run.namespace[given.name] = convert(given, text)
        run.given_inputs |= {index}
    except ValueError as error:
        problems[given.key] = str(error)


def _text(request: Request, given: Input) -> str | list[str] | None:
    match given.origin:
        case Origin.QUERY if given.many:
            return request.query_params.getlist(given.key) or None
        case Origin.QUERY:
            return request.query_params.get(given.key)
        case Origin.HEADER if given.many:
            return [_header_text(given.key, value) for value in request.headers.getlist(given.key)] or None
        case Origin.HEADER:
            value = request.headers.get(given.key)
            return None if value is None else _header_text(given.key, value)
    return request.cookies.get(given.key)


def _header_text(name: str, value: str) -> str:
    """Starlette decodes headers as Latin-1, as RFC 9110 has it of old; whoever sends more today sends UTF-8.

    Last-Event-ID is UTF-8 always (WHATWG HTML, 9.2.3): what is not is no id that a client was given, and no error.
    """
    if value.isascii():
        return value
    raw = value.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(errors="replace") if name == "last-event-id" else value
