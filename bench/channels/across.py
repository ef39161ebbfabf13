"""Two workers, and a broker between them."""

import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bench.channels.within import PEERS, SAME, TELL, Amounts, delivery
from bench.chaos.brokers import BROKERS, started
from bench.figures import table
from bench.streams.servers import ServerError, free_port, kill_group, start, wait_for
from bench.workers import Worker, WorkerError

PATH = PEERS[SAME]
NOTE = (
    "The message is published in one of the workers. Clients, workers and broker share the machine; PostgreSQL and\n"
    "Redis write what they keep to the disk before it is published."
)


def main(client: Worker, amounts: Amounts) -> bool:
    rows, complete = [], True
    for name in BROKERS:
        try:
            with started(name) as broker, served(broker.address) as port:
                client.ask("hold", port, PATH, amounts.across)
                client.ask("broadcast", port, PATH, amounts.messages, TELL)
                ask = ("broadcast", port, PATH, amounts.messages, TELL)
                rows.append({"broker": name, **delivery([client.ask(*ask) for _ in range(amounts.rounds)])})
                client.ask("leave", port, PATH)
        except (WorkerError, ServerError, OSError) as error:
            print(f"not measured: {name}: {error}\n", flush=True)
            complete = False
    if rows:
        print(table(f"One message to {amounts.across:,} streams of two workers", rows, NOTE), flush=True)
    return complete


@contextmanager
def served(address: str) -> Generator[int]:
    folder, port = Path(tempfile.mkdtemp(prefix="bench-channels-")), free_port()
    flags = ["--routes", "bench/routes", "--port", str(port), "--workers", "2", "--channels", address]
    process = start([sys.executable, "-m", "hyperpy", "serve", "--no-access-log", *flags], {}, folder / "log")
    try:
        wait_for(port, process, folder / "log", "/hello")
        yield port
    finally:
        kill_group(process)
        shutil.rmtree(folder)
