"""Limits how long streams whose generators never wait may block the event loop, all of them together."""

import asyncio
from typing import Final

# Seconds of one iteration of the event loop for such generators. Everything else waits that long.
SECONDS: Final = 0.005


class FairShare:
    """Divides the time of an iteration among the streams that use up their share. One for all streams of a loop."""

    def __init__(self) -> None:
        self.share = SECONDS  # seconds for each stream
        self._busy = 0
        self._counting = False

    def exhausted(self, loop: asyncio.AbstractEventLoop) -> None:
        """A stream has used up its share. It calls this once in each iteration."""
        self._busy += 1
        if not self._counting:
            self._counting = True
            loop.call_soon(self._next_iteration)

    def _next_iteration(self) -> None:
        self.share = SECONDS / max(self._busy, 1)
        # Streams that wait by now leave the others a longer share from the iteration after the next.
        self._counting = self._busy > 0
        if self._counting:
            self._busy = 0
            asyncio.get_running_loop().call_soon(self._next_iteration)
