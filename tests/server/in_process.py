"""The server's protocols in this process, on a real socket: for tests that need neither signals nor workers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.server import listen, make_config
from hyperpy.server.access import AccessEntry
from hyperpy.server.health import HealthCheck
from hyperpy.server.http.h11_protocol import H11Protocol
from hyperpy.server.http.httptools_protocol import HttpToolsProtocol
from hyperpy.server.http.protocol import State
from tests.support.until import PATIENCE

PARSERS: dict[str, Callable[..., Any]] = {"httptools": HttpToolsProtocol, "h11": H11Protocol}


class Served:
    """A listening server. `log` has an entry for each answered request."""

    def __init__(self, port: int, state: State, log: list[AccessEntry]) -> None:
        self.port = port
        self.state = state
        self.log = log

    async def exchange(self, *packets: bytes, until: bytes = b"") -> bytes:
        """All that the server sends on one connection, `until` these bytes or the end, which a request must ask for."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(PATIENCE):
                for packet in packets:
                    writer.write(packet)
                    await writer.drain()
                    await asyncio.sleep(0)
                return await (reader.readuntil(until) if until else reader.read())
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def served(app: ASGIApp, parser: str = "httptools", **given: Any) -> AsyncIterator[Served]:
    """Serve `app` on a free port, or with the settings that are `given`."""
    settings = Settings(**({} if "uds" in given else {"port": 0}) | given)
    config, state, log = make_config(app, settings), State(), []
    config.request_log = log.append  # type: ignore[assignment]
    config.app = HealthCheck(app, state, frozenset(), config.root_path)
    config.load()
    loop = asyncio.get_running_loop()
    listener = listen(settings)
    on_path = listener.family is socket.AF_UNIX
    create = loop.create_unix_server if on_path else loop.create_server
    server = await create(lambda: PARSERS[parser](config, state, {}, loop), sock=listener)
    try:
        yield Served(0 if on_path else listener.getsockname()[1], state, log)
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await server.wait_closed()
