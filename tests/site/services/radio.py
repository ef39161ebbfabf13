"""The radio: everybody in a room receives its messages."""

import asyncio
from collections.abc import AsyncIterator

from models import CAPTAINS, Call

_SAID = {
    "deck": [(1, "Anyone out there?"), (2, "<img src=x onerror=alert(1)>\r\n\r\nevent: forged\r\ndata: got you")],
    "bridge & co": [(3, "All quiet.")],
}


async def calls_in(room: str) -> AsyncIterator[Call]:
    for number, (captain, text) in enumerate(_SAID.get(room, ()), 1):
        await asyncio.sleep(0.005)
        yield Call(number, CAPTAINS[captain], text, f"07:{number:02}")
