"""How long each step in the life of a stream may take."""

from dataclasses import dataclass
from typing import Final

from hyperpy.config import Settings


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """All in seconds."""

    headers: float = 0.1  # the headers leave then, if no event came before
    ping: float = 15.0  # of silence; nginx gives up after 60
    send: float = 30.0  # a client that makes no room for so long is given up
    last_send: float = 0.5  # the same, when the server stops
    cleanup: float = 5.0  # for the generator's `finally`


LIMITS: Final = StreamLimits()


def limits_of(settings: Settings) -> StreamLimits:
    return StreamLimits(ping=settings.ping, send=settings.timeout_send)
