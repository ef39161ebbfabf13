"""A TCP proxy whose connections can die without a word: nothing passes any more, and neither side is told."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread


class FrozenProxy:
    """Forwards connections to a port of this machine. `freeze` stops those that are open, not later ones."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.frozen = 0
        self._moving: list[asyncio.Event] = []
        self._open: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()

    @contextmanager
    def running(self) -> Iterator[int]:
        """Run in a thread of its own. Yields the port."""
        listener = socket.create_server(("127.0.0.1", 0))
        thread = Thread(target=self._loop.run_until_complete, args=(self._serve(listener),))
        self._stopped = asyncio.Event()
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            self._loop.call_soon_threadsafe(self._stopped.set)
            thread.join()
            self._loop.close()

    def freeze(self) -> None:
        """May be called from any thread."""
        self._loop.call_soon_threadsafe(self._freeze)

    def _freeze(self) -> None:
        for moving in self._moving:
            moving.clear()
        self.frozen += len(self._moving)
        self._moving.clear()

    async def _serve(self, listener: socket.socket) -> None:
        async with await asyncio.start_server(self._connected, sock=listener):
            await self._stopped.wait()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        moving = asyncio.Event()
        moving.set()
        self._moving.append(moving)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_forward(reader, upstream_writer, moving))
                group.create_task(_forward(upstream_reader, writer, moving))
        except* ConnectionError:
            pass
        finally:
            if moving in self._moving:
                self._moving.remove(moving)
            writer.close()
            upstream_writer.close()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moving: asyncio.Event) -> None:
    while True:
        piece = await reader.read(65536)
        await moving.wait()
        if not piece:
            raise ConnectionResetError  # ends the other direction
        writer.write(piece)
        await writer.drain()
