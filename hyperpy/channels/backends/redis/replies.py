"""What Redis answers and sends, as what a backend keeps."""

from dataclasses import dataclass
from typing import Any, Final

from hyperpy.channels.backends.records import BEGINNING, Batch, ChannelState, Position, Record, is_forgotten

_PAST: Final = b"past "


def parse_message(data: bytes) -> Record:
    """What PUBLISH has sent to whoever listens."""
    epoch, number, closes, content = data.split(b" ", 3)
    return Record(Position(int(epoch), int(number)), content, closes=closes == b"1")


def _parse_entry(entry: Any) -> Record:
    id, (_, _, _, epoch, _, _, _, closes, _, data) = entry
    return Record(Position(int(epoch), _number(id)), data, closes=closes == b"1")


def _number(id: bytes) -> int:
    return int(id.partition(b"-")[0])


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """A channel as a script has read it."""

    last: ChannelState
    first: int  # one more than the last if nothing is kept
    past: dict[int, int]  # the last number of each earlier epoch that the server still had when it came to another
    records: list[Record]

    def behind(self, after: Position | None) -> Batch:
        if after is not None:
            epoch, number = self.last.position
            # What came later in an earlier epoch, the server has forgotten: it has given the numbers away again.
            if after.epoch in self.past and after.number <= self.past[after.epoch]:
                after = Position(epoch, after.number)
            if is_forgotten(after, epoch=epoch, first=self.first, last=number):
                return Batch(gap=True)
        return Batch(self.records)


def parse_channel(reply: Any) -> StoredChannel:
    flat, oldest, entries = reply
    about = dict(zip(flat[::2], flat[1::2], strict=True))
    if not about:
        return StoredChannel(ChannelState(), 1, {}, [])
    last = int(about[b"last"])
    return StoredChannel(
        ChannelState(Position(int(about[b"epoch"]), last), b"closed" in about),
        last + 1 if oldest is None else _number(oldest),
        {int(key.removeprefix(_PAST)): int(value) for key, value in about.items() if key.startswith(_PAST)},
        [_parse_entry(entry) for entry in entries],
    )


assert ChannelState().position == BEGINNING
