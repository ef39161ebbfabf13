"""`python -m bench channels`: one message to many streams, in one process and in two workers."""

from bench.channels import one_process, two_workers
from bench.results import Result
from bench.streams.clients import raise_file_limit, work
from bench.workers import CLIENT_CORE, Worker


def main(results: list[Result], *, quick: bool) -> bool:
    """Print the tables and add the results; return False if something could not be measured."""
    amounts = one_process.QUICK if quick else one_process.FULL
    maximum = raise_file_limit(max(amounts.streams))
    client = Worker(work, core=CLIENT_CORE).start()
    try:
        complete = one_process.main(client, amounts, maximum, results)
        return two_workers.main(client, amounts) and complete
    finally:
        client.stop()
