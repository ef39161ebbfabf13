"""Event streams: what the frameworks do with them, and what that costs."""

from bench.streams.behaviour import main as observe_all


def main(*, quick: bool) -> bool:
    return observe_all(quick=quick)
