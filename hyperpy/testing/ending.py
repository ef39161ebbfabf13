"""How a stream ended, and the failure if it ended too soon or not at all."""

from dataclasses import dataclass
from typing import Literal

from hyperpy.testing.failures import SiteFailure
from hyperpy.testing.received_event import ReceivedEvent

type How = Literal["close", "stream-error", "end", "cut", "left"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stream ended.

    `how` is "close" (hyperpy's final event), "stream-error" (it failed; `message` is the public message, and `log` the
    id of the traceback in the log), "end" (the body ended, as when a server stops), "cut" (the connection broke) or
    "left" (the test closed it).
    """

    how: How
    message: str = ""
    log: str = ""

    def __str__(self) -> str:
        match self.how:
            case "close":
                return "the stream ended with `close`"
            case "stream-error":
                log = f" (the log has the traceback under {self.log})" if self.log else ""
                return f"the stream failed: {self.message}{log}"
            case "end":
                return "the response ended without `close`"
            case "cut":
                return f"the connection was cut: {self.message}"
            case "left":
                return "the test closed it"


class StreamFailure(SiteFailure):
    """A stream did not deliver what a test waited for.

    `events` were received but not taken; `ending` is None if the stream is still open.
    """

    def __init__(self, message: str, events: tuple[ReceivedEvent, ...] = (), ending: Ending | None = None) -> None:
        super().__init__(message)
        self.events = events
        self.ending = ending
