"""The messages that a backend keeps, and their positions."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

from hyperpy.record_classes import public_record
from hyperpy.streams.events import Frames


class Position(NamedTuple):
    """The place of a message in its channel. Both parts are below 2**60.

    Numbers rise by one from 1. A backend that can't tell whether it has lost messages starts a new epoch, any number
    that it hasn't used before: a position of an earlier epoch is unknown, unless the backend can still place it.
    """

    epoch: int
    number: int


class _Unparsed(Enum):
    """`None` is data, so its absence needs another value."""

    UNPARSED = "unparsed"


UNPARSED: Final = _Unparsed.UNPARSED

# The position of a channel that nothing has been published to.
BEGINNING: Final = Position(0, 0)


class Record:
    """A message as a backend keeps it, shared by all subscribers in the process.

    `data` is JSON; None marks a gap: the reader has lost messages up to this position. `closes` marks the end of the
    channel. `token`, `text`, `value` and `frames` cache what has been made of it for one subscriber and is the same for
    others. `value` is the parsed data; subscribers get copies of it.
    """

    __slots__ = ("_text", "closes", "data", "frames", "position", "size", "token", "value")

    def __init__(self, position: Position, data: bytes | None, *, closes: bool = False) -> None:
        self.position = position
        self.data = data
        self.size = len(data or b"")  # in bytes
        self.closes = closes
        self.token: str | None = None
        self.frames = Frames()
        self.value: Any = UNPARSED
        self._text: str | None = None

    @property
    def is_gap(self) -> bool:
        return self.data is None

    @property
    def text(self) -> str:
        """The data as text, unless this is a gap."""
        if self._text is None:
            assert self.data is not None
            self._text = self.data.decode()
        return self._text


@public_record(frozen=True, slots=True)
class ChannelState:
    """The newest position of a channel, and whether the channel is closed."""

    position: Position = BEGINNING
    closed: bool = False


@public_record(frozen=True, slots=True)
class Batch:
    """Consecutive messages read from a channel. If some before them are lost, it is a `gap` without records."""

    records: Sequence[Record] = ()
    gap: bool = False


def is_forgotten(after: Position, *, epoch: int, first: int, last: int) -> bool:
    """Whether a message after a position isn't kept any more, or the position is unknown.

    `first` is the number of the oldest message kept; `last + 1` if none is. A channel without messages has epoch 0.
    """
    if after == BEGINNING:
        return first > 1
    return after.epoch != epoch or not first - 1 <= after.number <= last
