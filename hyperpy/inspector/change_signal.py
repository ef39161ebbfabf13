"""Tells the open pages of the inspector that there is something new."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

TICK: Final = 1.0  # seconds after which ages are updated
PAUSE: Final = 0.1  # seconds between two updates of a page


class ChangeSignal:
    """`notify` wakes every iterator of `updates`. Both belong to the event loop of the server."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def notify(self) -> None:
        for news in self._waiting:
            news.set()

    async def updates(self) -> AsyncIterator[None]:
        """Yield once at the start, soon after each change, and after each second without one."""
        news = asyncio.Event()
        self._waiting.add(news)
        try:
            while True:
                news.clear()
                yield
                await asyncio.sleep(PAUSE)
                try:
                    async with asyncio.timeout(TICK):
                        await news.wait()
                except TimeoutError:
                    pass
        finally:
            self._waiting.discard(news)
