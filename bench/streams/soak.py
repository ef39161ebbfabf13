"""`python -m bench soak`: streams that come and go for a long time leave nothing behind, and neither does a crowd for
which there are not enough descriptors."""

import asyncio
import os
import random
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from bench.figures import table
from bench.streams.servers import free_port, kill_group, processor_time, rss, start, wait_for
from bench.streams.sockets import AT_ONCE, End, Exchange, fetch

RATE = 100  # streams per second
EVENTS_MADE = 20
LOOKS = 8  # at the server, while streams come and go
SETTLING = 10.0  # seconds that descriptors and tasks have to go
GROWTH = 4 << 20  # bytes of memory that are no leak
PATIENCE = 10.0  # seconds

DESCRIPTORS = 200
CROWD = 300
WATCHING = 3.0  # seconds
BUSY = 0.2  # of a core: an accept that fails again and again takes all of one


@dataclass(frozen=True, slots=True)
class State:
    descriptors: int
    tasks: int
    memory: int

    def line(self, when: str) -> dict[str, str]:
        memory = f"{self.memory / 2**20:.1f}"
        return {"": when, "descriptors": str(self.descriptors), "tasks": str(self.tasks), "MiB": memory}

    def has_returned(self, base: State) -> bool:
        return self.descriptors <= base.descriptors and self.tasks <= base.tasks


@dataclass(frozen=True, slots=True)
class Site:
    port: int
    pid: int

    def state(self) -> State:
        """Tasks are asked for first: the connection that asks has gone from the descriptors then."""
        tasks = int(fetch(self.port, "/tasks"))
        return State(descriptors(self.pid), tasks, rss(self.pid))


def main(*, seconds: float) -> bool:
    """Prints what it has seen; False if something was left behind."""
    with served() as site:
        churned = soak(site, seconds)
    with served(DESCRIPTORS) as site:
        recovered = exhaust(site)
    return churned and recovered


@contextmanager
def served(descriptors: int = 0) -> Generator[Site]:
    """`hyper serve` with the bench's routes, and with no more descriptors than that."""
    folder, port = Path(tempfile.mkdtemp(prefix="bench-soak-")), free_port()
    command = [sys.executable, "-m", "hyperpy", "serve", "--routes", "bench/routes", "--port", str(port)]
    if descriptors:
        command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command]
    process = start(command, {}, folder / "log")
    try:
        wait_for(port, process, folder / "log", "/hello")
        yield Site(port, process.pid)
    finally:
        kill_group(process)
        shutil.rmtree(folder)


def soak(site: Site, seconds: float) -> bool:
    ended: Counter[str] = Counter()
    asyncio.run(churn(site.port, min(30.0, seconds / 5), ended))
    base = settled(site, None)
    lines = [base.line("base line, warm")]
    ended.clear()
    clients = Thread(target=lambda: asyncio.run(churn(site.port, seconds, ended)))
    clients.start()
    for number in range(1, LOOKS):
        time.sleep(seconds / LOOKS)
        lines.append(site.state().line(f"after {number * seconds / LOOKS:.0f} s"))
    clients.join()
    after = settled(site, base)
    lines.append(after.line("in the end"))
    grown = after.memory - base.memory
    good = after.has_returned(base) and grown <= GROWTH and not ended["failed"]
    said = ", ".join(f"{number:,} {how}" for how, number in sorted(ended.items()))
    note = (
        f"{RATE} streams/s: {said}.\n"
        "The server has returned to the base line if it has no more descriptors and tasks than then, and at most\n"
        f"{GROWTH >> 20} MiB more memory: it has {'' if good else 'NOT '}returned."
    )
    print(table(f"Streams that come and go for {seconds:g} s", lines, note), flush=True)
    return good


def settled(site: Site, base: State | None) -> State:
    """The state of a server that nobody asks for anything: when it has returned, or has not changed for a while."""
    until = time.monotonic() + (SETTLING if base else 1.0)
    while time.monotonic() < until:
        state = site.state()
        if base and state.has_returned(base):
            break
        time.sleep(0.2)
    return site.state()


async def churn(port: int, seconds: float, ended: Counter[str]) -> None:
    """Opens streams at the rate; returns when the last of them has ended."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(begin + number / RATE - loop.time())
            group.create_task(visit(port, ended))


async def visit(port: int, ended: Counter[str]) -> None:
    """One client: reads some events and leaves in one way or the other, or reads to the end."""
    how = random.choice(("closed", "reset", "read to the end"))
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            request = f"GET /streams/brief?n={EVENTS_MADE} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
            writer.write(request.encode())
            if how == "read to the end":
                await reader.readuntil(b"\r\n0\r\n\r\n")
            else:
                for _ in range(random.randint(1, EVENTS_MADE - 1)):
                    await reader.readuntil(b"\n\n")
            if how == "reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    except (OSError, EOFError, TimeoutError) as error:
        how = "failed"
        print(f"a client failed: {type(error).__name__}: {error}", file=sys.stderr)
    ended[how] += 1


def exhaust(site: Site) -> bool:
    base = descriptors(site.pid)
    first = Exchange(site.port, "/streams/ticks")
    first.until(lambda it: it.body)
    crowd = [Exchange(site.port, "/streams/waits") for _ in range(CROWD)]
    time.sleep(0.5)
    held, before, size = descriptors(site.pid), processor_time(site.pid), len(first.body)
    first.to_end(WATCHING)
    busy, ticked = (processor_time(site.pid) - before) / WATCHING, len(first.body) > size
    served = sum(exchange.until(lambda it: it.status, 0.01) for exchange in crowd)
    refused = sum(exchange.end is End.CUT for exchange in crowd)
    for exchange in (first, *crowd):
        exchange.socket.close()
    took = recovers(site, base)
    good = busy < BUSY and ticked and took is not None
    line = {
        "descriptors": f"{base} before, {held} with the crowd",
        "clients": f"{served} of {CROWD} served, {refused} refused",
        "CPU of a core": f"{busy:.0%}",
        "who is in": "is served on" if ticked else "hears nothing more",
        "afterwards": f"as before within {took:.1f} s" if took is not None else f"not as before in {SETTLING:g} s",
    }
    note = f"Good is less than {BUSY:.0%} of a core, and afterwards an answer, and the descriptors of before."
    print(table(f"More clients than the {DESCRIPTORS} descriptors there are", [line], note), flush=True)
    return good


def recovers(site: Site, base: int) -> float | None:
    """Seconds until the server answers and has as many descriptors as before."""
    begin, answers = time.monotonic(), False
    while time.monotonic() - begin < SETTLING:
        with suppress(OSError):
            # Once is enough: each answer takes a descriptor for a moment.
            answers = answers or bool(fetch(site.port, "/hello", 1.0))
        if answers and descriptors(site.pid) <= base:
            return time.monotonic() - begin
        time.sleep(0.1)
    return None


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
