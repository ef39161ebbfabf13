"""`channel(name)`: what is published there reaches everybody who listens, and is kept for who comes back."""

from concurrent.futures import Future

from hyperpy.channels.channel_names import key_of
from hyperpy.channels.current import current_cursor, current_hub
from hyperpy.channels.payload import encode
from hyperpy.channels.subscription import After, Subscription


class Channel:
    """A broadcast that remembers. Made anew wherever it is needed: the name is all there is to it."""

    __slots__ = ("_key", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = key_of(name)

    async def publish(self, data: object) -> None:
        """Sends data, which JSON must be able to hold, to all subscribers in all processes; it is kept on return.

        Raises ChannelError for data that can't be sent, ChannelClosedError, and BrokerError if it may not be kept.
        """
        await current_hub().publish(self._key, self.name, encode(data))

    def publish_soon(self, data: object) -> Future[None]:
        """The same from synchronous code, in any thread. Calls keep their order.

        Returns a future; a failure is also logged. Raises ChannelError for data that can't be sent.
        """
        return current_hub().publish_soon(self._key, self.name, encode(data))

    def subscribe(self, after: After = None) -> Subscription:
        """The messages, as an async iterator and async context manager.

        They begin with the next one, or with the oldest that is kept (`after=START`). A request whose client has been
        here before (`Last-Event-ID`) goes on where that one was, unless `after=NOW`. `after=message.id` goes on there.
        If something is lost before what comes, a message with `gap` says so.
        """
        return Subscription(current_hub(), self._key, after, current_cursor())

    async def close(self) -> None:
        """Ends the loop of every subscriber, and of each that comes later, after what is kept. Twice is no error."""
        await current_hub().publish(self._key, self.name, b"null", closes=True)

    def __repr__(self) -> str:
        return f"channel({self.name!r})"


def channel(name: str) -> Channel:
    """The channel of that name, which may be any text. Raises ChannelError if it is no name."""
    return Channel(name)
