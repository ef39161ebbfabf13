"""What compiled code calls: to end the body with an explicit answer, and to render t-strings in place."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Never

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from hyperpy.exceptions import AnswerError
from hyperpy.pages.loading.hidden_names import CALLED, HTML, MARKUP, RENDER, RENDERED, RESPOND, YIELDED
from hyperpy.templates import Pending, allow_deferred, markup, render_template, replace_surrogates


class AnswerGiven(BaseException):
    """Carries an explicit answer out of the body. Not an Exception: a user's `except Exception` must not stop it."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def handle_result(value: object) -> None:
    """Handles the result of a bare call: a response is the answer, an HTTPException is raised."""
    if value is None:
        return
    if isinstance(value, Response):
        raise AnswerGiven(value)
    if isinstance(value, HTTPException):
        raise value
    if inspect.iscoroutine(value):
        value.close()
        raise AnswerError(
            f"the call of {value.__qualname__}() is not awaited",
            hint="Await it in the loader:\n\n    async def load():\n        await …",
        )


def answer_with(value: Markup) -> Never:
    """Answers with the result of a bare `render(…)`."""
    raise AnswerGiven(HTMLResponse(replace_surrogates(str(value))))


def answer_if_response(value: object) -> None:
    """Ends the body if `response` has just been set to a Response."""
    if isinstance(value, Response):
        raise AnswerGiven(value)


def stripped(text: str) -> Markup:
    """The HTML of a t-string in `html` or `yield` that has been rendered in place."""
    return markup(text.strip())


def yielded(render: Callable[..., str], *values: object) -> Markup | Pending:
    """What a stream yields in place of a t-string: its HTML, which may have to wait for something."""
    html = allow_deferred(render, values)
    if isinstance(html, Pending):
        return replace(html, html=html.html.strip())
    return markup(html.strip())


RENDERERS: Mapping[str, Any] = MappingProxyType(
    {HTML: stripped, MARKUP: markup, RENDER: render_template, YIELDED: yielded}
)
"""Helpers for the code of any file in the routes folder."""

HELPERS: Mapping[str, Any] = MappingProxyType(
    {CALLED: handle_result, RENDERED: answer_with, RESPOND: answer_if_response}
)
"""Helpers for the compiled body of a route file."""
