"""Answers that a request can't lose: `Redirect`, and the exception of a group that decides the answer."""

from collections.abc import Iterator
from typing import Never

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hyperpy.exceptions import InputError, RefusedRedirectError
from hyperpy.pages.datastar_requests import DATASTAR_REQUEST, redirect_events
from hyperpy.pages.htmx_headers import BOOSTED, REQUEST, redirect_headers, with_vary
from hyperpy.responses import RedirectResponse


class Redirect(RedirectResponse, Exception):
    """The result of `redirect()`: a response that can also be raised. It raises itself if a template renders it."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(url, status)
        self.origin = ""
        """The line that made it and, in another file, the line of the route file that led there. Only in debug mode."""

    def __str__(self) -> str:
        return f"{self.status_code} to {self.headers['location']}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.sent_to(scope)(scope, receive, send)

    def sent_to(self, scope: Scope) -> Response:
        """The response to send: a redirect or, if htmx or Datastar has asked, what makes them leave the page."""
        headers, body, status = redirect_headers(self.raw_headers, scope), b"", 204
        if headers is None and (events := redirect_events(self.raw_headers, scope)) is not None:
            (headers, body), status = events, 200
        response = Response(body, self.status_code if headers is None else status, background=self.background)
        response.raw_headers = list(self.raw_headers) if headers is None else headers
        if scope["method"] in ("GET", "HEAD"):
            response.raw_headers = with_vary(response.raw_headers, REQUEST, BOOSTED, DATASTAR_REQUEST)
        return response

    def __html__(self) -> Never:
        raise self


class AnsweredError(Exception):
    """Ends a stream whose headers have not been sent, because the request has got another answer."""


# Which exceptions of a group decide the answer, the first first.
_DECISIVE = (Redirect, HTTPException, InputError, RefusedRedirectError)


def decisive(error: Exception) -> Exception:
    """The exception that decides the answer: of a group, a redirect, or else an HTTPException, or else invalid inputs.

    A group in which nothing but the client's disconnect went wrong is that.
    """
    if not isinstance(error, ExceptionGroup):
        return error
    leaves = list(_leaves(error))
    for kind in _DECISIVE:
        if found := next((leaf for leaf in leaves if isinstance(leaf, kind)), None):
            return found
    return leaves[0] if all(isinstance(leaf, ClientDisconnect) for leaf in leaves) else error


def unexpected(error: Exception) -> Exception | None:
    """The part of an exception that is a bug to be logged; None if all of it is a deliberate answer."""
    expected = (*_DECISIVE, ClientDisconnect, AnsweredError)
    if isinstance(error, ExceptionGroup):
        return error.split(expected)[1]
    return None if isinstance(error, expected) else error


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
