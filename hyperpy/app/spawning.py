"""`spawn`: work that outlives its request, supervised by the application.

| The application                                     | A spawned coroutine                                       |
|-----------------------------------------------------|-----------------------------------------------------------|
| runs                                                | runs; an exception is logged with its name and its origin |
| shuts down: requests have ended, the lifespan waits | may finish within the grace period, may spawn others      |
| the grace period is over                            | is cancelled, and has a second for its `finally`          |
| has shut down                                       | can't be spawned                                          |
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, Final
from weakref import WeakSet

from hyperpy.channels.current import current_hub, hub_of_lifespan
from hyperpy.exceptions import AnswerError, Place, caller_place
from hyperpy.lazy import from_thread
from hyperpy.pages import current
from hyperpy.record_classes import record

log: Final = logging.getLogger("hyperpy")

# In `scope["state"]`: the SpawnedTasks of the lifespan.
TASKS_KEY: Final = "hyperpy.spawned"
CLEANUP: Final = 1.0  # seconds that cancelled tasks have for their `finally`

# Those of the current lifespan, and of the tasks spawned in it.
tasks_of_lifespan: Final[ContextVar[SpawnedTasks | None]] = ContextVar("tasks_of_lifespan", default=None)
# For code outside requests and lifespans, such as threads of the application's own.
running: Final[WeakSet[SpawnedTasks]] = WeakSet()


@record(frozen=True, slots=True)
class Spawned:
    """A coroutine to run, and what its errors are logged with."""

    coroutine: Coroutine[Any, Any, Any]
    name: str
    origin: Place | None

    async def run(self) -> None:
        try:
            await self.coroutine
        except Exception:
            log.exception("%s, spawned at %s, failed", self.name, self.origin or "an unknown place")


class SpawnedTasks:
    """The spawned tasks of one application, in one event loop. `context` is what they run in a copy of."""

    def __init__(self, grace: float, context: Context) -> None:
        self.grace = grace
        self.loop = asyncio.get_running_loop()
        self.closed = False
        self._context = context
        self._tasks: dict[asyncio.Task[None], Spawned] = {}
        context.run(tasks_of_lifespan.set, self)

    def start(self, spawned: Spawned) -> None:
        """May be called from any thread."""
        try:
            here = asyncio.get_running_loop() is self.loop
        except RuntimeError:
            here = False
        if here:
            self._start(spawned)
        else:
            self.loop.call_soon_threadsafe(self._start, spawned)

    def _start(self, spawned: Spawned) -> None:
        task = self.loop.create_task(spawned.run(), name=spawned.name, context=self._context.copy())
        self._tasks[task] = spawned
        task.add_done_callback(self._tasks.pop, context=self._context)  # by default, it would keep the request's

    async def close(self, waited: float = 0) -> None:
        """Wait for the tasks until the grace period is over, of which `waited` seconds have passed; cancel the rest."""
        deadline = self.loop.time() + max(self.grace - waited, 0)
        while self._tasks and (seconds := deadline - self.loop.time()) > 0:
            await asyncio.wait(list(self._tasks), timeout=seconds)
        self.closed = True
        for task, spawned in list(self._tasks.items()):
            log.warning("%s, spawned at %s, has not ended and is cancelled", spawned.name, spawned.origin)
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=CLEANUP)
        for spawned in self._tasks.values():
            log.error("%s, spawned at %s, ignores its cancellation", spawned.name, spawned.origin)
        running.discard(self)


def lifespan_tasks(grace: float) -> SpawnedTasks:
    """The spawned tasks of a lifespan that begins. From now on, its code and the tasks that it starts can spawn."""
    tasks = SpawnedTasks(grace, copy_context())
    tasks_of_lifespan.set(tasks)
    running.add(tasks)
    return tasks


def tasks_without_lifespan() -> SpawnedTasks:
    """The spawned tasks of an application that is served without a lifespan, or mounted in another framework's."""
    context = Context()
    context.run(hub_of_lifespan.set, current_hub())
    return SpawnedTasks(0, context)


def spawn(coroutine: Coroutine[Any, Any, Any], *, name: str = "") -> None:
    """Run a coroutine that may outlive the request: `spawn(send_mail(user.email))`.

    The application keeps it running and logs its exceptions with `name` and the line that spawned it. At a shutdown it
    may finish within the grace period, and is cancelled after that. Call it in requests, streams, dependencies and the
    lifespan, and in worker threads. The coroutine does not belong to the request, and the imported `request` is an
    error in it: pass it the values that it needs. Raises AnswerError if no application is running.
    """
    if not inspect.iscoroutine(coroutine):
        hint = "Pass a coroutine: `spawn(send_mail(address))`, where `async def send_mail(address):`."
        raise AnswerError(f"spawn() takes a coroutine, not a {type(coroutine).__name__}", hint=hint)
    try:
        tasks = _current_tasks()
        if tasks.closed or tasks.loop.is_closed():
            hint = "Await it instead, before the lifespan ends."
            raise AnswerError("the application has shut down, so nothing can be spawned", hint=hint)
        tasks.start(Spawned(coroutine, name or coroutine.__qualname__, caller_place()))
    except BaseException:
        coroutine.close()
        raise


def _current_tasks() -> SpawnedTasks:
    """The tasks of the request's application, else of the lifespan, else of the only application of the process."""
    run = current.get(None)
    if run is not None:
        tasks = run.scope.get("state", {}).get(TASKS_KEY) or _in_loop(run.scope["app"].own_tasks)
        assert isinstance(tasks, SpawnedTasks)
        return tasks
    if (of_lifespan := tasks_of_lifespan.get()) is not None:
        return of_lifespan
    applications = list(running)
    if len(applications) == 1:
        return applications[0]
    if applications:
        what = "several applications run in this process; the task could belong to any of them"
        raise AnswerError(what, hint="Spawn it in a request, or in the lifespan of one of them.")
    hint = "Spawn in a request or in the lifespan. In a script, await the coroutine or use `asyncio.TaskGroup`."
    raise AnswerError("no application is running; spawn() needs one", hint=hint)


def _in_loop(function: Callable[[], SpawnedTasks]) -> SpawnedTasks:
    """Call a function in the event loop, from there or from a worker thread that a route runs in."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return from_thread.run_sync(function)
    return function()
