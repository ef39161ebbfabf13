"""The contract of a channel backend: what hyperpy calls, and what a backend reports."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, ClassVar, Protocol

from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record
from hyperpy.record_classes import public_record


@public_record(frozen=True, slots=True)
class Retention:
    """How much of each channel is kept: at most `messages`, none of them older than `age` seconds.

    Of all channels together, a backend that keeps them in the memory of this process keeps at most `bytes`.
    """

    messages: int = 1000
    age: float = 3600.0
    bytes: int = 64 * 1024 * 1024


@public_record(frozen=True, slots=True)
class QueueItem:
    """An item taken from a queue. Only the backend that made it looks at `receipt`."""

    key: str
    data: bytes
    receipt: Any


class Listener(Protocol):
    """Receives what a backend reports, on the event loop. Its methods return at once and don't raise."""

    def connected(self) -> None:
        """The backend is ready, for the first time or again. Messages may have been missed before."""

    def disconnected(self) -> None:
        """Nothing is reported until the next `connected`."""

    def arrived(self, key: str, record: Record) -> None:
        """A watched channel has a message. Repeated, reordered and lost messages are handled: gaps are read."""

    def changed(self, key: str) -> None:
        """A watched channel may have messages that aren't reported: they have to be read."""

    def filled(self, key: str) -> None:
        """A watched queue may have an item."""

    def notified(self, name: str, payload: str) -> None:
        """A notification arrived under a name passed to `Backend.listen`."""


class Backend(ABC):
    """Keeps the messages of channels and the items of queues.

    The setting `channels` selects a backend by the scheme of its URL: an entry point in the group `hyperpy.channels`,
    named like the scheme, refers to a callable that takes the URL and a Retention and returns a Backend. It raises
    ValueError for an invalid URL.

    A key is 32 hexadecimal digits, and `q` before them for a queue. A queue is also a channel under this key, whose
    only message is the one that closes it. The application's name, which may hold any text, is passed along for people
    who inspect the store. All methods run on one event loop. All but `run` may be cancelled at any time, and take a few
    seconds at most. They raise BrokerError while the store can't be reached, and are called again later; what would
    fail again raises BrokerRefusalError. `hyperpy.testing.BackendContract` tests all of this.
    """

    @abstractmethod
    async def run(self, listener: Listener) -> None:
        """Stay connected and report to the listener, reconnecting as needed, until cancelled. Then release everything.

        An exception other than CancelledError is final: it ends all subscriptions.
        """

    # Channels.

    @abstractmethod
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        """Keep a message, and report it to all processes that watch the channel; with `closes`, it is the last one.

        Raises ChannelClosedError if the channel is closed, except when closing it again.
        """

    @abstractmethod
    async def watch(self, key: str) -> None:
        """Report a channel's messages, or that a queue has items, from now on and across reconnects."""

    @abstractmethod
    async def unwatch(self, key: str) -> None:
        """Stop reporting, sooner or later."""

    @abstractmethod
    async def state(self, key: str) -> ChannelState:
        """The newest position of a channel, and whether it is closed."""

    @abstractmethod
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        """Up to `limit` messages that follow a position, or the oldest ones kept if it is None.

        The batch is a gap if a message after the position isn't kept any more or the position is unknown.
        """

    # Queues. A consumer holds an item until it acknowledges or releases it. If its process dies, the lease runs out.

    @abstractmethod
    async def put(self, key: str, name: str, data: bytes) -> None:
        """Add an item to the end of a queue.

        Raises ChannelClosedError if `publish` has closed the channel under its key.
        """

    @abstractmethod
    async def take(self, key: str, lease: float) -> QueueItem | None:
        """The first item that no consumer holds, if any. It is free again after `lease` seconds without `renew`.

        All processes pass the same lease.
        """

    @abstractmethod
    async def acknowledge(self, item: QueueItem) -> None:
        """Remove the item, unless its lease has run out and another consumer has taken it since."""

    @abstractmethod
    async def release(self, item: QueueItem) -> None:
        """Put the item back in its old place, unless another consumer has taken it since."""

    @abstractmethod
    async def renew(self, items: Collection[QueueItem], lease: float) -> None:
        """Start the leases again of the items that this process still holds."""

    # Optional: setting up the store, which `hyper channels init` does.

    preparation: ClassVar[str] = ""  # a script that sets the store up, if `run` may lack the rights to

    async def prepare(self) -> None:
        """Run the preparation, unless that has been done."""
        return

    # Optional: notifications that the store sends by itself, for `hyperpy.listen`. A backend that has them says so, and
    # defines both methods.

    notifies: ClassVar[bool] = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name in ("listen", "unlisten"):
            if cls.notifies and getattr(cls, name) is getattr(Backend, name):
                raise TypeError(f"{cls.__name__}.notifies is true, so it has to define {name}()")

    async def listen(self, name: str) -> None:
        """Report notifications under a name, from now on and across reconnects; without a connection, from the next."""
        raise NotImplementedError

    async def unlisten(self, name: str) -> None:
        """Stop reporting them."""
        raise NotImplementedError
