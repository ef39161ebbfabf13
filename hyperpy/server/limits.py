"""What one client may take of the server: bytes that it holds, and seconds that it waits."""

from dataclasses import dataclass
from typing import Self

from hyperpy.config import Settings

# Bytes per second. Apache asks for as many (mod_reqtimeout's MinRate); a telephone with bad reception has more.
LEAST_RATE = 500
# Seconds that a refused client has to hear why and be silent, in all and between two of its bytes; as nginx has them.
LINGER = 30.0
LINGER_SILENCE = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are in bytes, times in seconds. `request_body` may be None, which is no limit."""

    request_line: int
    request_head: int
    request_body: int | None
    head_within: float
    body_within: float

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            request_line=settings.limit_request_line,
            request_head=settings.limit_request_head,
            request_body=settings.limit_request_body or None,
            head_within=settings.timeout_request_head,
            body_within=settings.timeout_request_body,
        )
