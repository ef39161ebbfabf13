"""One run: a site with two workers, a real broker, publishers, clients and faults, and what comes of it."""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.chaos.clients import Client, Habit
from bench.chaos.faults import Faults
from bench.chaos.publishers import Publisher, Script, Visitor
from bench.streams.servers import free_port, kill_group, start, wait_for
from hyperpy.channels import connect
from hyperpy.config import Settings
from tests.channels.brokers import Broker

LARGE = "large"
CHANNELS = ("one", "two", "three", "four", "five", "six", "seven", LARGE)
PADDING = {LARGE: "x" * 8000}
"""So that what a client does not read soon fills all buffers on its way."""
VISITORS = 4
SETTLING = 60.0  # seconds in which all clients must have got everything, once there are no more faults
LATE_BY = 0.7  # of the run; then everybody is there

type Heads = dict[tuple[str, str], int]
"""Numbers by channel and publisher."""


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float = 300.0
    clients: int = 200
    rate: int = 200
    """Messages per second, of all publishers."""
    pause: float = 4.0
    """The longest between two faults, in seconds."""
    hang: float = 8.0
    """How long a broker hangs or is away at most, in seconds."""
    kept: int = 400
    """Messages of a channel: few enough that clients may be away for longer."""
    away: float = 30.0
    seed: int = 0

    @property
    def habits(self) -> tuple[Habit, ...]:
        return (
            Habit("read on", 0.5),
            Habit("leave in mid-event", 0.25, stays=self.away / 2, away=self.away),
            Habit("stop reading", 0.1, pauses=self.away / 2),
            Habit("come late", 0.15, late=self.seconds * LATE_BY),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    plan: Plan
    clients: list[Client]
    publishers: list[Publisher]
    faults: Counter[str]
    log: list[str]
    """When which fault began and was over."""
    said: str
    """The server's log."""
    last: Heads

    @property
    def confirmed(self) -> dict[tuple[str, str], set[int]]:
        return {(name, each.name): numbers for each in self.publishers for name, numbers in each.confirmed.items()}

    @property
    def violations(self) -> dict[Client, list[str]]:
        confirmed = self.confirmed
        found = {client: list(client.verdict(confirmed, self.last)) for client in self.clients}
        return {client: what for client, what in found.items() if what}


async def run(broker: Broker, plan: Plan) -> Outcome:
    """The broker has been started."""
    dice = random.Random(plan.seed)
    begin = time.monotonic()

    def clock() -> float:
        return time.monotonic() - begin

    settings = Settings(channels=broker.address, channel_max_messages=plan.kept)
    with served(broker.address, plan) as (port, pid, said):
        clients = make_clients(plan, port, dice, clock)
        log: list[str] = []
        faults = Faults(pid, broker, clients, dice, plan.hang, log)
        publishers = [Script("script", PADDING), *(Visitor(f"visitor {n + 1}", PADDING, port) for n in range(VISITORS))]
        async with connect(settings), asyncio.TaskGroup() as group:
            reading = [group.create_task(client.run()) for client in clients]
            await asyncio.gather(*(client.greeted.wait() for client in clients if not client.habit.late))
            async with publishing(publishers, plan, dice):
                await faults.run(clock() + plan.seconds, plan.pause, clock)
            for client in clients:
                client.called.set()
            last = await say_more(publishers)
            await settled(clients, publishers, last, clock)
            for task in reading:
                task.cancel()
        for each in publishers:
            await each.close()
        return Outcome(plan, clients, publishers, faults.counts, log, said(), last)


def make_clients(plan: Plan, port: int, dice: random.Random, clock: Callable[[], float]) -> list[Client]:
    clients: list[Client] = []
    for habit in plan.habits:
        for _ in range(round(habit.part * plan.clients)):
            number = len(clients)
            names = dice.sample(CHANNELS, dice.randint(1, 2))
            if habit.pauses:
                names[0] = LARGE
            own = random.Random(dice.random())
            clients.append(
                Client(number, habit, tuple(dict.fromkeys(names)), not habit.late and number % 2 == 0, port, own, clock)
            )
    return clients


@contextmanager
def served(address: str, plan: Plan) -> Generator[tuple[int, int, Callable[[], str]]]:
    """The site's port, the id of its supervisor, and what reads its log."""
    folder, port = Path(tempfile.mkdtemp(prefix="bench-chaos-")), free_port()
    flags = {
        "workers": 2,
        "routes": "bench/routes",
        "port": port,
        "channels": address,
        "channel-max-messages": plan.kept,
        "ping": 2,
        "timeout-send": round(plan.away / 6, 1),
    }
    given = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "hyperpy", "serve", "--no-access-log", "--log-level", "warning", *given]
    process = start(command, {}, folder / "log")
    try:
        wait_for(port, process, folder / "log", "/hello")
        yield port, process.pid, lambda: (folder / "log").read_text(errors="replace")
    finally:
        kill_group(process)
        shutil.rmtree(folder)


@asynccontextmanager
async def publishing(publishers: Sequence[Publisher], plan: Plan, dice: random.Random) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        for each in publishers:
            group.create_task(each.run(CHANNELS, plan.rate / len(publishers), random.Random(dice.random())))
        try:
            yield
        finally:
            for each in publishers:
                each.over = True


async def say_more(publishers: Sequence[Publisher]) -> Heads:
    """One more message of everybody in every channel, which is published until it is confirmed: their numbers."""
    for each in publishers:
        for name in CHANNELS:
            while not await each.send(name):
                await asyncio.sleep(0.1)
    return {(name, each.name): max(each.confirmed[name]) for each in publishers for name in CHANNELS}


async def settled(
    clients: Sequence[Client], publishers: Sequence[Publisher], last: Heads, clock: Callable[[], float]
) -> None:
    """Until everybody has come as far as `last`, or the time is over.

    More is said meanwhile: who has been told of a gap in place of the last messages, shall show that it hears others.
    """
    until = clock() + SETTLING
    while clock() < until and not all(client.has_all(last) for client in clients):
        await asyncio.sleep(1.0)
        await say_more(publishers)
