"""From rows to what is kept of a channel."""

from collections.abc import Sequence
from typing import Any

from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record, is_forgotten

# Epoch, last number and closed, of the channel; number, closes and data, of a message or null.
type Row = Sequence[Any]


def last_of(rows: Sequence[Row]) -> ChannelState:
    if not rows:
        return ChannelState()
    epoch, last, closed, *_ = rows[0]
    return ChannelState(Position(epoch, last), closed)


def page_of(rows: Sequence[Row], after: Position | None) -> Batch:
    """The messages that follow each other without a hole. What is behind one, is for the next page to tell."""
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
            for place, (number, closes, data) in enumerate(found, first)
            if number == place
        ]
    )
