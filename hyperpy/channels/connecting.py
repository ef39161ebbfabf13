"""From the settings to a hub, for applications and scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hyperpy.channels.backends.redaction import redacted
from hyperpy.channels.backends.schemes import make_backend
from hyperpy.channels.current import hub_of_lifespan, running
from hyperpy.channels.hub.backend_client import PATIENCE
from hyperpy.channels.hub.hub import Hub
from hyperpy.config import Settings, app_settings


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
