"""From the setting `channels` to a hub."""

import importlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from hyperpy.channels.backends.contract import Backend, Retention
from hyperpy.channels.backends.memory import MemoryBackend
from hyperpy.channels.current import hub_of_lifespan, running
from hyperpy.channels.hub.hub import PATIENCE, Hub
from hyperpy.config import Settings, app_settings

# The modules of brokers by the schemes of their addresses: imported when one is chosen, for their clients are extras.
BROKERS: Final = {
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
    "postgresql": "postgres",
    "postgres": "postgres",
}
EXAMPLES = "memory://, redis://127.0.0.1:6379/0 or postgresql://user@127.0.0.1/name"


def make_hub(settings: Settings) -> Hub:
    """The hub that the settings ask for, not yet started. Raises ConfigError if there can be none."""
    try:
        scheme = urlsplit(settings.channels).scheme
    except ValueError as error:
        raise settings.error("channels", f"this is no address: {error}", f"Write {EXAMPLES}.") from None
    retention = Retention(settings.channel_max_messages, settings.channel_max_age)
    return Hub(_backend(settings, scheme, retention), _public(settings.channels))


def _backend(settings: Settings, scheme: str, retention: Retention) -> Backend:
    if scheme == "memory":
        return MemoryBackend(retention)
    public = _public(settings.channels)
    if scheme not in BROKERS:
        raise settings.error("channels", f"{public!r} is no address of channels", f"Write {EXAMPLES}.")
    try:
        backend: Backend = _broker(settings, BROKERS[scheme]).make_backend(settings.channels, public, retention)
    except ValueError as error:
        raise settings.error("channels", f"{public!r} is no address: {error}", f"Write {EXAMPLES}.") from None
    return backend


def _broker(settings: Settings, name: str) -> Any:
    """The module of a broker, whose client is installed by the extra of the same name."""
    try:
        return importlib.import_module(f"hyperpy.channels.backends.{name}")
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package == "hyperpy":
            raise
        # A package that is there may lack a library of the machine's.
        what = f"{_public(settings.channels)!r} needs " + (f"the package {package}" if package else str(error))
        raise settings.error("channels", what, f'pip install "hyperpy[{name}]"') from None


def _public(address: str) -> str:
    """The address without the password in it."""
    address = re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1***", address)
    parts = urlsplit(address)
    if parts.password is None:
        return address
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@", 1)).geturl()


@asynccontextmanager
async def connect(settings: Settings | None = None) -> AsyncIterator[Hub]:
    """Channels for what runs inside: an application, or a script that publishes. Settings are the application's.

    Raises ConfigError if a setting is wrong. A broker out of reach is waited for a little, and used when it comes.
    """
    hub = make_hub(settings or app_settings())
    hub.start()
    running.add(hub)
    around = hub_of_lifespan.get()
    hub_of_lifespan.set(hub)
    try:
        await hub.wait_connected(PATIENCE)
        yield hub
    finally:
        hub_of_lifespan.set(around)
        running.discard(hub)
        await hub.stop()
