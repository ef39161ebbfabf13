"""Answers as failures show them, and what they have to be."""

import asyncio
from typing import Final

import httpx

from hyperpy.testing.failures import HIDDEN, AnswerFailure
from hyperpy.testing.patience import ANSWER

__tracebackhide__ = HIDDEN

EXCERPT: Final = 500  # characters of a body that a failure shows


def asked(request: httpx.Request) -> str:
    """The request as failures name it: `GET /feed?page=2`."""
    return f"{request.method} {request.url.raw_path.decode()}"


def is_of(response: httpx.Response, kind: str) -> bool:
    """Whether an answer is of that media type."""
    given: str = response.headers.get("content-type", "")
    return given.partition(";")[0].strip().lower() == kind


async def require(response: httpx.Response, kind: str, expected: str) -> None:
    """Raises AnswerFailure with what came instead, if a streamed answer is an error or of another media type."""
    if response.is_success and is_of(response, kind):
        return
    try:
        async with asyncio.timeout(ANSWER):
            await response.aread()
    except TimeoutError, httpx.TransportError:
        body = "Its body did not come to an end."
    else:
        body = response.text
    finally:
        await response.aclose()
    raise unexpected(response, body, expected)


def unexpected(response: httpx.Response, body: str, expected: str) -> AnswerFailure:
    kind = response.headers.get("content-type", "no content type")
    told = f"{asked(response.request)} was answered with {response.status_code} {response.reason_phrase} ({kind}),"
    excerpt = shortened(body.strip(), EXCERPT)
    return AnswerFailure("\n\n".join(filter(None, [f"{told} not with {expected}", excerpt])), response)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"
