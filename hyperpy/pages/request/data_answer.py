"""The answer that a loader's return value makes: a response, HTML, or data as JSON."""

from dataclasses import is_dataclass
from string.templatelib import Template

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from hyperpy.exceptions import AnswerError, Place
from hyperpy.lazy import is_model, pydantic_core
from hyperpy.pages.loading.route import Route
from hyperpy.pages.request.injected_response import InjectedResponse
from hyperpy.templates import replace_surrogates

JSON_TYPE = "application/json"


def returned_answer(value: object, route: Route, method: str, injected: InjectedResponse | None) -> Response:
    """The answer that a loader has returned.

    Data is one if the file has no template for the method. It gets the status and the content type that are set on the
    `injected` response, and fragments its status. Raises AnswerError for anything else.
    """
    if isinstance(value, Response):
        return value
    if isinstance(value, Markup):
        return HTMLResponse(replace_surrogates(str(value)), injected.status_code if injected else 200)
    if route.is_guard or not is_data(value) or has_template(route, method):
        raise _not_an_answer(value, route, method)
    try:
        body = pydantic_core.to_json(value, inf_nan_mode="null")
    except ValueError as error:
        hint = "JSON takes dicts, lists, str, numbers, bool, None, dates, dataclasses and pydantic models."
        what = f"what {route.loader}() returned can't be encoded as JSON: {error}"
        raise AnswerError(what, place=Place(route.file, route.answer_line), hint=hint) from error
    response = Response(body, injected.status_code if injected else 200)
    response.headers["content-type"] = (injected and injected.headers.get("content-type")) or JSON_TYPE
    return response


def is_data(value: object) -> bool:
    if isinstance(value, dict | list) or is_model(value):
        return True
    return is_dataclass(value) and not isinstance(value, type)


def has_template(route: Route, method: str) -> bool:
    return ("GET" if method == "HEAD" else method) in route.page_methods


def _not_an_answer(value: object, route: Route, method: str) -> AnswerError:
    kind, allowed = type(value).__name__, "nothing or a Response"
    if route.is_guard:
        hint = (
            "To refuse the request, answer with a Response or raise an HTTPException. To let it pass, return nothing."
        )
    elif has_template(route, method):
        hint = "Set the variables of the page with `global`, and return nothing or a Response."
        if is_data(value):
            hint += f"\nData is the answer only in a file without a template for {method}."
    else:
        allowed = "nothing, data or a Response"
        hint = (
            "A dict, a list, a dataclass or a pydantic model is sent as JSON. "
            "Put other values into one, or return a Response: PlainTextResponse(…)."
        )
    if isinstance(value, Template) and not route.is_guard:
        hint = "A page isn't returned: write its t-string as a statement of its own, outside of functions."
        if has_template(route, method):
            hint = "The page of this file is the t-string outside of functions. Set its variables with `global`.\n"
            hint += 'To answer with another page: return HTMLResponse(html(t"…")).'
    place = Place(route.file, route.answer_line)
    return AnswerError(f"{route.loader}() must return {allowed}, not {kind}", place=place, hint=hint)
