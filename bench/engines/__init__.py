"""The template engines. Each renders the same documents from the same data."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.data import Book, Row, Shop


@dataclass(frozen=True, slots=True)
class Engine:
    page: Callable[[Shop], str]
    fragment: Callable[[Book], str]
    """One entry of the page's list, as in a live update."""
    table: Callable[[list[Row]], str]
