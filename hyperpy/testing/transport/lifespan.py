"""Runs an application's lifespan around a block of a test (ASGI specification, "Lifespan Protocol")."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.types import ASGIApp, Message

SHUTDOWN_TIMEOUT: Final = 10.0  # seconds until a lifespan that does not end is cancelled


@asynccontextmanager
async def lifespan_of(app: ASGIApp) -> AsyncIterator[dict[str, Any]]:
    """Start the application, yield the state that it made, and shut it down. Raises its exceptions."""
    lifespan = LifespanTask(app)
    await lifespan.start()
    try:
        yield lifespan.state
    except BaseException as error:
        try:
            await lifespan.stop()
        except Exception as failure:  # noqa: BLE001 (the first failure is the one to report)
            error.add_note(f"The lifespan then failed as well: {failure!r}")
        raise
    await lifespan.stop()


class LifespanTask:
    """One task from startup to shutdown, so that task groups can stay open in between."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._reply: asyncio.Future[Message] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="lifespan")
        try:
            reply = await self._request("lifespan.startup")
            if reply is not None and reply["type"] == "lifespan.startup.failed":
                await self._raise_failure("start", reply)
        except BaseException:
            await self._cancel()
            raise
        if reply is None:
            # "If an exception is raised when calling the application callable with a lifespan.startup message …, the
            # server must continue but not send any lifespan events."
            await self._cancel()
            self._task = None

    async def stop(self) -> None:
        if self._task is None:
            return
        try:
            async with asyncio.timeout(SHUTDOWN_TIMEOUT) as limit:
                reply = await self._request("lifespan.shutdown")
                if reply is not None and reply["type"] == "lifespan.shutdown.failed":
                    await self._raise_failure("shut down", reply)
                await self._task
        except TimeoutError as error:
            if limit.expired():
                raise TimeoutError(f"the application's lifespan did not end within {SHUTDOWN_TIMEOUT:g} s") from error
            raise
        finally:
            await self._cancel()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await self.app(scope, self._messages.get, self._send)

    async def _send(self, message: Message) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(message)

    async def _request(self, event: str) -> Message | None:
        """The application's reply; None if it returned without one."""
        assert self._task is not None
        self._reply = asyncio.get_running_loop().create_future()
        self._messages.put_nowait({"type": event})
        await asyncio.wait((self._reply, self._task), return_when=asyncio.FIRST_COMPLETED)
        return self._reply.result() if self._reply.done() else None

    async def _raise_failure(self, what: str, reply: Message) -> None:
        """Raise the application's own exception, which usually follows its reply that it failed."""
        assert self._task is not None
        await self._task
        raise RuntimeError(f"the application did not {what}: {reply.get('message') or 'no reason given'}")

    async def _cancel(self) -> None:
        assert self._task is not None
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait((self._task,), timeout=SHUTDOWN_TIMEOUT)
        if not self._task.cancelled() and self._task.done():
            self._task.exception()  # retrieved, or asyncio would log it
