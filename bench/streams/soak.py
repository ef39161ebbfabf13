"""`python -m bench soak`: check for leaks.

Streams are opened and closed for a long time. Then more clients connect than the server has file descriptors for.
"""

import asyncio
import os
import random
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from bench.figures import table
from bench.streams.servers import SiteServer, cpu_time, rss, serve_site
from bench.streams.sockets import RST_ON_CLOSE, End, Exchange, fetch

RATE = 100  # streams per second
EVENTS_MADE = 20
SAMPLES = 8  # of the server's resources during the soak
SETTLING = 10.0  # seconds for descriptors and tasks to be released
GROWTH = 4 << 20  # bytes of memory growth that are not a leak
TIMEOUT = 10.0  # seconds

DESCRIPTORS = 200
CROWD = 300
OBSERVED = 3.0  # seconds with the crowd connected
BUSY = 0.2  # of a core: an accept loop that keeps failing would take all of one


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    descriptors: int
    tasks: int
    memory: int

    def row(self, when: str) -> dict[str, str]:
        memory = f"{self.memory / 2**20:.1f}"
        return {"": when, "descriptors": str(self.descriptors), "tasks": str(self.tasks), "MiB": memory}

    def has_returned(self, base: ResourceUsage) -> bool:
        return self.descriptors <= base.descriptors and self.tasks <= base.tasks


def usage_of(server: SiteServer) -> ResourceUsage:
    """Measured while the connection for `/tasks` is open, so that it always counts as a descriptor."""
    with Exchange(server.port, "/tasks", headers={}) as exchange:
        exchange.to_end()
        return ResourceUsage(descriptors(server.pid), int(exchange.body), rss(server.pid))


def main(*, seconds: float) -> bool:
    """Print the tables; return False if something leaked."""
    with serve_site() as server:
        clean = soak(server, seconds)
    with serve_site(max_descriptors=DESCRIPTORS) as server:
        recovered = exhaust(server)
    return clean and recovered


def soak(server: SiteServer, seconds: float) -> bool:
    ended: Counter[str] = Counter()
    asyncio.run(churn(server.port, min(30.0, seconds / 5), ended))
    base = settled(server, None)
    rows = [base.row("baseline, warm")]
    ended.clear()
    clients = Thread(target=lambda: asyncio.run(churn(server.port, seconds, ended)))
    clients.start()
    for number in range(1, SAMPLES):
        time.sleep(seconds / SAMPLES)
        rows.append(usage_of(server).row(f"after {number * seconds / SAMPLES:.0f} s"))
    clients.join()
    after = settled(server, base)
    rows.append(after.row("at the end"))
    growth = after.memory - base.memory
    passed = after.has_returned(base) and growth <= GROWTH and not ended["failed"]
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(ended.items()))
    note = (
        f"{RATE} streams/s: {outcomes}.\n"
        "Passes if the server ends with no more descriptors and tasks than at the baseline, and at most\n"
        f"{GROWTH >> 20} MiB more memory: {'passed' if passed else 'FAILED'}."
    )
    print(table(f"Opening and closing streams for {seconds:g} s", rows, note), flush=True)
    return passed


def settled(server: SiteServer, base: ResourceUsage | None) -> ResourceUsage:
    """Resources of the idle server, once back at `base`, or after a while."""
    deadline = time.monotonic() + (SETTLING if base else 1.0)
    while time.monotonic() < deadline:
        usage = usage_of(server)
        if base and usage.has_returned(base):
            break
        time.sleep(0.2)
    return usage_of(server)


async def churn(port: int, seconds: float, ended: Counter[str]) -> None:
    """Open streams at `RATE`; return when the last of them has ended."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(begin + number / RATE - loop.time())
            group.create_task(visit(port, ended))


async def visit(port: int, ended: Counter[str]) -> None:
    """Read some events and disconnect in one of two ways, or read to the end."""
    outcome = random.choice(("closed", "reset", "read to the end"))
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            request = f"GET /streams/brief?n={EVENTS_MADE} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
            writer.write(request.encode())
            if outcome == "read to the end":
                await reader.readuntil(b"\r\n0\r\n\r\n")
            else:
                for _ in range(random.randint(1, EVENTS_MADE - 1)):
                    await reader.readuntil(b"\n\n")
            if outcome == "reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    except (OSError, EOFError, TimeoutError) as error:
        outcome = "failed"
        print(f"a client failed: {type(error).__name__}: {error}", file=sys.stderr)
    ended[outcome] += 1


def exhaust(server: SiteServer) -> bool:
    base = descriptors(server.pid)
    first = Exchange(server.port, "/streams/ticks")
    first.until(lambda it: it.body)
    crowd = [Exchange(server.port, "/streams/waits") for _ in range(CROWD)]
    time.sleep(0.5)
    during, before, size = descriptors(server.pid), cpu_time(server.pid), len(first.body)
    first.to_end(OBSERVED)
    busy, ticked = (cpu_time(server.pid) - before) / OBSERVED, len(first.body) > size
    served = sum(exchange.until(lambda it: it.status, 0.01) for exchange in crowd)
    refused = sum(exchange.end is End.CUT for exchange in crowd)
    for exchange in (first, *crowd):
        exchange.socket.close()
    recovered = recovery_time(server, base)
    passed = busy < BUSY and ticked and recovered is not None
    row = {
        "descriptors": f"{base} before, {during} with the crowd",
        "clients": f"{served} of {CROWD} served, {refused} refused",
        "CPU of a core": f"{busy:.0%}",
        "open streams": "still served" if ticked else "stalled",
        "afterwards": "not recovered" if recovered is None else f"recovered in {recovered:.1f} s",
    }
    note = f"Passes if the CPU stays below {BUSY:.0%} of a core and all descriptors are released afterwards."
    print(table(f"{CROWD} clients for {DESCRIPTORS} file descriptors", [row], note), flush=True)
    return passed


def recovery_time(server: SiteServer, base: int) -> float | None:
    """Seconds until the server responds and has no more descriptors than before; None if it doesn't in time."""
    begin, responded = time.monotonic(), False
    while time.monotonic() - begin < SETTLING:
        with suppress(OSError):
            # Once is enough: each response takes a descriptor for a moment.
            responded = responded or bool(fetch(server.port, "/hello", 1.0))
        if responded and descriptors(server.pid) <= base:
            return time.monotonic() - begin
        time.sleep(0.1)
    return None


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
