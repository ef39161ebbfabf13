"""How long streams whose generators never wait may keep the event loop, all of them together."""

import asyncio
from typing import Final

# Seconds of one turn of the loop that go to such generators; everybody else waits for so long.
SECONDS: Final = 0.005


class FairShare:
    """Shares a turn of the loop among the streams that use theirs up. One for all streams of a loop."""

    __slots__ = ("_busy", "_counting", "share")

    def __init__(self) -> None:
        self.share = SECONDS  # seconds for each
        self._busy = 0
        self._counting = False

    def exhausted(self, loop: asyncio.AbstractEventLoop) -> None:
        """To be called by a stream whose time is over, once in each turn."""
        self._busy += 1
        if not self._counting:
            self._counting = True
            loop.call_soon(self._turned)

    def _turned(self) -> None:
        self.share = SECONDS / max(self._busy, 1)
        # Streams that wait by now leave the others a longer share in the turn after the next.
        self._counting = self._busy > 0
        if self._counting:
            self._busy = 0
            asyncio.get_running_loop().call_soon(self._turned)
