"""What a stream starts with: the generator that its function returns, and its limits."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from inspect import isawaitable
from typing import Any

from starlette.responses import Response

from hyperpy.exceptions import AnswerError, Place
from hyperpy.pages import Route, Run
from hyperpy.pages.proxies import actual
from hyperpy.streams import StreamLimits


async def decorated_stream(run: Run, started: object) -> AsyncGenerator[Any] | Response:
    """The generator or the answer that the decorated function of a stream has returned. `started` may be awaitable.

    Raises AnswerError for anything else.
    """
    with run:
        try:
            if isawaitable(started):
                started = await started
        except Exception as error:  # noqa: BLE001 (`answer_to` raises it, unless there is a redirect)
            started = run.answer_to(error)
        started = actual(started)
    if isinstance(started, AsyncGenerator):
        return started
    answer = run.settled(started)
    if isinstance(answer, Response):
        return answer
    facts = run.route.stream
    assert facts is not None
    what = f"{facts.name}() returned a value of type {type(started).__name__} instead of its generator"
    hint = "Its decorator returns the generator, `return f()`, or an answer such as `return redirect(…)`."
    raise AnswerError(what, place=Place(run.route.file, facts.line), hint=hint)


def stream_limits(route: Route, limits: StreamLimits) -> StreamLimits:
    """The time limits of the application, with those that the route sets itself."""
    settings = route.settings
    if settings.ping is settings.timeout_send is settings.stream_max_age is None:
        return limits
    return replace(
        limits,
        ping=settings.ping or limits.ping,
        send=settings.timeout_send or limits.send,
        age=limits.age if settings.stream_max_age is None else settings.stream_max_age,
    )
