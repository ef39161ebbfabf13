"""uvicorn's server, with an end that waits neither for streams nor for dead clients."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

import uvicorn

from hyperpy.server.descriptors import Descriptors
from hyperpy.server.health import HealthCheck
from hyperpy.server.http.reaper import ConnectionReaper
from hyperpy.server.http.state import Stage, State
from hyperpy.streams.registry import STATE_KEY

logger = logging.getLogger("hyperpy.server")

TICKS = 10  # per second, as uvicorn has them


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT, then ends open streams, finishes the other answers and returns.

    `parent` is the process id of the supervisor: when it is gone, the server stops. `on_ready` is called once, when
    requests are served, and `on_spent` after every `limit` requests. `health` are the paths that the server answers
    itself.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        parent: int | None = None,
        on_ready: Callable[[], None] | None = None,
        limit: int | None = None,
        on_spent: Callable[[], None] | None = None,
        health: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(config)
        self.server_state: State = State()
        self.parent = parent
        self.on_ready = on_ready
        self.on_spent = on_spent
        self._limit = self._spent_at = limit
        self._cutter = ConnectionReaper(self.server_state.connections)
        self._descriptors = Descriptors()
        config.app = HealthCheck(config.app, self.server_state, health, config.root_path)  # type: ignore[arg-type]

    def retire(self) -> None:
        """Finish and return, but without haste: another process serves in this one's place."""
        if self.server_state.stage is Stage.SERVING:
            self.server_state.stage = Stage.RETIRING
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._descriptors.watch(asyncio.get_running_loop())
        if self.on_ready is not None:
            self.on_ready()

    async def on_tick(self, counter: int) -> bool:
        if self.parent is not None and os.getppid() != self.parent:
            logger.warning("The supervisor is gone; process %d stops.", os.getpid())
            self.should_exit = True
        if self._spent_at is not None and self.server_state.requests >= self._spent_at and self.on_spent is not None:
            assert self._limit is not None
            # If the successor does not start, this one serves on and asks again.
            self._spent_at = self.server_state.requests + self._limit
            self.on_spent()
        self._cutter.look(asyncio.get_running_loop().time(), rounds=TICKS)
        if counter % TICKS == 0:
            self._descriptors.check()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.stage is Stage.SERVING:
            self.server_state.stage = Stage.STOPPING
        # Read now: the signal that changes it may come at any time from here on.
        seeing = asyncio.create_task(self._see_to_connections(self.server_state.stage))
        self._end_streams()
        try:
            await super().shutdown(sockets)
        finally:
            seeing.cancel()

    def _end_streams(self) -> None:
        streams = self.lifespan.state.get(STATE_KEY)
        if streams is None:
            return
        connections: Collection[Any] = self.server_state.connections
        cycles = [(each, getattr(each, "cycle", None)) for each in connections]
        answering = [(each, cycle) for each, cycle in cycles if cycle is not None and not cycle.response_complete]
        streams.close()
        for connection, cycle in answering:
            # What the end of the streams has completed was one; its client is to come back to another process.
            if cycle.response_complete and not connection.transport.is_closing():
                connection.transport.close()

    async def _see_to_connections(self, stage: Stage) -> None:
        """Cuts dead ones, and tells all when the stage is no longer the given one: a retirement has become a stop."""
        loop = asyncio.get_running_loop()
        while True:
            if stage is not self.server_state.stage:
                stage = self.server_state.stage
                for connection in tuple(self.server_state.connections):
                    connection.shutdown()
            self._cutter.look_at_all(loop.time())
            await asyncio.sleep(1 / TICKS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains, the second SIGINT cuts the answers short, the third kills.

        Unlike uvicorn's this does not raise the signal again in the end: a shutdown that was asked for is a success.
        """
        if self.server_state.stage is Stage.STOPPING and sig == signal.SIGINT:
            self.force_exit = True
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.server_state.stage = Stage.STOPPING
        self.should_exit = True
