"""The time that one request spends in each stage."""

from enum import Enum
from time import perf_counter


class RequestStage(Enum):
    """The stages of a request, in their order. Each value is what the inspector calls the stage."""

    MATCH = "match"
    GUARDS = "guards"
    INPUTS = "inputs"
    BODY = "body"
    LOADER = "loader"
    RENDER = "render"


class StageClock:
    """Adds up the seconds of each stage. A stage inside another stops the clock of the outer one.

    What happens inside the guards counts as theirs.
    """

    __slots__ = ("_entered", "_since", "seconds")

    def __init__(self) -> None:
        self.seconds: dict[RequestStage, float] = {}
        self._entered: list[RequestStage] = []
        self._since = 0.0

    def enter(self, stage: RequestStage) -> bool:
        """Whether the stage is measured; if so, call `leave` at its end."""
        if self._entered and self._entered[-1] is RequestStage.GUARDS:
            return False
        self._add_time()
        self._entered.append(stage)
        return True

    def leave(self) -> None:
        self._add_time()
        self._entered.pop()

    def _add_time(self) -> None:
        now = perf_counter()
        if self._entered:
            stage = self._entered[-1]
            self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now
