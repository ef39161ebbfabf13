"""Backpressure towards clients that send the next requests without waiting for responses."""

from typing import Final

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl

# Bytes of further requests that a connection may hold while one is being answered. Up to here it is read on, since only
# that shows whether the client is still there.
MOST_HELD: Final = HIGH_WATER_LIMIT


class Flow(FlowControl):
    """uvicorn's flow control, but an application that waits for its client doesn't resume a connection that holds."""

    holds = False

    def hold(self) -> None:
        """Read nothing more until the running request has been answered."""
        self.holds = True
        self.read_paused = False  # uvicorn's h11 protocol resumes the transport without saying so
        self.pause_reading()

    def release(self) -> None:
        self.holds = False
        self.resume_reading()

    def resume_reading(self) -> None:
        if self.read_paused and not self.holds:
            super().resume_reading()
