"""The terms of a stream's life: how long things may take, and why it ends."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from hyperpy.config import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """All in seconds."""

    headers: float = 0.1  # the headers leave then, if no event came before
    ping: float = 15.0  # of silence; nginx gives up after 60
    send: float = 30.0  # a client that makes no room for so long is given up
    last_send: float = 0.5  # the same, when the server stops
    cleanup: float = 5.0  # for the generator's `finally`


LIMITS: Final = Limits()


def limits_of(settings: Settings) -> Limits:
    return Limits(ping=settings.ping, send=settings.timeout_send)


class Ending(Enum):
    """Why a stream has ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CLIENT_LEFT = "the client left"
    CLIENT_STALLED = "the client stalled"
    DRAINING = "the server stops"
    CANCELLED = "the request was cancelled"
    BROKEN = "sending failed"
