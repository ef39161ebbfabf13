"""The positions of a request in all of its channels, which the ids of its events encode."""

from typing import Final

from hyperpy.channels.backends.records import Position, Record
from hyperpy.lazy import lazy_pattern

# Digits of a key, enough to distinguish the channels of one request.
_SHORT: Final = 12
# Positions are below 2**60. Clients choose their ids, and a greater number might not fit into a backend's integers.
_ENTRY: Final = lazy_pattern(rf"([0-9a-f]{{{_SHORT}}})\.([0-9a-f]{{1,15}})\.([0-9a-f]{{1,15}})")
_SEPARATOR: Final = "~"
# Positions in an id. Clients send ids back in a header, which servers and proxies limit to a few kilobytes.
MOST: Final = 100


class Track:
    """The position of one subscription; None until it has begun."""

    __slots__ = ("key", "live", "position")

    def __init__(self, key: str) -> None:
        self.key = key
        self.position: Position | None = None
        self.live = True


class Cursor:
    """The tracks of all subscriptions of a request, and the positions in its `Last-Event-ID`.

    An id holds the positions in all channels, so that a client that reconnects can resume each of them. Beyond `MOST`
    channels, it leaves out those that the request subscribed to first; resuming one of them is a gap.
    """

    __slots__ = ("_resumed", "_tracks", "resumes")

    def __init__(self, last_event_id: str | None = None) -> None:
        self._tracks: list[Track] = []
        self._resumed = _parse(last_event_id) if last_event_id else {}
        self.resumes = bool(last_event_id)

    def resumed(self, key: str) -> Position | None:
        """The client's last position in a channel. None if the id doesn't hold it or isn't one of ours."""
        return self._resumed.get(key[:_SHORT])

    def track(self, key: str) -> Track:
        track = Track(key)
        for each in self._tracks:
            # Subscribing to a channel again resumes where the earlier subscription ended.
            if self.resumes and not each.live and each.key == key and each.position is not None:
                self._resumed[key[:_SHORT]] = each.position
        self._tracks = [each for each in self._tracks if each.live or each.key != key]
        ended = [each for each in self._tracks if not each.live]
        if len(ended) >= MOST:
            self._tracks.remove(ended[0])
        self._tracks.append(track)
        return track

    def token(self, track: Track, record: Record) -> str:
        """Move the track to a message, and return the message's id."""
        track.position = record.position
        if len(self._tracks) == 1:
            if record.token is None:
                record.token = _entry(track.key, record.position)
            return record.token
        positions: dict[str, Position] = {}
        for each in self._tracks:
            if each.position is not None:  # of several subscriptions to one channel, the earliest counts
                positions[each.key] = min(positions.get(each.key, each.position), each.position)
        if len(positions) > MOST:
            newest = positions.pop(track.key)
            positions = {**dict(list(positions.items())[1 - MOST :]), track.key: newest}
        return _SEPARATOR.join(_entry(key, position) for key, position in positions.items())


def _entry(key: str, position: Position) -> str:
    return f"{key[:_SHORT]}.{position.epoch:x}.{position.number:x}"


def _parse(token: str) -> dict[str, Position]:
    """The positions by key. Empty for an id that isn't one of ours."""
    found: dict[str, Position] = {}
    entries = token.split(_SEPARATOR, MOST)
    if len(entries) > MOST:
        return found
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None:
            return {}
        found[match[1]] = Position(int(match[2], 16), int(match[3], 16))
    return found
