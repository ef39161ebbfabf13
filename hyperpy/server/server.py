"""uvicorn's server, with a shutdown that does not wait for streams."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from hyperpy.streams.registry import STATE_KEY

logger = logging.getLogger("hyperpy.server")

LOOK_EVERY = 0.1  # seconds between two looks for connections that can be cut during the shutdown


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT, then ends open streams, finishes the other answers and returns.

    `parent` is the process id of the supervisor: when it is gone, the server stops. `on_ready` is called once, when
    requests are served.
    """

    def __init__(
        self, config: uvicorn.Config, *, parent: int | None = None, on_ready: Callable[[], None] | None = None
    ) -> None:
        super().__init__(config)
        self.parent = parent
        self.on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.on_ready is not None:
            self.on_ready()

    async def on_tick(self, counter: int) -> bool:
        if self.parent is not None and os.getppid() != self.parent:
            logger.warning("The supervisor is gone; process %d stops.", os.getpid())
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        streams = self.lifespan.state.get(STATE_KEY)
        if streams is not None:
            streams.close()
        cutting = asyncio.create_task(self._cut_dead_connections())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    async def _cut_dead_connections(self) -> None:
        """Abort connections that were closed in mid-answer but still have bytes for a client that does not read.

        The answer is lost anyway, and the shutdown would wait for the client.
        """
        while True:
            for connection in list(self.server_state.connections):
                cycle = getattr(connection, "cycle", None)
                if cycle is not None and not cycle.response_complete and connection.transport.is_closing():
                    connection.transport.abort()
            await asyncio.sleep(LOOK_EVERY)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains, the second SIGINT cuts the answers short, the third kills.

        Unlike uvicorn's this does not raise the signal again in the end: a shutdown that was asked for is a success.
        """
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.should_exit = True
