"""Failures of a test, and checks of responses that raise them."""

import asyncio
from collections.abc import Iterable
from operator import methodcaller
from typing import Final

import httpx

ANSWER_TIMEOUT: Final = 5.0  # seconds until a response, an event or a part must come, unless a test says otherwise
EXCERPT: Final = 500  # characters of a body in a message


class SiteFailure(AssertionError):
    """A site did not do what a test expects."""


class AnswerFailure(SiteFailure):
    """The response to a request is not the expected one. `response` is None if there was none."""

    def __init__(self, message: str, response: httpx.Response | None = None) -> None:
        super().__init__(message)
        self.response = response


class PageFailure(SiteFailure):
    """A page does not have the expected elements."""


# As `__tracebackhide__` of a module, this makes pytest hide the module's frames for these failures: the traceback ends
# at the line of the test. For other errors, the frames are shown.
HIDDEN: Final = methodcaller("errisinstance", SiteFailure)

__tracebackhide__ = HIDDEN


def request_line(request: httpx.Request) -> str:
    """The request, for messages: `GET /feed?page=2`."""
    return f"{request.method} {request.url.raw_path.decode()}"


def has_media_type(response: httpx.Response, media_type: str) -> bool:
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower() == media_type


async def require_media_type(response: httpx.Response, media_type: str, expected: str) -> None:
    """Raise AnswerFailure if a streamed response is an error or has another media type."""
    if response.is_success and has_media_type(response, media_type):
        return
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            await response.aread()
    except TimeoutError, httpx.TransportError:
        body = "Its body did not end."
    else:
        body = response.text
    finally:
        await response.aclose()
    raise unexpected_response(response, body, expected)


def unexpected_response(response: httpx.Response, body: str, expected: str) -> AnswerFailure:
    content_type = response.headers.get("content-type", "no content type")
    status = f"{response.status_code} {response.reason_phrase}"
    message = f"{request_line(response.request)} returned {status} ({content_type}), expected {expected}"
    return AnswerFailure("\n\n".join(filter(None, [message, shortened(body.strip(), EXCERPT)])), response)


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit].rstrip()}…"


def listed(rows: Iterable[object], limit: int) -> str:
    """The first rows for a message, indented, and how many there are besides."""
    lines = [f"  {row}" for row in rows]
    return "\n".join(lines[:limit] + [f"  … and {len(lines) - limit} more"] * (len(lines) > limit))
