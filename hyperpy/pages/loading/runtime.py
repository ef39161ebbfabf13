"""Explicit answers: what a compiled body calls to look at bare calls and at `response`, and how the answer gets out."""

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
from hyperpy.templates import Pending, allow_deferred, markup, render_template


class AnswerGiven(BaseException):
    """Carries an explicit answer out of the body. Not an Exception: a user's `except Exception` must not stop it."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def called(value: object) -> None:
    """Looks at what a bare call returned: a response is the answer, an HTTPException is raised."""
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


def rendered(value: Markup) -> Never:
    """A bare `render(…)` is the answer."""
    raise AnswerGiven(HTMLResponse(str(value)))


def responded(value: object) -> None:
    """`response` has just been set: a Response ends the body."""
    if isinstance(value, Response):
        raise AnswerGiven(value)


def stripped(text: str) -> Markup:
    """What `html` and `yield` make of a t-string that has been rendered in place."""
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
"""What the code of any file in the routes folder may call."""

HELPERS: Mapping[str, Any] = MappingProxyType({CALLED: called, RENDERED: rendered, RESPOND: responded})
"""What the compiled body of a route file calls."""
