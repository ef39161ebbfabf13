"""The body of an answer while it comes, and what ends it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import cast

import httpx

from hyperpy.testing.answers import asked
from hyperpy.testing.ending import Ending, StreamFailure
from hyperpy.testing.failures import HIDDEN
from hyperpy.testing.patience import DEPARTURE
from hyperpy.testing.running_requests import departed

__tracebackhide__ = HIDDEN


class Deadline:
    """A point in time; `left` is how many seconds there are until then, 0 if it has passed."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self._at - time.monotonic())


class BodyReader:
    """Reads a body only as it is asked for: a test that does not read slows the application down, as any client does.

    A read that took too long goes on, and the next one takes its result.
    """

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.ending: Ending | None = None
        self._pieces = cast("AsyncGenerator[bytes]", response.aiter_bytes())
        self._reading: asyncio.Task[bytes | None] | None = None

    async def read(self, deadline: Deadline) -> bytes | None:
        """The next piece; None if none has come in time, or the body has ended: `ending` then says how."""
        if self.ending is not None or not deadline.left:  # there may be something at once, always
            return None
        if self._reading is None:
            self._reading = asyncio.create_task(self._next(), name=f"reading {asked(self.response.request)}")
        await asyncio.wait((self._reading,), timeout=deadline.left)
        if not self._reading.done():
            return None
        task, self._reading = self._reading, None
        try:
            piece = task.result()
        except httpx.TransportError as error:
            self.ending = Ending("cut", str(error))
            return None
        if piece is None:
            self.ending = Ending("end")
        return piece

    async def _next(self) -> bytes | None:
        return await anext(self._pieces, None)

    async def close(self) -> None:
        """Leaves, and waits until the application has noticed. Raises StreamFailure if it does not come to an end."""
        if not await self.leave():
            told = f"the application is still busy with it, {DEPARTURE:g} s after its client has left"
            raise StreamFailure(f"{asked(self.response.request)}: {told}", ending=self.ending)

    async def leave(self) -> bool:
        """The same, but only says whether the application has come to an end."""
        if self.ending is None:
            self.ending = Ending("left")
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))
            self._reading = None
        await self._pieces.aclose()
        await self.response.aclose()
        return await departed(self.response)
