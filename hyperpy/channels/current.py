"""The hub and the cursor of the running code, for applications and scripts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, WeakSet

from starlette.datastructures import Headers

from hyperpy.channels.backends.schemes import make_backend, redacted
from hyperpy.channels.hub.backend_client import PATIENCE
from hyperpy.channels.hub.hub import HUB_KEY, Hub
from hyperpy.config import Settings, app_settings
from hyperpy.exceptions import ChannelError
from hyperpy.lazy import LazyModule
from hyperpy.pages import current

if TYPE_CHECKING:
    from hyperpy.channels import cursor as cursors
else:
    cursors = LazyModule("hyperpy.channels.cursor")

CURSOR_KEY: Final = "hyperpy.cursor"

IN_A_SCRIPT: Final = """In a script:
    from hyperpy.channels import connect

    async with connect():
        await channel(name).publish(data)"""

# The hub of the current lifespan, and of the tasks started in it.
hub_of_lifespan: Final[ContextVar[Hub | None]] = ContextVar("hub_of_lifespan", default=None)
# For code outside requests and lifespans, such as threads, and for endpoints that aren't route files.
running: Final[WeakSet[Hub]] = WeakSet()


def make_hub(settings: Settings) -> Hub:
    """A hub that isn't started yet. Raises ConfigError for a setting that no backend can be made from."""
    return Hub(make_backend(settings), redacted(settings.channels))


@asynccontextmanager
async def connect(settings: Settings | None = None) -> AsyncIterator[Hub]:
    """Channels for the code inside: an application, or a script that publishes. It reads the application's settings.

    Raises ConfigError for an invalid setting. A broker that is away gets a few seconds; after that it is used when it
    is back.
    """
    async with _SharedHub(settings or app_settings()).used() as hub:
        yield hub


@asynccontextmanager
async def connect_application(app: Any, settings: Settings) -> AsyncIterator[Hub]:
    """Channels for one lifespan of an application. Lifespans that run at the same time share a hub.

    A test may start an application twice: what the one publishes, subscribers of the other receive. Lifespans in other
    event loops, or with other settings for channels, have their own hub.
    """
    shared = _shared.get(app)
    if shared is None or not shared.fits(settings):
        shared = _shared[app] = _SharedHub(settings)
    try:
        async with shared.used() as hub:
            yield hub
    finally:
        if not shared.is_used and _shared.get(app) is shared:
            del _shared[app]


class _SharedHub:
    """A hub that runs from its first user to its last."""

    def __init__(self, settings: Settings) -> None:
        self._hub = make_hub(settings)
        self._settings = _of_channels(settings)
        self._loop = asyncio.get_running_loop()
        self._users = 0

    @property
    def is_used(self) -> bool:
        return self._users > 0

    def fits(self, settings: Settings) -> bool:
        """Whether a user with these settings can join, on the running event loop."""
        is_here = asyncio.get_running_loop() is self._loop
        return self.is_used and is_here and _of_channels(settings) == self._settings

    @asynccontextmanager
    async def used(self) -> AsyncIterator[Hub]:
        hub = self._hub
        if not self._users:
            hub.start()
            running.add(hub)
        self._users += 1
        outer = hub_of_lifespan.get()
        hub_of_lifespan.set(hub)
        try:
            await hub.wait_connected(PATIENCE)
            yield hub
        finally:
            hub_of_lifespan.set(outer)
            self._users -= 1
            if not self._users:
                running.discard(hub)
                await hub.stop()


def _of_channels(settings: Settings) -> tuple[object, ...]:
    return settings.channels, settings.channel_max_messages, settings.channel_max_age, settings.channel_max_bytes


# By application, the hub of its newest lifespan.
_shared: Final[WeakKeyDictionary[Any, _SharedHub]] = WeakKeyDictionary()


def current_hub() -> Hub:
    """The hub of the request, else of the lifespan, else the only one of the process."""
    run = current.get(None)
    if run is not None:
        hub = run.scope.get("state", {}).get(HUB_KEY)
        if hub is None:  # mounted, or served without a lifespan
            hub = run.scope["app"].own_hub()
        assert isinstance(hub, Hub)
        return hub
    if (hub := hub_of_lifespan.get()) is not None:
        return hub
    hubs = list(running)
    if len(hubs) == 1:
        return hubs[0]
    if hubs:
        raise ChannelError(
            "several applications run in this process; this channel could belong to any of them",
            hint="Use channels in a request, or in the lifespan of one of them.",
        )
    raise ChannelError("no application is running; channels need one", hint=IN_A_SCRIPT)


def current_cursor() -> cursors.Cursor:
    """The cursor that all subscriptions of a request share; outside requests, a new one."""
    run = current.get(None)
    if run is None:
        return cursors.Cursor()
    cursor = run.scope.get(CURSOR_KEY)
    if cursor is None:
        cursor = run.scope[CURSOR_KEY] = cursors.Cursor(Headers(scope=run.scope).get("last-event-id"))
    assert isinstance(cursor, cursors.Cursor)
    return cursor
