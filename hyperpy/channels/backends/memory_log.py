"""The messages kept in memory, and their size."""

import secrets
from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heapreplace
from itertools import islice
from time import monotonic
from typing import Final, override

from hyperpy.channels.backends.contract import Retention
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record, is_forgotten
from hyperpy.streams.events import FrameKey, Frames, SharedEvent

# About how many bytes of memory a message takes besides its data, and a channel besides its messages.
MESSAGE: Final = 200
CHANNEL: Final = 1500

# The most records that keep their encoded event, and the greatest length of one that is kept.
WARM: Final = 4000
WARM_FRAME: Final = 1024


class Log:
    """The messages kept of one channel, oldest first: the time of publication, the data, and whether it closes.

    They are kept without the `Record`, which caches what is sent to subscribers. Only the records that were read lately
    are kept as well, with small caches: `warm`, by number.
    """

    __slots__ = ("closed", "epoch", "kept", "key", "last", "size", "used_at", "warm")

    def __init__(self, key: str) -> None:
        self.key = key
        self.epoch = secrets.randbits(48) + 1
        self.kept: deque[tuple[float, bytes, bool]] = deque()
        self.last = 0
        self.closed = False
        self.used_at = 0.0
        self.size = 0  # of the messages
        self.warm: dict[int, Record] = {}

    @property
    def first(self) -> int:
        return self.last - len(self.kept) + 1

    @property
    def state(self) -> ChannelState:
        return ChannelState(Position(self.epoch, self.last), self.closed)

    def add(self, data: bytes, *, closes: bool) -> Record:
        self.last += 1
        self.closed = closes
        self.used_at = monotonic()
        self.kept.append((self.used_at, data, closes))
        self.size += MESSAGE + len(data)
        return Record(Position(self.epoch, self.last), data, closes=closes)

    def drop(self) -> int:
        """Drop the oldest message. Returns its size."""
        self.warm.pop(self.first, None)
        _, data, _ = self.kept.popleft()
        size = MESSAGE + len(data)
        self.size -= size
        return size

    def read(self, after: Position | None, limit: int) -> Batch:
        if after is not None and is_forgotten(after, epoch=self.epoch, first=self.first, last=self.last):
            return Batch(gap=True)
        first = self.first if after is None else after.number + 1
        start = first - self.first
        kept, warm = islice(self.kept, start, start + limit), self.warm
        return Batch(
            [
                warm.get(number) or self._warmed(number, data, closes)
                for number, (_, data, closes) in enumerate(kept, first)
            ]
        )

    def _warmed(self, number: int, data: bytes, closes: bool) -> Record:
        record = self.warm[number] = Record(Position(self.epoch, number), data, closes=closes)
        record.frames = _SmallFrames()
        return record


class _SmallFrames(Frames):
    """A cache of encoded events that takes only small ones, and no values of t-strings."""

    __slots__ = ()

    @override
    def __setitem__(self, key: FrameKey, text: str) -> None:
        if len(text) <= WARM_FRAME:
            super().__setitem__(key, text)

    @override
    def made(self, item: SharedEvent, text: str) -> None:
        pass


class Logs:
    """The logs of all channels. Together they keep at most `retention.bytes`."""

    def __init__(self, retention: Retention, is_needed: Callable[[str], bool]) -> None:
        """`is_needed` says whether the channel of a key may not be forgotten."""
        self._retention = retention
        self._is_needed = is_needed
        self._logs: dict[str, Log] = {}
        self._sweep_at = monotonic() + retention.age
        self._warmed_since = 0  # messages read since the warm records were dropped
        self.size = 0

    def __len__(self) -> int:
        return len(self._logs)

    def get(self, key: str) -> Log | None:
        return self._logs.get(key)

    def open(self, key: str) -> Log:
        log = self._logs.get(key)
        if log is None:
            self._sweep()
            log = self._logs[key] = Log(key)
            self.size += CHANNEL
        return log

    def add(self, log: Log, data: bytes, *, closes: bool) -> Record:
        record = log.add(data, closes=closes)
        self.size += MESSAGE + len(data)
        self.expire(log)
        if self.size > self._retention.bytes:
            self._make_room(log)
        return record

    def read(self, log: Log, after: Position | None, limit: int) -> Batch:
        self.expire(log)
        before = len(log.warm)
        batch = log.read(after, limit)
        self._warmed_since += len(log.warm) - before
        if self._warmed_since > WARM:
            self._warmed_since = 0
            for each in self._logs.values():
                each.warm.clear()
        return batch

    def expire(self, log: Log) -> None:
        """Drop messages of a channel that are too many or too old."""
        oldest = monotonic() - self._retention.age
        while log.kept and (len(log.kept) > self._retention.messages or log.kept[0][0] < oldest):
            self.size -= log.drop()

    def _make_room(self, newest: Log) -> None:
        """Drop the oldest messages of the largest channels, so that one that is flooded doesn't empty the others.

        The message that was just published stays. What is dropped is an eighth of all, so that this happens rarely.
        """
        goal = self._retention.bytes - self._retention.bytes // 8
        heap = [(-log.size, log.key, log) for log in self._logs.values()]
        heapify(heap)
        while self.size > goal and heap:
            _, key, log = heap[0]
            if len(log.kept) > (log is newest):
                self.size -= log.drop()
                heapreplace(heap, (-log.size, key, log))
            else:
                heappop(heap)
                if not log.kept and not log.closed and not self._is_needed(key):
                    self._forget(log)

    def _sweep(self) -> None:
        """Forget channels that have been unused for longer than messages are kept. There may be any number of names."""
        now = monotonic()
        if now < self._sweep_at:
            return
        self._sweep_at = now + self._retention.age / 10
        oldest = now - self._retention.age
        for log in [log for log in self._logs.values() if log.used_at <= oldest and not self._is_needed(log.key)]:
            self._forget(log)

    def _forget(self, log: Log) -> None:
        del self._logs[log.key]
        self.size -= CHANNEL + log.size
