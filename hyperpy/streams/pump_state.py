"""The states of a `Pump`, and its time limits.

A stream runs in two tasks. The server's task, which calls the pump, waits for the client to disconnect. The pump's task
runs the whole generator, so that timeouts, task groups and context variables work in it as anywhere. A send that has to
wait does so in a task of the outbox.

State      The generator                 Event                                              Next state
---------  ----------------------------  -------------------------------------------------  ----------
RUNNING    runs, or awaits something;    it yields                                          HELD
           or the deferred values of     it returns: the trailer is sent                    CLOSING
           its item are awaited          it raises: the error trailer is sent, if any       CLOSING
                                         stop: the pump's task is cancelled                 STOPPING
HELD       has not started, or is        its first step; or the outbox has taken the item   RUNNING
           suspended at a `yield` while  the item has deferred values                       RUNNING
           its item is encoded or waits  the item is invalid: as if the generator raised    CLOSING
           for room in the outbox        stop: CancelledError is thrown in at the `yield`   STOPPING
CLOSING    has ended; the rest is sent   all is sent, or there is no error trailer          ENDED
                                         stop                                               STOPPING
STOPPING   is cancelled and runs its     it has ended; for DRAINING, all is sent as well    ENDED
           `finally`; its items are      `limits.cleanup` is over: it is cancelled again,   STOPPING
           dropped                       and after `limits.last_send` left running
ENDED      has ended                     none

So a stream that waits can end in two ways. If the generator ends, the stream passes through CLOSING, with the end
reason FINISHED or FAILED. If something else ends it, that is a stop, and it passes through STOPPING. There is one stop
at most; later ones are ignored. Its reason says who has caused it and what is still sent:

End reason      Caused by                                                      Still sent
--------------  -------------------------------------------------------------  ------------------------------
CLIENT_LEFT     the server's task: a disconnect message has arrived            nothing
                the outbox: a send has raised OSError or ClientDisconnect
BROKEN          the outbox: a send has raised another error, which the pump    nothing
                raises when the generator has ended
CLIENT_STALLED  the timer: a send has not ended within `limits.send`           nothing
CANCELLED       the server's task: it has been cancelled                       nothing
DRAINING        the registry: the server stops (event streams only)            what the outbox holds, then the
                                                                               end of the body, if that takes
                                                                               no longer than `limits.last_send`

There is one exception: a generator that cancels the task it runs in goes from RUNNING to ENDED, reason CANCELLED.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class PumpState(Enum):
    """See the table above."""

    RUNNING = "running"
    HELD = "held"
    CLOSING = "closing"
    STOPPING = "stopping"
    ENDED = "ended"


# Faster to look up than attributes of the enum.
RUNNING, HELD, CLOSING, STOPPING, ENDED = PumpState


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How long each step in the life of a stream may take, in seconds."""

    headers: float = 0.1  # until the headers are sent, if there is no event before
    ping: float = 15.0  # of silence until a ping; nginx closes the connection after 60
    send: float = 30.0  # a send to a slow client may take
    last_send: float = 0.5  # the same while the server stops
    cleanup: float = 5.0  # for the generator's `finally`


LIMITS: Final = StreamLimits()
