"""What a backend keeps of a channel: messages, each at its position."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple


class Position(NamedTuple):
    """A place in a channel. Numbers count up by one from 1; another epoch is another count, begun after a loss."""

    epoch: int
    number: int


# Before the first message of a channel that nothing has been published to.
BEGINNING: Final = Position(0, 0)


class Record:
    """One message of a channel, as all of its subscribers in this process share it.

    `data` is JSON; None marks a gap: what came up to this position is lost to the reader. `closes` marks the end of the
    channel. `token`, `text` and `frames` keep what has been made of it once, for those who want the same.
    """

    __slots__ = ("_text", "closes", "data", "frames", "position", "token")

    def __init__(self, position: Position, data: bytes | None, *, closes: bool = False) -> None:
        self.position = position
        self.data = data
        self.closes = closes
        self.token: str | None = None
        self.frames: dict[tuple[str | None, str | int | None, str], str] = {}
        self._text: str | None = None

    @property
    def is_gap(self) -> bool:
        return self.data is None

    @property
    def text(self) -> str:
        """The data as text; of no gap."""
        if self._text is None:
            assert self.data is not None
            self._text = self.data.decode()
        return self._text


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The newest position of a channel, and whether that is its end."""

    position: Position = BEGINNING
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """A page of what is kept behind a position. With a `gap`, some of it is not, and there are no records."""

    records: Sequence[Record] = ()
    gap: bool = False


def is_forgotten(after: Position, *, epoch: int, first: int, last: int) -> bool:
    """Whether something that stood behind `after` is not kept, or `after` can't be told.

    `first` is the number of the oldest message that is kept, one more than `last` if none is. A channel without any
    message has epoch 0.
    """
    if after == BEGINNING:
        return first > 1
    return after.epoch != epoch or not first - 1 <= after.number <= last
