"""Event streams: what the frameworks do with them, and what that costs."""

from bench.streams import behaviour, load


def main(*, quick: bool) -> bool:
    """Prints the tables; False if something could not be observed or measured."""
    complete = [part.main(quick=quick) for part in (behaviour, load)]
    return all(complete)
