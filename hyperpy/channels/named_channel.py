"""`channel(name)`: messages published to it reach all subscribers, and are kept for those that come back."""

from concurrent.futures import Future
from functools import lru_cache
from hashlib import blake2b

from hyperpy.channels.current import current_cursor, current_hub
from hyperpy.channels.payload import encode
from hyperpy.channels.subscription import After, Subscription
from hyperpy.exceptions import ChannelError


class Channel:
    """A broadcast that is kept for a while. Objects with the same name are the same channel."""

    __slots__ = ("_key", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = key_of(name)

    async def publish(self, data: object) -> None:
        """Send data, which JSON must be able to hold, to all subscribers in all processes. On return, it is kept.

        Raises ChannelError for invalid data, ChannelClosedError, and BrokerError if the message may not be kept.
        """
        await current_hub().publish(self._key, self.name, encode(data))

    def publish_soon(self, data: object) -> Future[None]:
        """Publish from synchronous code, in any thread. Calls keep their order.

        Returns a future; a failure is also logged. Raises ChannelError for invalid data.
        """
        return current_hub().publish_soon(self._key, self.name, encode(data))

    def subscribe(self, after: After = None) -> Subscription:
        """The messages, as an async iterator and async context manager.

        They begin with the next one, with the oldest that is kept (`after=START`), or after another message
        (`after=message.id`). If the client sends a `Last-Event-ID`, they begin after that, unless `after=NOW`. If
        messages before the first one are lost, a message with `gap` comes first.
        """
        return Subscription(current_hub(), self._key, after, current_cursor())

    def __aiter__(self) -> Subscription:
        """The same as `subscribe()`, so that channels are read in loops as queues are."""
        return self.subscribe()

    async def close(self) -> None:
        """End the channel: the loop of every subscriber ends after the messages kept. Closing it again does nothing."""
        await current_hub().publish(self._key, self.name, b"null", closes=True)

    def __repr__(self) -> str:
        return f"channel({self.name!r})"


def channel(name: str) -> Channel:
    """The channel of that name, which may be any text. Raises ChannelError for an invalid name."""
    return Channel(name)


@lru_cache(maxsize=4096)
def key_of(name: str) -> str:
    """A digest of a name, 32 hexadecimal digits, so that names can hold anything without clashing or being patterns.

    Raises ChannelError for an invalid name.
    """
    if not isinstance(name, str):
        raise ChannelError(f"channel names must be str, not {type(name).__name__}", hint='As in: channel("room:42")')
    if not name:
        raise ChannelError("a channel name can't be empty", hint='As in: channel("room:42")')
    try:
        return blake2b(name.encode(), digest_size=16).hexdigest()
    except UnicodeEncodeError as error:
        raise ChannelError(
            f"this channel name contains {name[error.start]!r}, half of a surrogate pair",
            hint='Replace it where it comes from: text.encode("utf-8", "replace").decode()',
        ) from error
