"""Functions that compiled code calls, to end the request with an explicit answer, and to render t-strings in place."""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from hyperpy.exceptions import AnswerError, caller_place
from hyperpy.pages.answers import Redirect
from hyperpy.pages.loading.hidden_names import (
    ANSWER,
    BOUND,
    ENDED,
    ENDS,
    HTML,
    IS_ANSWER,
    ISINSTANCE,
    KEPT,
    MARKUP,
    RENDER,
    RENDERED,
    RESPONSE,
    SET,
    YIELDED,
)
from hyperpy.pages.proxies import actual
from hyperpy.templates import Pending, allow_deferred, current_host, markup, render_template, replace_surrogates


def answer_of(value: object) -> Response | None:
    """Makes the value of a bare expression the answer, if it is a response, and returns it. Raises an HTTPException.

    The `response` that a file declares is not an answer of its own: functions that set headers may return it.
    """
    if value is None:
        return None
    if isinstance(value, Response):
        run = current_host.get(None)
        value = actual(value)
        if run is not None:
            if value is run.response:
                return None
            run.receive_answer(value)
        return value
    if isinstance(value, HTTPException):
        raise value
    if inspect.iscoroutine(value):
        value.close()
        raise AnswerError(
            f"the call of {value.__qualname__}() is not awaited",
            place=caller_place(),
            hint="Await it, in the loader or the stream: `await …`.",
        )
    return None


def ends(value: object) -> bool:
    """Whether the value of a bare expression is the answer."""
    return answer_of(value) is not None


def is_answer(value: Response) -> bool:
    """Whether an assigned response ends the request: a redirect, or one that a bare expression has made the answer."""
    run = current_host.get(None)
    return isinstance(value, Redirect) or (run is not None and actual(value) is run.explicit)


def kept[V](value: V) -> V:
    """The value. A redirect is received: the code goes on to work on it, or an error on the way out is an error."""
    if isinstance(value, Redirect) and (run := current_host.get(None)) is not None:
        run.hold(value)
    return value


def set_response[V](value: V) -> V:
    """The value that is assigned to `response`, of which the last is the answer."""
    if isinstance(value, Response) and (run := current_host.get(None)) is not None:
        run.bind_response(value)
    return value


def bound() -> bool:
    """Makes the caller's global `response` the answer, and returns whether it is one."""
    value = sys._getframe(1).f_globals.get("response")
    return isinstance(value, Response) and answer_of(value) is not None


def rendered(value: Markup | None) -> Response | None:
    """The response for rendered fragments; None if they have not changed."""
    if value is None:
        return None
    run = current_host.get(None)
    return HTMLResponse(replace_surrogates(str(value)), run.settle_status() if run is not None else 200)


def stripped(text: str) -> Markup:
    """The HTML of a t-string in `html` or `yield` that has been rendered in place."""
    return markup(text.strip())


def yielded(render: Callable[..., str], *values: object) -> Markup | Pending:
    """The value that a stream yields in place of a t-string: its HTML, which may contain deferred values."""
    html = allow_deferred(render, values)
    if isinstance(html, Pending):
        return replace(html, html=html.html.strip())
    return markup(html.strip())


HELPERS: Mapping[str, Any] = MappingProxyType(
    {HTML: stripped, MARKUP: markup, RENDER: render_template, YIELDED: yielded}
    | {ANSWER: answer_of, ENDS: ends, KEPT: kept, SET: set_response, BOUND: bound, RENDERED: rendered}
    | {IS_ANSWER: is_answer, ISINSTANCE: isinstance, RESPONSE: Response, ENDED: False}
)
"""What the code of any file in the routes folder may find in its namespace. A route file keeps what its code uses."""
