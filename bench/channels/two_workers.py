"""One message to streams in two workers, through a broker."""

import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bench.channels.one_process import PEERS, PUBLISH, SHARED, Amounts, delivery_times
from bench.chaos.brokers import BROKERS, running_broker
from bench.figures import table
from bench.streams.servers import ServerError, free_port, kill_group, start, wait_for
from bench.workers import Worker, WorkerError

PATH = PEERS[SHARED]
NOTE = (
    "One of the workers publishes the message. Clients, workers and broker share the machine. PostgreSQL and Redis\n"
    "write each record to disk before they publish it."
)


def main(client: Worker, amounts: Amounts) -> bool:
    rows, complete = [], True
    for name in BROKERS:
        try:
            with running_broker(name) as broker, running_workers(broker.address) as port:
                client.call("hold", port, PATH, amounts.two_workers)
                client.call("broadcast", port, PATH, amounts.messages, PUBLISH)
                request = ("broadcast", port, PATH, amounts.messages, PUBLISH)
                rows.append({"broker": name, **delivery_times([client.call(*request) for _ in range(amounts.rounds)])})
                client.call("leave", port, PATH)
        except (WorkerError, ServerError, OSError) as error:
            print(f"not measured: {name}: {error}\n", flush=True)
            complete = False
    if rows:
        print(table(f"One message to {amounts.two_workers:,} streams of two workers", rows, NOTE), flush=True)
    return complete


@contextmanager
def running_workers(address: str) -> Generator[int]:
    folder, port = Path(tempfile.mkdtemp(prefix="bench-channels-")), free_port()
    flags = ["--routes", "bench/routes", "--port", str(port), "--workers", "2", "--channels", address]
    process = start([sys.executable, "-m", "hyperpy", "serve", "--no-access-log", *flags], {}, folder / "log")
    try:
        wait_for(port, process, folder / "log", "/hello")
        yield port
    finally:
        kill_group(process)
        shutil.rmtree(folder)
