"""Reconnecting to a broker, and logging its outages."""

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
STEADY: Final = 5.0  # seconds after which a connection counts as stable


class Outage:
    """Logs that the broker went away, and that it is back, once each, however many attempts fail in between."""

    __slots__ = ("_address", "_logged_hints")

    def __init__(self, address: str) -> None:
        self._address = address
        self._logged_hints: set[str] = set()

    def began(self, error: BrokerError) -> None:
        # Log again if the reason changes, e.g. from "out of reach" to "authentication failed".
        if not self._logged_hints or error.hint not in self._logged_hints | {""}:
            logger.error("%s; retrying until it is back%s", error.what, f"\n  {error.hint}" if error.hint else "")
        self._logged_hints.add(error.hint)

    def ended(self) -> None:
        if self._logged_hints:
            logger.warning("%s is back", self._address)
        self._logged_hints.clear()


async def retry_forever(attempt: Callable[[], Awaitable[None]], failed: Callable[[BrokerError], None]) -> None:
    """Repeat an attempt until cancelled. Every attempt ends with a BrokerError, and the pauses grow."""
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
        # Jitter keeps processes apart. An attempt that took long needs no pause after it.
        await asyncio.sleep(max(0.0, random.uniform(0.5, 1.0) * pause - lasted))
        pause = min(2 * pause, LONGEST)
