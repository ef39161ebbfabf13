"""The states of a `Pump`, and its time limits.

A stream runs in two tasks. The server's task, which calls the pump, waits for the client to disconnect. The pump's task
runs the whole generator, so that timeouts, task groups and context variables work in it as anywhere. What it yields is
sent from a callback of the event loop, which runs when the generator waits. A send that has to wait does so in a task
of the outbox.

State      The generator                 Event                                              Next state
---------  ----------------------------  -------------------------------------------------  ----------
RUNNING    runs, or awaits something;    it yields                                          HELD
           or the deferred values of     it returns: the trailer is put in the outbox       CLOSING
           its item are awaited          it or a deferred value raises                      CLOSING
                                         stop: the pump's task is cancelled                 STOPPING
HELD       has not started (the first    its first step; or the outbox has taken the item   RUNNING
           state), or is suspended at a  the item has deferred values                       RUNNING
           `yield` while its item is     the task is cancelled, as by a timeout around the  RUNNING
           encoded or waits for room     `yield`: CancelledError is thrown into it
           in the outbox; or has ended,  the item is invalid: as if the generator raised    CLOSING
           and the dependencies of the   the dependencies are cleaned up                    CLOSING
           request are cleaned up        stop: the generator is closed, with a              STOPPING
                                         CancelledError at its `yield`
CLOSING    has ended                     the outbox is empty                                ENDED
                                         it has failed before anything was put in the       ENDED
                                         outbox: the pump raises, for an error page
                                         stop                                               STOPPING
STOPPING   is cancelled and runs its     it has ended; for DRAINING, REPLACED and TOO_OLD,  ENDED
           `finally`, or runs on after   the outbox is empty as well
           it has announced its end;     it goes on for too long (see below): the request   (STOPPING)
           what it yields is dropped     ends without it
ENDED      has ended                     none

A pump that waits for its generator is RUNNING; one that waits for its client is HELD. Text for which the outbox has
room is put there at once, without entering HELD. From both it gets to ENDED in
two ways:

- The generator ends or fails: through CLOSING, with the end reason FINISHED or FAILED. A failed generator has an error
  trailer sent in place of the trailer; a page has none, and its connection is cut once the outbox is empty.
- Something else ends the stream, which is a stop: through STOPPING, with an end reason of the table below. Only the
  first stop counts. If the `finally` of the generator takes longer than `limits.cleanup`, it is cancelled again; if it
  then takes longer than `limits.last_send`, it is left running, and the request ends without it.

An event named `done` or `close` announces the end: many clients disconnect when they get it. A stop does not cancel a
generator that has yielded one. Instead of its `finally`, all that follows has `limits.cleanup` to end.

Besides, a generator that cancels its own task goes from RUNNING to ENDED once its dependencies are cleaned up, with
the end reason CANCELLED.

End reason      Caused by                                                      Still sent
--------------  -------------------------------------------------------------  ------------------------------
CLIENT_LEFT     the server's task: a disconnect message has arrived            nothing
                the outbox: a send has raised OSError or ClientDisconnect
BROKEN          the outbox: a send has raised another error, which the pump    nothing
                raises when the generator has ended
ANSWERED        the outbox: before the headers are sent, the request has got   nothing; the caller sends the
                another answer, such as a redirect                             other answer
CLIENT_STALLED  the timer: a send has not ended within `limits.send`           nothing
CANCELLED       the server's task: it has been cancelled                       nothing
DRAINING        the registry: the server stops (event streams; progressive     what the outbox holds, the comment
                HTML is left to finish)                                        `reconnect` and the end of the body,
                                                                               if that takes no longer than
                                                                               `limits.last_send`
REPLACED        the registry: `hyper dev` has other code for the route         as for DRAINING
TOO_OLD         the timer: an event stream has reached `limits.age`            as for DRAINING
"""

from enum import Enum
from typing import Final

from hyperpy.record_classes import record


class PumpState(Enum):
    """See the table above."""

    RUNNING = "running"
    HELD = "held"
    CLOSING = "closing"
    STOPPING = "stopping"
    ENDED = "ended"


# Faster to look up than attributes of the enum.
RUNNING, HELD, CLOSING, STOPPING, ENDED = PumpState


@record(frozen=True, slots=True)
class StreamLimits:
    """How long each step in the life of a stream may take, in seconds."""

    headers: float = 0.1  # until the headers of an event stream are sent without an event
    ping: float = 15.0  # of silence before a ping; nginx closes the connection after 60
    send: float = 30.0  # for a send to a slow client
    last_send: float = 0.5  # for a send while the server stops
    cleanup: float = 5.0  # for the generator's `finally`
    age: float = 0.0  # of an event stream, at most; 0 means no limit

    def next_tick(self, quiet: float, sending: bool, pings: bool) -> float:
        """The seconds until a stream has to be looked at again that has been quiet for some seconds."""
        if not (sending or pings):
            return self.send
        due = (self.send if sending else self.ping) - quiet
        # A send may begin right after this: the next tick must not come much later than its limit.
        return max(min(due, self.ping, self.send) if pings else due, 0.01)


LIMITS: Final = StreamLimits()
