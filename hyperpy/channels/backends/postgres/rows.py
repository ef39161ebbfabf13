"""From rows to the state and messages of a channel."""

from collections.abc import Sequence
from typing import Any

from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record, is_forgotten

# The channel's epoch, last number and closed; a message's number, closes and data, or nulls.
type Row = Sequence[Any]


def state_of(rows: Sequence[Row]) -> ChannelState:
    if not rows:
        return ChannelState()
    epoch, last, closed, *_ = rows[0]
    return ChannelState(Position(epoch, last), closed)


def batch_of(rows: Sequence[Row], after: Position | None) -> Batch:
    """The messages up to the first missing number, which the next batch reports as a gap."""
    if not rows:
        return Batch(gap=after is not None and is_forgotten(after, epoch=0, first=1, last=0))
    epoch, last, *_ = rows[0]
    found = [(number, closes, data) for _, _, _, number, closes, data in rows if number is not None]
    first = found[0][0] if found else last + 1
    if after is not None and is_forgotten(after, epoch=epoch, first=first, last=last):
        return Batch(gap=True)
    return Batch(
        [
            Record(Position(epoch, number), data, closes=closes)
            for expected, (number, closes, data) in enumerate(found, first)
            if number == expected
        ]
    )
