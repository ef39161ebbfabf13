"""Inject faults in an order determined by the seed."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from bench.chaos.clients import Client
from tests.channels.brokers import Broker, children_of

CUT_FRACTION = 0.3  # of the clients, disconnected at once


class Faults:
    """Injects faults. The broker hangs or is down for at most `longest` seconds at a time."""

    def __init__(
        self,
        supervisor: int,
        broker: Broker,
        clients: list[Client],
        dice: random.Random,
        longest: float,
        log: list[str],
    ) -> None:
        self._supervisor = supervisor
        self._broker = broker
        self._clients = clients
        self._dice = dice
        self._longest = longest
        self._log = log
        self.counts: Counter[str] = Counter()
        self.kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "worker killed": self._kill_worker,
            "SIGHUP": self._send_sighup,
            "broker killed": self._kill_broker,
            "broker connections closed": self._cut_connections,
            "broker paused": self._pause_broker,
            "clients disconnected": self._cut_clients,
        }

    async def run(self, until: float, pause: float, clock: Callable[[], float]) -> None:
        """Inject every kind of fault at least once, in random order, with at most `pause` seconds between faults."""
        while clock() < until:
            for kind in self._dice.sample(sorted(self.kinds), len(self.kinds)):
                await asyncio.sleep(self._dice.uniform(0.1, 1.0) * pause)
                if clock() >= until and len(self.counts) == len(self.kinds):
                    return
                self._log.append(f"{clock():8.2f} {kind}")
                await self.kinds[kind]()
                self._log.append(f"{clock():8.2f} {kind}: done")
                self.counts[kind] += 1

    async def _kill_worker(self) -> None:
        if workers := workers_of(self._supervisor):
            with suppress(ProcessLookupError):
                os.kill(self._dice.choice(workers), signal.SIGKILL)

    async def _send_sighup(self) -> None:
        os.kill(self._supervisor, signal.SIGHUP)

    async def _kill_broker(self) -> None:
        await asyncio.to_thread(self._broker.kill)
        await asyncio.sleep(self._dice.choice((0.0, 0.2, 0.5, 1.0)) * self._longest)
        await asyncio.to_thread(self._broker.start)

    async def _cut_connections(self) -> None:
        await asyncio.to_thread(self._broker.cut_connections)

    async def _pause_broker(self) -> None:
        await asyncio.to_thread(self._broker.suspend)
        try:
            await asyncio.sleep(self._dice.uniform(0.1, 1.0) * self._longest)
        finally:
            await asyncio.to_thread(self._broker.resume)

    async def _cut_clients(self) -> None:
        for client in self._dice.sample(self._clients, int(CUT_FRACTION * len(self._clients))):
            client.disconnect()


def workers_of(supervisor: int) -> list[int]:
    """Process ids of the supervisor's workers."""
    workers = []
    for pid in children_of(supervisor):
        with suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                workers.append(pid)
    return sorted(workers)
