"""The application that a test serves, and its lifespan (ASGI specification, "Lifespan Protocol")."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Final

from starlette.types import ASGIApp, Message

from hyperpy.app import TASKS_KEY, Hyper, Overrides, SpawnedTasks, overridden
from hyperpy.config import Settings, app_settings
from hyperpy.pages import temporary_imports
from hyperpy.sessions import new_key
from hyperpy.testing.running_requests import GRACE

type Served = ASGIApp | str | PathLike[str]
"""An ASGI application, or the path of a folder of routes."""

SHUTDOWN_TIMEOUT: Final = 10.0  # seconds until a lifespan that does not end is cancelled


@asynccontextmanager
async def running_application(
    served: Served, overrides: Overrides | None = None, settings: Settings | None = None
) -> AsyncIterator[tuple[ASGIApp, dict[str, Any]]]:
    """Start the application, yield it and the state that it made, and shut it down. Raises its exceptions."""
    with _application_of(served, settings) as app, overridden(app, overrides or {}):
        lifespan = LifespanTask(app)
        await lifespan.start()
        tasks: SpawnedTasks | None = lifespan.state.get(TASKS_KEY)
        if tasks is not None:
            tasks.grace = GRACE
        try:
            yield app, lifespan.state
        except BaseException as error:
            try:
                await lifespan.stop()
            except Exception as failure:  # noqa: BLE001 (the first failure is the one to report)
                error.add_note(f"The lifespan then failed as well: {failure!r}")
            raise
        await lifespan.stop()


@contextmanager
def _application_of(served: Served, settings: Settings | None) -> Iterator[ASGIApp]:
    """The application to serve, with these settings. A folder is loaded afresh, and its modules forgotten afterwards.

    As under `hyper serve`, modules can be imported from the working directory, and its `static/` is served. A folder
    whose settings have no secret key gets one.
    """
    if not isinstance(served, str | PathLike):
        if not callable(served):
            raise TypeError(f"expected an ASGI application or the path of a folder, not {served!r}")
        with _configured(served, settings):
            yield served
        return
    settings = settings or app_settings()
    if settings.secret_key is None:
        settings = replace(settings, secret_key=new_key())
    with _importing_from(str(Path.cwd())), temporary_imports(Path(served)):
        yield Hyper(routes=served, settings=settings)


@contextmanager
def _configured(app: ASGIApp, settings: Settings | None) -> Iterator[None]:
    """Give an application other settings during the block. Raises TypeError if it has none of hyperpy's."""
    if settings is None:
        yield
        return
    if not isinstance(app, Hyper):
        raise TypeError(f"only a Hyper has settings, and this is a {type(app).__name__}")
    before = app.settings
    app.configure(settings)
    try:
        yield
    finally:
        app.configure(before)


@contextmanager
def _importing_from(folder: str) -> Iterator[None]:
    if folder in sys.path:
        yield
        return
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


class LifespanTask:
    """One task from startup to shutdown, so that task groups can stay open in between."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._reply: asyncio.Future[Message] | None = None
        self._task = asyncio.create_task(self._run(), name="lifespan")
        self._started = False

    async def start(self) -> None:
        try:
            self._started = await self._request("startup", "start")
        finally:
            if not self._started:
                # "If an exception is raised when calling the application callable with a lifespan.startup message …,
                # the server must continue but not send any lifespan events."
                await self._cancel()

    async def stop(self) -> None:
        if not self._started:
            return
        try:
            async with asyncio.timeout(SHUTDOWN_TIMEOUT) as limit:
                await self._request("shutdown", "shut down")
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

    async def _request(self, event: str, verb: str) -> bool:
        """Whether the application replies before it returns. Raises its exception if the reply is that it failed."""
        self._reply = asyncio.get_running_loop().create_future()
        self._messages.put_nowait({"type": f"lifespan.{event}"})
        await asyncio.wait((self._reply, self._task), return_when=asyncio.FIRST_COMPLETED)
        if not self._reply.done():
            return False
        reply = self._reply.result()
        if reply["type"] == f"lifespan.{event}.failed":
            await self._task  # usually raises
            raise RuntimeError(f"the application did not {verb}: {reply.get('message') or 'no reason given'}")
        return True

    async def _cancel(self) -> None:
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait((self._task,), timeout=SHUTDOWN_TIMEOUT)
        if not self._task.cancelled() and self._task.done():
            self._task.exception()  # retrieved, or asyncio would log it
