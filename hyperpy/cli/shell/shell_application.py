"""The application of a shell, with its lifespan, on an event loop in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context, copy_context
from importlib import import_module
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.types import ASGIApp

from hyperpy.channels import channel, queue
from hyperpy.cli.shell.project_modules import project_modules
from hyperpy.templates import html
from hyperpy.web.site_urls import Site, entered_site, url

type Outcome = tuple[object, BaseException | None]


class ShellSession:
    """Between `__enter__` and `__exit__`, the application's lifespan runs.

    Statements run on the event loop, one after the other, in one context: tasks that they start go on meanwhile. The
    main thread is left to the prompt, so that Ctrl-C works there as in Python's own.
    """

    def __init__(self, load: Callable[[], ASGIApp]) -> None:
        self.namespace: dict[str, Any] = {}
        self.app: ASGIApp
        self.context: Context
        self._load = load
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self._ready: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._thread: threading.Thread

    def __enter__(self) -> Self:
        """Raises what loading the application or its lifespan raises.

        It is loaded here, where no event loop runs: an application may use `asyncio.run` or `signal` at its start.
        """
        context = copy_context()
        self.app = context.run(self._load)
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="hyper shell", daemon=True)
        self._thread.start()
        self._ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._ended.result()

    def run(self, begin: Callable[[], object]) -> object:
        """Call `begin` on the event loop, await what it returns if that is awaitable, and return the result.

        Raises its exception. Ctrl-C cancels what is awaited, and raises KeyboardInterrupt.
        """
        done: Future[Outcome] = Future()
        running: list[asyncio.Task[None]] = []

        async def finish() -> None:
            done.set_result(await _outcome(begin))

        def start() -> None:
            running.append(self._loop.create_task(finish(), context=self.context))

        self._loop.call_soon_threadsafe(start)
        try:
            result, error = done.result()
        except KeyboardInterrupt:
            self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in running])
            done.result()
            raise
        if error is not None:
            raise error
        return result

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 (`__enter__` or `__exit__` raises it)
            (self._ended if self._ready.done() else self._ready).set_exception(error)
        else:
            self._ended.set_result(None)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with _running(self.app) as client:
            entered_site.set(Site(self.app, ""))
            self.context = copy_context()
            self.namespace |= project_modules()
            self.namespace |= {"app": self.app, "asyncio": asyncio, "channel": channel, "html": html, "queue": queue}
            self.namespace |= {"url": url} | ({} if client is None else {"client": client})
            self._ready.set_result(None)
            await self._over.wait()


async def _outcome(begin: Callable[[], object]) -> Outcome:
    """The result and the exception, of which SystemExit must not end the loop."""
    try:
        result = begin()
        return (await result if isawaitable(result) else result), None
    except BaseException as error:  # noqa: BLE001 (`run` raises it)
        return None, error


def _running(app: ASGIApp) -> AbstractAsyncContextManager[Any]:
    """The application's lifespan with a client; without one if the libraries that it needs are not installed.

    Raises ImportError then, unless the application is Starlette's.
    """
    try:
        running: AbstractAsyncContextManager[Any] = import_module("hyperpy.testing").client(app)
    except ImportError:
        if not isinstance(app, Starlette):
            raise
        return _lifespan(app)
    return running


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with app.router.lifespan_context(app):
        yield None
