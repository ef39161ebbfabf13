"""Event streams: how the frameworks behave, and what streams cost."""

from bench.streams import behaviour, load


def main(*, quick: bool) -> bool:
    """Print the tables; return False if something could not be observed or measured."""
    complete = [part.main(quick=quick) for part in (behaviour, load)]
    return all(complete)
