"""Connections that end between a request and its answer."""

import asyncio
from contextlib import asynccontextmanager


class CutOff:
    """A proxy that passes on a request that holds `word`, and cuts the connection before the answer."""

    def __init__(self, server):
        self.server = server
        self.word = None
        self.cuts = 0

    @asynccontextmanager
    async def address(self):
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with listener:
            port = listener.sockets[0].getsockname()[1]
            yield self.server.address.replace(f":{self.server.port}/", f":{port}/")

    async def _serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        cut = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask(reader, far_writer, cut))
                group.create_task(self._answer(far_reader, writer, cut))
        except* EOFError:
            pass
        finally:
            for each in (writer, far_writer):
                each.close()

    async def _ask(self, reader, writer, cut):
        while data := await reader.read(65536):
            if self.word is not None and self.word in data:
                self.word = None
                cut.set()
            writer.write(data)
        raise EOFError

    async def _answer(self, reader, writer, cut):
        while (data := await reader.read(65536)) and not cut.is_set():
            writer.write(data)
        self.cuts += cut.is_set()
        raise EOFError
