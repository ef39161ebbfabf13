"""What keeps the messages: the interface that memory, Redis and PostgreSQL have in common."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol

from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record

LEASE: Final = 30.0  # seconds after which an item that is not renewed goes to another consumer


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of each channel: so many messages, none older than so many seconds."""

    messages: int = 1000
    age: float = 3600.0


@dataclass(frozen=True, slots=True)
class QueueItem:
    """Something taken from a queue. `receipt` is the backend's own way to know it again."""

    key: str
    data: bytes
    receipt: Any


class Listener(Protocol):
    """Who hears from a backend, on the event loop. It never raises, and never waits."""

    def arrived(self, key: str, record: Record) -> None:
        """A message of a channel that is watched. Each comes once or more, in any order, or is lost: gaps are read."""

    def changed(self, key: str) -> None:
        """There may be something to read in a channel that is watched, though its messages can't be told."""

    def filled(self, key: str) -> None:
        """There may be something in a queue that is watched."""

    def notified(self, name: str, payload: str) -> None:
        """See `NotifyingBackend`."""

    def connected(self) -> None:
        """All is there, again or for the first time. Messages may have been missed."""

    def disconnected(self) -> None:
        """Nothing arrives until `connected`."""


class Backend(ABC):
    """Keys are those of `names.key_of`. Every method but `run` may be cancelled, and raises BrokerError when the broker
    can't be reached; each is given up from outside if it takes too long.
    """

    @property
    @abstractmethod
    def crosses_processes(self) -> bool:
        """Whether what one process publishes reaches the others."""

    @property
    def preparation(self) -> str:
        """What has to be run on the broker before the first use, if it is not done by itself."""
        return ""

    async def prepare(self) -> None:
        """Does that now, if it has not been done."""
        return

    @abstractmethod
    async def run(self, listener: Listener) -> None:
        """Holds the connection, and takes it up again when it breaks, until cancelled; then closes everything."""

    @abstractmethod
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        """Adds a message; with `closes` the last one. `name` is for people who look into the broker.

        Raises ChannelClosedError if the channel has been closed, unless this closes it.
        """

    @abstractmethod
    async def watch(self, key: str) -> None:
        """From now on the channel's messages, or the queue's filling, are told to the listener."""

    @abstractmethod
    async def unwatch(self, key: str) -> None: ...

    @abstractmethod
    async def state(self, key: str) -> ChannelState: ...

    @abstractmethod
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        """The messages behind a position, `limit` at most; from the oldest that is kept if it is None."""

    @abstractmethod
    async def put(self, key: str, name: str, data: bytes) -> None:
        """Adds to the end of a queue."""

    @abstractmethod
    async def take(self, key: str) -> QueueItem | None:
        """The first item that nobody has, if there is one. It comes back if it is not renewed for `LEASE` seconds."""

    @abstractmethod
    async def acknowledge(self, item: QueueItem) -> None:
        """The item has been dealt with."""

    @abstractmethod
    async def release(self, item: QueueItem) -> None:
        """The item has not been dealt with; it goes before those that came after it."""

    @abstractmethod
    async def renew(self, items: Collection[QueueItem]) -> None:
        """These are still being dealt with."""


class NotifyingBackend(ABC):
    """A backend that hears of other things as well, which it tells the listener by their names."""

    @abstractmethod
    async def listen(self, name: str) -> None:
        """From now on, or from the next connection if there is none, it is told."""

    @abstractmethod
    async def unlisten(self, name: str) -> None: ...
