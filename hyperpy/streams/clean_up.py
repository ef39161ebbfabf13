"""Clean-up at the end of a stream, besides its generator: the dependencies of its route."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import field
from typing import Final

from hyperpy.lazy import anyio
from hyperpy.record_classes import record

CUT_SHORT: Final = (
    "%s: what the stream does after its last event took longer than %g s and was cancelled; "
    "put longer work into response.background"
)

type CleansUp = Callable[[BaseException | None, float], Awaitable[BaseException | None]]
"""Gets what the generator has raised, if anything, and a time limit in seconds; returns what the stream ends with."""


@record(slots=True, eq=False)
class CleanUp:
    """Runs a clean-up between the end of a generator and the end of its stream.

    The pump's task runs the generator and sends the end of the stream. The clean-up belongs into the server's task, in
    which the request began: a task group can't be left in another task, nor a context variable be reset there.
    """

    call: CleansUp
    _generator_ended: asyncio.Future[BaseException | None] = field(init=False)
    _result: asyncio.Future[BaseException | None] = field(init=False)

    def __post_init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._generator_ended, self._result = loop.create_future(), loop.create_future()

    @property
    def is_due(self) -> bool:
        """Whether the generator has ended, and the pump's task waits."""
        return self._generator_ended.done()

    async def after(self, error: BaseException | None, wake: Callable[[], None]) -> BaseException | None:
        """In the pump's task: have the server's task clean up, and wait for it."""
        self._generator_ended.set_result(error)
        wake()
        return await self._result

    async def run(self, task: asyncio.Task[None], cleanup: float, last: float) -> None:
        """In the server's task: wait for the generator, which has been stopped if it has not ended, and clean up.

        It is cancelled after `cleanup` seconds, and left behind after `last` more.
        """
        if self._result.done():
            return
        await asyncio.wait((self._generator_ended, task), timeout=cleanup, return_when=asyncio.FIRST_COMPLETED)
        if not (self.is_due or task.done()):
            task.cancel()
            await asyncio.wait((self._generator_ended, task), timeout=last, return_when=asyncio.FIRST_COMPLETED)
        error = self._generator_ended.result() if self.is_due else asyncio.CancelledError()
        result: BaseException | None = error
        try:
            result = await self.call(error, cleanup)
        finally:
            self._result.set_result(result)


async def wait_ended(task: asyncio.Task[None], clean_up: CleanUp | None, cleanup: float, last: float) -> bool:
    """Give a generator's `finally` its time, even if the request is cancelled again meanwhile.

    The task of the pump is cancelled after `cleanup` seconds, and left behind after `last` more. Returns whether it was
    cancelled.
    """
    with anyio.CancelScope(shield=True):
        if clean_up is not None:
            await clean_up.run(task, cleanup, last)
        await asyncio.wait((task,), timeout=cleanup)
        is_late = not task.done()
        if is_late:
            task.cancel()
            await asyncio.wait((task,), timeout=last)
    return is_late
