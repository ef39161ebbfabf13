"""Where one request stands in each of its channels, as the id of its events tells."""

import re
from typing import Final

from hyperpy.channels.backends.records import Position, Record

# Digits of a channel's key that tell it from the request's other channels.
_SHORT: Final = 12
_ENTRY: Final = re.compile(rf"([0-9a-f]{{{_SHORT}}})\.([0-9a-f]{{1,16}})\.([0-9a-f]{{1,16}})")
_SEPARATOR: Final = "~"


class Track:
    """The position of one subscription; None until it is known."""

    __slots__ = ("key", "live", "position")

    def __init__(self, key: str) -> None:
        self.key = key
        self.position: Position | None = None
        self.live = True


class Cursor:
    """The tracks of all subscriptions of a request, and what its client has told with `Last-Event-ID`.

    The id says the position in every channel, or a client that comes back would lose what another one had for it.
    """

    __slots__ = ("_resumed", "_tracks", "resumes")

    def __init__(self, last_event_id: str | None = None) -> None:
        self._tracks: list[Track] = []
        self._resumed = _parse(last_event_id) if last_event_id else {}
        self.resumes = bool(last_event_id)

    def resumed(self, key: str) -> Position | None:
        """Where the client was in a channel. None if the id does not say, or is no id of ours."""
        return self._resumed.get(key[:_SHORT])

    def track(self, key: str) -> Track:
        track = Track(key)
        for each in self._tracks:
            # A channel that is subscribed to again goes on from there: the client has been told of what was before.
            if self.resumes and not each.live and each.key == key and each.position is not None:
                self._resumed[key[:_SHORT]] = each.position
        self._tracks = [each for each in self._tracks if each.live or each.key != key]
        self._tracks.append(track)
        return track

    def token(self, track: Track, record: Record) -> str:
        """The id for a message that `track` has just come to."""
        track.position = record.position
        if len(self._tracks) == 1:
            if record.token is None:
                record.token = _entry(track.key, record.position)
            return record.token
        return _SEPARATOR.join(_entry(key, position) for key, position in self._positions().items())

    def _positions(self) -> dict[str, Position]:
        """The position in each channel: of several subscriptions to one, that which has come least far."""
        positions: dict[str, Position] = {}
        for track in self._tracks:
            if track.position is not None:
                positions[track.key] = min(positions.get(track.key, track.position), track.position)
        return positions


def parse_entry(token: str, key: str) -> Position | None:
    """The position in one channel that an id tells, if it does."""
    return _parse(token).get(key[:_SHORT])


def _entry(key: str, position: Position) -> str:
    return f"{key[:_SHORT]}.{position.epoch:x}.{position.number:x}"


def _parse(token: str) -> dict[str, Position]:
    found = {}
    for entry in token.split(_SEPARATOR):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            return {}
        found[match[1]] = Position(int(match[2], 16), int(match[3], 16))
    return found
