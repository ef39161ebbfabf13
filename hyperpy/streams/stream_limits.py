"""How long each step in the life of a stream may take."""

from dataclasses import dataclass
from typing import Final

from hyperpy.config import Settings


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """All in seconds."""

    headers: float = 0.1  # until the headers are sent, if there is no event before
    ping: float = 15.0  # of silence until a ping; nginx closes the connection after 60
    send: float = 30.0  # a send to a slow client may take
    last_send: float = 0.5  # the same while the server stops
    cleanup: float = 5.0  # for the generator's `finally`


LIMITS: Final = StreamLimits()


def limits_of(settings: Settings) -> StreamLimits:
    return StreamLimits(ping=settings.ping, send=settings.timeout_send)
