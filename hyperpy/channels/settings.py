"""From the setting `channels` to a hub."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from hyperpy.channels.backend import Backend, Retention
from hyperpy.channels.current import hub_of_lifespan, running
from hyperpy.channels.hub import PATIENCE, Hub
from hyperpy.channels.memory import MemoryBackend
from hyperpy.config import Settings, load_settings

logger = logging.getLogger("hyperpy.channels")

EXAMPLES = "memory://, redis://127.0.0.1:6379/0 or postgresql://user@127.0.0.1/name"


def make_hub(settings: Settings) -> Hub:
    """The hub that the settings ask for, not yet started. Raises ConfigError if there can be none."""
    address = urlsplit(settings.channels)
    retention = Retention(settings.channel_max_messages, settings.channel_max_age)
    return Hub(_backend(settings, address.scheme, retention), _public(settings.channels))


def _backend(settings: Settings, scheme: str, retention: Retention) -> Backend:
    match scheme:
        case "memory":
            return MemoryBackend(retention)
    raise settings.error("channels", f"{_public(settings.channels)!r} is no address of channels", f"Write {EXAMPLES}.")


def _public(address: str) -> str:
    """The address without the password in it."""
    parts = urlsplit(address)
    if parts.password is None:
        return address
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@", 1)).geturl()


@asynccontextmanager
async def connect(settings: Settings | None = None) -> AsyncIterator[Hub]:
    """Channels for what runs inside: an application, or a script that publishes. Settings are the application's.

    Raises ConfigError if a setting is wrong. A broker that can't be reached is waited for a little, then logged.
    """
    hub = make_hub(settings or load_settings({}, os.environ, Path.cwd()))
    hub.start()
    running.add(hub)
    around = hub_of_lifespan.get()
    hub_of_lifespan.set(hub)
    try:
        if not await hub.wait_connected(PATIENCE):
            logger.error("%s is out of reach; trying again until it is there", hub.address)
        yield hub
    finally:
        hub_of_lifespan.set(around)
        running.discard(hub)
        await hub.stop()
