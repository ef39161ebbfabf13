"""One run: a site with two workers, a real broker, publishers, clients and faults."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.chaos.clients import Behaviour, Client
from bench.chaos.faults import Faults
from bench.chaos.publishers import DirectPublisher, HttpPublisher, Publisher
from bench.streams.servers import serve_site
from hyperpy.channels import connect
from hyperpy.config import Settings
from tests.channels.brokers import Broker

LARGE = "large"
CHANNELS = ("one", "two", "three", "four", "five", "six", "seven", LARGE)
PADDING = {LARGE: "x" * 8000}
"""Large enough that a client that doesn't read soon fills all buffers on the way."""
HTTP_PUBLISHERS = 4
SETTLING = 60.0  # seconds after the last fault within which all clients must catch up
LATE_BY = 0.7  # of the run: when the last client connects

type Heads = dict[tuple[str, str], int]
"""Highest number by channel and publisher."""


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float = 300.0
    clients: int = 200
    rate: int = 200
    """Messages per second, of all publishers."""
    pause: float = 4.0
    """Longest time between two faults, in seconds."""
    hang: float = 8.0
    """Longest time that a broker hangs or is down, in seconds."""
    retained: int = 400
    """Messages kept per channel: few enough that a client can miss more while disconnected."""
    away: float = 30.0
    """Longest time that a client stays disconnected, in seconds."""
    seed: int = 0

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        return (
            Behaviour("keep reading", 0.5),
            Behaviour("disconnect mid-event", 0.25, stays=self.away / 2, away=self.away),
            Behaviour("stop reading", 0.1, pauses=self.away / 2),
            Behaviour("connect late", 0.15, late=self.seconds * LATE_BY),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    plan: Plan
    clients: list[Client]
    publishers: list[Publisher]
    faults: Counter[str]
    log: list[str]
    """When each fault began and ended."""
    server_log: str
    last: Heads

    @property
    def confirmed(self) -> dict[tuple[str, str], set[int]]:
        return {(name, each.name): numbers for each in self.publishers for name, numbers in each.confirmed.items()}

    @property
    def violations(self) -> dict[Client, list[str]]:
        confirmed = self.confirmed
        found = {client: list(client.all_violations(confirmed, self.last)) for client in self.clients}
        return {client: violations for client, violations in found.items() if violations}


async def run(broker: Broker, plan: Plan) -> Outcome:
    """Run against a broker that has been started."""
    dice = random.Random(plan.seed)
    begin = time.monotonic()

    def clock() -> float:
        return time.monotonic() - begin

    settings = Settings(channels=broker.address, channel_max_messages=plan.retained)
    with serve_site(*server_flags(broker.address, plan)) as server:
        clients = make_clients(plan, server.port, dice, clock)
        log: list[str] = []
        faults = Faults(server.pid, broker, clients, dice, plan.hang, log)
        publishers = [
            DirectPublisher("direct", PADDING),
            *(HttpPublisher(f"HTTP {n + 1}", PADDING, server.port) for n in range(HTTP_PUBLISHERS)),
        ]
        async with connect(settings), asyncio.TaskGroup() as group:
            readers = [group.create_task(client.run()) for client in clients]
            await asyncio.gather(*(client.connected.wait() for client in clients if not client.behaviour.late))
            async with publishing(publishers, plan, dice):
                await faults.run(clock() + plan.seconds, plan.pause, clock)
            for client in clients:
                client.recalled.set()
            last = await publish_final(publishers)
            await wait_for_clients(clients, publishers, last, clock)
            for task in readers:
                task.cancel()
        for each in publishers:
            await each.close()
        return Outcome(plan, clients, publishers, faults.counts, log, server.log.read_text(errors="replace"), last)


def make_clients(plan: Plan, port: int, dice: random.Random, clock: Callable[[], float]) -> list[Client]:
    clients: list[Client] = []
    for behaviour in plan.behaviours:
        for _ in range(round(behaviour.fraction * plan.clients)):
            number = len(clients)
            names = dice.sample(CHANNELS, dice.randint(1, 2))
            if behaviour.pauses:
                names[0] = LARGE
            own_dice = random.Random(dice.random())
            clients.append(
                Client(
                    number,
                    behaviour,
                    tuple(dict.fromkeys(names)),
                    not behaviour.late and number % 2 == 0,
                    port,
                    own_dice,
                    clock,
                )
            )
    return clients


def server_flags(address: str, plan: Plan) -> list[str]:
    options = {
        "workers": 2,
        "channels": address,
        "channel-max-messages": plan.retained,
        "ping": 2,
        "timeout-send": round(plan.away / 6, 1),
        "log-level": "warning",
    }
    return ["--no-access-log", *(word for name, value in options.items() for word in (f"--{name}", str(value)))]


@asynccontextmanager
async def publishing(publishers: Sequence[Publisher], plan: Plan, dice: random.Random) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        for each in publishers:
            group.create_task(each.run(CHANNELS, plan.rate / len(publishers), random.Random(dice.random())))
        try:
            yield
        finally:
            for each in publishers:
                each.stopping = True


async def publish_final(publishers: Sequence[Publisher]) -> Heads:
    """Publish until one more message per publisher and channel is confirmed; return their numbers."""
    for each in publishers:
        for name in CHANNELS:
            while not await each.send(name):
                await asyncio.sleep(0.1)
    return {(name, each.name): max(each.confirmed[name]) for each in publishers for name in CHANNELS}


async def wait_for_clients(
    clients: Sequence[Client], publishers: Sequence[Publisher], last: Heads, clock: Callable[[], float]
) -> None:
    """Wait until every client has received `last`, or for `SETTLING` seconds.

    Meanwhile more is published, so that a client that got a gap event in place of the last messages has later ones to
    receive.
    """
    deadline = clock() + SETTLING
    while clock() < deadline and not all(client.has_all(last) for client in clients):
        await asyncio.sleep(1.0)
        await publish_final(publishers)
