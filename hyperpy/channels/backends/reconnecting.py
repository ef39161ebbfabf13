"""Holding on to a broker that comes and goes."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from hyperpy.exceptions import BrokerError

logger: Final = logging.getLogger("hyperpy.channels")

SHORTEST: Final = 0.05
LONGEST: Final = 1.0
STEADY: Final = 5.0  # seconds after which a connection counts as one that holds


class Outage:
    """Tells the log once that the broker is away and once that it is back, however many attempts fail between."""

    __slots__ = ("_address", "_told")

    def __init__(self, address: str) -> None:
        self._address = address
        self._told: set[str] = set()

    def began(self, error: BrokerError) -> None:
        # What can be done about it may come to light later: a server that had gone is back, and wants a password.
        if not self._told or error.hint not in self._told | {""}:
            logger.error("%s; trying again until it is there%s", error.what, f"\n  {error.hint}" if error.hint else "")
        self._told.add(error.hint)

    def ended(self) -> None:
        if self._told:
            logger.warning("%s is back", self._address)
        self._told.clear()


async def retry_forever(attempt: Callable[[], Awaitable[None]], failed: Callable[[BrokerError], None]) -> None:
    """Makes attempts until it is cancelled. Each ends by a BrokerError, and the pauses between them grow."""
    pause = SHORTEST
    while True:
        began = monotonic()
        try:
            await attempt()
        except BrokerError as error:
            failed(error)
        lasted = monotonic() - began
        if lasted > STEADY:
            pause = SHORTEST
        # Not all processes at once, and no pause after an attempt that has itself taken long.
        await asyncio.sleep(max(0.0, random.uniform(0.5, 1.0) * pause - lasted))
        pause = min(2 * pause, LONGEST)
