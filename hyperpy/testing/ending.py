"""How streams end, and what a test is told when one ends too soon, or not."""

from dataclasses import dataclass
from typing import Literal

from hyperpy.testing.failures import SiteFailure
from hyperpy.testing.received_event import ReceivedEvent

type How = Literal["close", "stream-error", "end", "cut", "left"]


@dataclass(frozen=True, slots=True)
class Ending:
    """What has ended a stream.

    `how` is "close" (hyperpy's own last event), "stream-error" (it failed; `message` is the public one, `log` the id
    that the log has the traceback under), "end" (the body just ended, as when a server stops), "cut" (the connection
    broke off) or "left" (the test closed it).
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
                return "the answer ended, without `close`"
            case "cut":
                return f"the connection was cut: {self.message}"
            case "left":
                return "the test left it"


class StreamFailure(SiteFailure):
    """A stream did not bring what was waited for.

    `events` are those that came meanwhile; `ending` is None if the stream is still open.
    """

    def __init__(self, told: str, events: tuple[ReceivedEvent, ...] = (), ending: Ending | None = None) -> None:
        super().__init__(told)
        self.events = events
        self.ending = ending
