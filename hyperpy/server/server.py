"""uvicorn's server, with a shutdown that waits neither for streams nor for dead clients."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

import uvicorn

from hyperpy.server.concurrency import ConcurrencyLimit
from hyperpy.server.configuration import Config
from hyperpy.server.descriptors import Descriptors
from hyperpy.server.health import HealthCheck
from hyperpy.server.http.protocol import Stage, State
from hyperpy.server.http.reaper import ConnectionReaper
from hyperpy.streams.registry import STATE_KEY

logger = logging.getLogger("hyperpy.server")

TICKS = 10  # per second, the same as uvicorn's
ACCEPTING = 3  # turns of an event loop in which an accepted socket becomes a connection of the server


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT, then ends open streams, finishes the other responses and returns.

    The server stops as soon as `parent_is_alive` returns False. `on_ready` is called once requests are served,
    `on_spent` after every `request_limit` requests, 0 for no limit, and `on_tick` ten times a second, until the server
    has stopped. `health` are the health check paths that the server answers itself.
    """

    config: Config
    farewell = ""  # ends event streams that the shutdown ends

    def __init__(
        self,
        config: Config,
        *,
        parent_is_alive: Callable[[], bool] | None = None,
        on_ready: Callable[[], None] | None = None,
        request_limit: int = 0,
        on_spent: Callable[[], None] | None = None,
        on_tick: Callable[[], None] | None = None,
        health: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(config)
        self.server_state: State = State()
        self.parent_is_alive = parent_is_alive
        self.on_ready = on_ready
        self.on_spent = on_spent
        self._on_tick = on_tick
        self._request_limit = self._spent_at = request_limit
        self._reaper = ConnectionReaper(self.server_state.connections, config.settings.timeout_send)
        self._descriptors = Descriptors()
        app: Any = config.app
        if limit := config.settings.limit_concurrency:
            app = ConcurrencyLimit(app, self.server_state, limit)
        config.app = HealthCheck(app, self.server_state, health, config.root_path)

    def retire(self) -> None:
        """Finish and return, but without hurry: another process has taken over."""
        if self.server_state.stage is Stage.SERVING:
            self.server_state.stage = Stage.RETIRING
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._descriptors.watch(asyncio.get_running_loop())
        if self.on_ready is not None:
            self.on_ready()

    async def on_tick(self, counter: int) -> bool:
        if self.parent_is_alive is not None and not self.parent_is_alive():
            logger.warning("The supervisor is gone; process %d stops.", os.getpid())
            self.should_exit = True
        if self._request_limit and self.server_state.requests >= self._spent_at and self.on_spent is not None:
            # If the successor doesn't start, this process goes on serving and asks again.
            self._spent_at = self.server_state.requests + self._request_limit
            self.on_spent()
        if self._on_tick is not None:
            self._on_tick()
        self._reaper.check_some(asyncio.get_running_loop().time(), rounds=TICKS)
        if counter % TICKS == 0:
            self._descriptors.check()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.stage is Stage.SERVING:
            self.server_state.stage = Stage.STOPPING
        await self._stop_accepting()
        # Pass the stage as it is now: from here on a signal may change it at any time.
        watching = asyncio.create_task(self._watch_connections(self.server_state.stage))
        self._end_streams()
        try:
            await self._finish(sockets)
        finally:
            watching.cancel()

    async def _stop_accepting(self) -> None:
        """Leave new connections to the next process, and wait until the accepted ones are known.

        asyncio's selector loops take several turns to accept one, and drop it if the server is closed meanwhile.
        """
        loop = asyncio.get_running_loop()
        if isinstance(loop, asyncio.SelectorEventLoop):
            for listener in [listener for server in self.servers for listener in server.sockets]:
                loop.remove_reader(listener.fileno())
        else:
            for server in self.servers:
                server.close()
        for _ in range(ACCEPTING):
            await asyncio.sleep(0)

    async def _finish(self, sockets: list[socket.socket] | None) -> None:
        """Let open responses end within the grace period, then end the lifespan."""
        await super().shutdown(sockets)

    def _end_streams(self) -> None:
        streams = self.lifespan.state.get(STATE_KEY)
        if streams is None:
            return
        connections: Collection[Any] = self.server_state.connections
        cycles = [(each, getattr(each, "cycle", None)) for each in connections]
        answering = [(each, cycle) for each, cycle in cycles if cycle is not None and not cycle.response_complete]
        streams.close(self.farewell)
        for connection, cycle in answering:
            # Only a stream was completed by that. Close its connection, so that the client reconnects elsewhere.
            if cycle.response_complete and not connection.transport.is_closing():
                connection.transport.close()

    async def _watch_connections(self, stage: Stage) -> None:
        """Abort dead connections, and shut all down again when the stage changes: a retiring server has to stop."""
        loop = asyncio.get_running_loop()
        while True:
            if stage is not self.server_state.stage:
                stage = self.server_state.stage
                for connection in tuple(self.server_state.connections):
                    connection.shutdown()
            self._reaper.check_all(loop.time())
            if self._on_tick is not None:
                self._on_tick()
            await asyncio.sleep(1 / TICKS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal starts the shutdown, a second SIGINT cuts responses short, and a third one kills.

        Unlike uvicorn, don't raise the signal again at the end: a requested shutdown is a success.
        """
        if self.server_state.stage is Stage.STOPPING and sig == signal.SIGINT:
            self.force_exit = True
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.server_state.stage = Stage.STOPPING
        self.should_exit = True
