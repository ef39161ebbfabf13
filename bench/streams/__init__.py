"""Event streams: how the frameworks behave, and what streams cost."""

from bench.results import Result
from bench.streams import behaviour, load


def main(results: list[Result], *, quick: bool) -> bool:
    """Print the tables and add the results; return False if something could not be observed or measured."""
    complete = behaviour.main(quick=quick)
    return load.main(results, quick=quick) and complete
