"""Publishers that send consecutive numbers in each channel and record which were confirmed."""

import asyncio
import json
import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import override

from hyperpy import channel
from hyperpy.exceptions import BrokerError

TIMEOUT = 15.0  # seconds for a response; longer than the server waits for the broker
MAX_LAG = 1.0  # seconds of delay that are caught up


class Publisher(ABC):
    """Sends each number once: an unconfirmed number isn't sent again."""

    def __init__(self, name: str, padding: dict[str, str]) -> None:
        self.name = name
        self._padding = padding  # by channel
        self._numbers: Counter[str] = Counter()
        self.confirmed: defaultdict[str, set[int]] = defaultdict(set)
        self.outcomes: Counter[str] = Counter()
        self.stopping = False

    async def run(self, channels: Sequence[str], rate: float, dice: random.Random) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self.stopping:
            await self.send(dice.choice(channels))
            due = max(due + 1 / rate, loop.time() - MAX_LAG)
            await asyncio.sleep(due - loop.time())

    async def send(self, name: str) -> bool:
        """Publish the next number in a channel; return whether it was confirmed."""
        self._numbers[name] += 1
        number = self._numbers[name]
        outcome = await self.publish(
            name, {"publisher": self.name, "number": number, "padding": self._padding.get(name, "")}
        )
        self.outcomes[outcome] += 1
        if outcome == "confirmed":
            self.confirmed[name].add(number)
        return outcome == "confirmed"

    @abstractmethod
    async def publish(self, name: str, data: dict[str, object]) -> str:
        """Publish `data` and return the outcome; only "confirmed" means that the message was stored."""

    async def close(self) -> None:
        return


class DirectPublisher(Publisher):
    """Publishes from this process."""

    @override
    async def publish(self, name: str, data: dict[str, object]) -> str:
        try:
            await channel(name).publish(data)
        except BrokerError:
            return "rejected"
        return "confirmed"


class HttpPublisher(Publisher):
    """Publishes with POST requests over a persistent connection."""

    def __init__(self, name: str, padding: dict[str, str], port: int) -> None:
        super().__init__(name, padding)
        self._port = port
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @override
    async def publish(self, name: str, data: dict[str, object]) -> str:
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._post(name, json.dumps(data).encode())
        except TimeoutError:
            outcome = "no response"
        except OSError, EOFError:
            outcome = "connection lost"
        await self.close()
        return outcome

    async def _post(self, name: str, body: bytes) -> str:
        if self._connection is None:
            self._connection = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._connection
        head = f"POST /channels/publish?name={name} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            await self.close()
        status = first.split(" ")[1]
        return {"204": "confirmed", "503": "rejected"}.get(status, f"status {status}")

    @override
    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection[1].close()
            with suppress(OSError):
                await connection[1].wait_closed()
