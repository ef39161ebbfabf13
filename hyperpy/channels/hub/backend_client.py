"""Calls to the backend, each within a time limit, and the tasks that make them in the background."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from hyperpy.channels.backends.contract import Backend
from hyperpy.exceptions import BrokerError, BrokerRefusalError, ChannelError

PATIENCE: Final = 5.0  # seconds that the backend has for an answer
RETRY_AFTER: Final = 0.1
LONGEST_PAUSE: Final = 3.0


class BackendClient:
    """Used on the event loop that it is started on."""

    def __init__(self, backend: Backend, address: str) -> None:
        self.backend = backend
        self.address = address  # the URL without its password
        self.connected = asyncio.Event()
        self.is_stopped = False
        self.failure: ChannelError | None = None  # of the backend, for good
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self.loop = asyncio.get_running_loop()

    def stop(self) -> Awaitable[Any]:
        """Cancel all tasks. Returns an awaitable for their end."""
        self.is_stopped = True
        for task in self._tasks:
            task.cancel()
        return asyncio.gather(*self._tasks, return_exceptions=True)

    def check_usable(self) -> None:
        """Raises ChannelError if the backend has failed, or on another event loop."""
        if self.failure is not None:
            raise self.failure
        if asyncio.get_running_loop() is not self.loop:
            raise ChannelError(
                "this is not the event loop that the application runs on",
                hint="From another thread, call channel(name).publish_soon(data).",
            )

    async def wait_connected(self, seconds: float | None = None) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.connected.wait()
        return self.connected.is_set()

    async def call[T](self, answer: Awaitable[T]) -> T:
        """Raises BrokerError if the backend does not answer in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise BrokerError(f"{self.address} did not answer within {PATIENCE:g} s") from None

    async def call_until_answered[T](self, request: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call, however long the backend is away. Raises BrokerRefusalError."""
        await self.connected.wait()
        failures = 0
        while True:
            self.check_usable()
            try:
                return await self.call(request())
            except BrokerRefusalError:
                raise
            except BrokerError:
                await self.recovery(failures)
                failures += 1

    async def recovery(self, failures: int = 0) -> None:
        """Wait until another attempt makes sense, longer after several `failures`."""
        # A lost connection may be noticed a little later.
        await asyncio.sleep(min(RETRY_AFTER * 2 ** min(failures, 10), LONGEST_PAUSE))
        await self.connected.wait()

    async def try_to(self, work: Awaitable[None]) -> None:
        """Do something that is done on reconnecting anyway, or isn't needed then."""
        with suppress(BrokerError):
            await work

    async def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for work that goes on if the caller is cancelled."""
        task = self.spawn(work)
        await asyncio.wait((task,))  # not `shield`, which logs errors after the waiter was cancelled
        if task.cancelled():
            raise ChannelError("the application has ended")
        task.result()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as retrieved: the waiting task, if it still exists, gets it as well
