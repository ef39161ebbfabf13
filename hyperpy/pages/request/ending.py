"""The end of a request as its dependencies see it: before the first byte of an answer, or after an exception."""

import asyncio

from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Send

from hyperpy.pages.request.request_state import request_state
from hyperpy.pages.request.run import Run


async def finished(run: Run, answer: Response | str | None) -> Response | str | None:
    """The answer to send, after its dependencies have been cleaned up. A redirect there takes its place.

    Raises what the clean-up raises: a failed commit must not look like a success. Call it for a request whose scope has
    a RequestState. `answer` is None for the headers of a stream.
    """
    dependencies = request_state(run.scope).dependencies
    if not dependencies.held:  # as for a request that has only read its session
        dependencies.forget()
        return answer
    before = run.redirects
    run.is_sent = False
    with run:
        error = await dependencies.close(run, None)
    if error is not None:
        if not isinstance(error, Exception):
            raise error
        answer = run.answer_to(error)
    run.is_sent = isinstance(answer, str)
    return run.settled(answer) if run.redirects is not before else answer


async def failed(run: Run, error: BaseException) -> BaseException:
    """The exception that a request ends with, after its dependencies have seen it. Call it as `finished`."""
    with run:
        return await request_state(run.scope).dependencies.close(run, error) or error


async def stream_finished(run: Run, error: BaseException | None, limit: float) -> BaseException | None:
    """The same for a stream whose generator has ended, possibly with an exception. Call it while the run is current."""
    dependencies = request_state(run.scope).dependencies
    try:
        return await dependencies.close(run, error, limit)
    finally:
        dependencies.forget()


def is_streamed(run: Run, answer: Response | str) -> bool:
    """Whether a response makes its body while it is sent, so that its dependencies are needed until its end."""
    return isinstance(answer, StreamingResponse) and run.scope["method"] != "HEAD"


async def send_streamed(run: Run, response: Response, send: Send) -> None:
    """Send a StreamingResponse, whose dependencies end before its last message: a failed commit cuts the connection.

    A client that leaves is a cancellation to them. The background task runs after that.
    """
    last: Message | None = None

    async def watched(message: Message) -> None:
        nonlocal last
        if message["type"] == "http.response.body" and not message.get("more_body"):
            last = message
        else:
            await send(message)

    background, response.background = response.background, None
    with run:
        await response(run.scope, run.receive, watched)
    if last is not None:
        await finished(run, None)
        await send(last)
    elif isinstance(error := await failed(run, asyncio.CancelledError()), Exception):
        raise error
    if background is not None:
        await background()
