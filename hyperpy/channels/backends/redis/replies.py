"""From the replies of Redis to the state and messages of a channel."""

from dataclasses import dataclass
from typing import Any, Final

from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record, is_forgotten

_PAST: Final = b"past "


def parse_message(data: bytes) -> Record:
    """The message in the payload of a PUBLISH."""
    epoch, number, closes, content = data.split(b" ", 3)
    return Record(Position(int(epoch), int(number)), content, closes=closes == b"1")


def _parse_entry(entry: Any) -> Record:
    id, (_, _, _, epoch, _, _, _, closes, _, data) = entry
    return Record(Position(int(epoch), _number(id)), data, closes=closes == b"1")


def _number(id: bytes) -> int:
    return int(id.partition(b"-")[0])


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """A channel as the script READ returns it."""

    state: ChannelState
    first: int  # the oldest number kept; last + 1 if none is
    past: dict[int, int]  # the last number of each earlier epoch that the server had when the next one began
    records: list[Record]

    def batch(self, after: Position | None) -> Batch:
        if after is not None:
            epoch, number = self.state.position
            # The server has lost later messages of that epoch, and has used their numbers again.
            if after.epoch in self.past and after.number <= self.past[after.epoch]:
                after = Position(epoch, after.number)
            if is_forgotten(after, epoch=epoch, first=self.first, last=number):
                return Batch(gap=True)
        return Batch(self.records)


def parse_channel(reply: Any) -> StoredChannel:
    flat, oldest, entries = reply
    meta = dict(zip(flat[::2], flat[1::2], strict=True))
    if not meta:
        return StoredChannel(ChannelState(), 1, {}, [])
    last = int(meta[b"last"])
    return StoredChannel(
        ChannelState(Position(int(meta[b"epoch"]), last), b"closed" in meta),
        last + 1 if oldest is None else _number(oldest),
        {int(key.removeprefix(_PAST)): int(value) for key, value in meta.items() if key.startswith(_PAST)},
        [_parse_entry(entry) for entry in entries],
    )
