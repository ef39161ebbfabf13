"""One message to streams in two workers, through a broker."""

from bench.channels.one_process import PEERS, PUBLISH, SHARED, Amounts, delivery_times
from bench.chaos.brokers import BROKERS, running_broker
from bench.figures import table
from bench.streams.servers import ServerError, serve_site
from bench.workers import Worker, WorkerError

PATH = PEERS[SHARED]
FLAGS = ("--workers", "2", "--no-access-log")
NOTE = (
    "One of the workers publishes the message. Clients, workers and broker share the machine. PostgreSQL and Redis\n"
    "write each record to disk before they publish it."
)


def main(client: Worker, amounts: Amounts) -> bool:
    rows, complete = [], True
    for name in BROKERS:
        try:
            with running_broker(name) as broker, serve_site(*FLAGS, "--channels", broker.address) as server:
                client.call("hold", server.port, PATH, amounts.two_workers)
                request = ("broadcast", server.port, PATH, amounts.messages, PUBLISH)
                client.call(*request)
                rows.append({"broker": name, **delivery_times([client.call(*request) for _ in range(amounts.rounds)])})
                client.call("leave", server.port, PATH)
        except (WorkerError, ServerError, OSError) as error:
            print(f"not measured: {name}: {error}\n", flush=True)
            complete = False
    if rows:
        print(table(f"One message to {amounts.two_workers:,} streams of two workers", rows, NOTE), flush=True)
    return complete
