"""The hub and the cursor of the running code, for applications and scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final
from weakref import WeakSet

from starlette.datastructures import Headers

from hyperpy.channels.backends.schemes import make_backend, redacted
from hyperpy.channels.cursor import Cursor
from hyperpy.channels.hub.backend_client import PATIENCE
from hyperpy.channels.hub.hub import HUB_KEY, Hub
from hyperpy.config import Settings, app_settings
from hyperpy.exceptions import ChannelError
from hyperpy.pages import current

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
    hub = make_hub(settings or app_settings())
    hub.start()
    running.add(hub)
    outer = hub_of_lifespan.get()
    hub_of_lifespan.set(hub)
    try:
        await hub.wait_connected(PATIENCE)
        yield hub
    finally:
        hub_of_lifespan.set(outer)
        running.discard(hub)
        await hub.stop()


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


def current_cursor() -> Cursor:
    """The cursor that all subscriptions of a request share; outside requests, a new one."""
    run = current.get(None)
    if run is None:
        return Cursor()
    cursor = run.scope.get(CURSOR_KEY)
    if cursor is None:
        cursor = run.scope[CURSOR_KEY] = Cursor(Headers(scope=run.scope).get("last-event-id"))
    assert isinstance(cursor, Cursor)
    return cursor
