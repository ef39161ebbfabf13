"""The template engines. Each renders the same two documents from the same data."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.data import Row, Shop


@dataclass(frozen=True, slots=True)
class Engine:
    page: Callable[[Shop], str]
    table: Callable[[list[Row]], str]
