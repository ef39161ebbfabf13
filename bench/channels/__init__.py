"""`python -m bench channels`: one message to very many streams, in one process and across two."""

from bench.channels import across, within
from bench.streams.clients import most_streams, work
from bench.workers import ASKING, Worker


def main(*, quick: bool) -> bool:
    """Prints the tables; False if something could not be measured."""
    amounts = within.QUICK if quick else within.FULL
    most = most_streams(max(amounts.streams))
    client = Worker(work, core=ASKING).start()
    try:
        complete = within.main(client, amounts, most)
        return across.main(client, amounts) and complete
    finally:
        client.stop()
