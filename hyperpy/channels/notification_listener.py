"""`listen(name)`: PostgreSQL's own notifications, such as those of triggers."""

from contextlib import suppress
from typing import Final, Self

from hyperpy.channels.current import current_hub
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.notifications import Inbox, Notifications
from hyperpy.channels.payload import JSONValue
from hyperpy.exceptions import ChannelError
from hyperpy.lazy import pydantic_core

LONGEST: Final = 63  # bytes of a name in PostgreSQL
OURS: Final = "hyperpy"


class NotificationListener:
    """The payloads under one name, for one reader: an async iterator and async context manager.

    Nothing is missed after entering it, so that state which is read then can be kept up to date by the payloads.
    """

    __slots__ = ("_hub", "_inbox", "_is_used", "_name", "_notifications")

    def __init__(self, hub: Hub, notifications: Notifications, name: str) -> None:
        self._inbox: Inbox | None = None  # from entering to leaving
        self._hub = hub
        self._notifications = notifications
        self._name = name
        self._is_used = False

    async def __aenter__(self) -> Self:
        if self._is_used:
            raise ChannelError("this listen() has been used already", hint="Each loop needs its own: listen(…)")
        self._is_used = True
        self._inbox = Inbox()
        try:
            await self._notifications.join(self._name, self._inbox)
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> JSONValue:
        if not self._is_used:
            await self.__aenter__()
        if self._inbox is None:
            raise StopAsyncIteration
        payload = await self._inbox.next()
        return None if payload is None else _decode(payload)

    def __del__(self) -> None:
        # A loop that ends by `break` or cancellation drops its iterator without leaving it.
        if self._inbox is not None:
            with suppress(RuntimeError):  # the event loop is closed
                self._hub.loop.call_soon_threadsafe(self._notifications.leave, self._name, self._inbox)

    def _leave(self) -> None:
        if self._inbox is not None:
            self._notifications.leave(self._name, self._inbox)
            self._inbox = None


def listen(name: str) -> NotificationListener:
    """The payloads of PostgreSQL's NOTIFY under a name, as an async iterator: JSON decoded, anything else as str.

    PostgreSQL doesn't keep payloads. None means that some may be lost, because the connection broke or the reader was
    too slow. SQL folds unquoted names to lower case: `listen("orders")` receives `NOTIFY Orders`.

    Raises ChannelError for an invalid name, and if the channels backend has no notifications.
    """
    _check(name)
    hub = current_hub()
    if hub.notifications is None:
        raise ChannelError(
            f"listen() receives notifications of PostgreSQL, but channels are at {hub.address}",
            hint="Set HYPER_CHANNELS=postgresql://user@host/name, or channels in [tool.hyper] of pyproject.toml.",
        )
    return NotificationListener(hub, hub.notifications, name)


def _check(name: object) -> None:
    if not isinstance(name, str) or not name or "\0" in name:
        raise ChannelError(f"invalid notification channel name: {name!r:.40}", hint='As in: listen("orders")')
    if len(name.encode(errors="replace")) > LONGEST:
        raise ChannelError(
            f"{name!r} is longer than the {LONGEST} bytes that PostgreSQL allows",
            hint="Shorten it here and in the trigger.",
        )
    if name == OURS:
        raise ChannelError(
            f"hyperpy uses the notification channel {OURS!r} itself", hint="Use channel(name) or queue(name)."
        )


def _decode(payload: str) -> JSONValue:
    with suppress(ValueError):
        value: JSONValue = pydantic_core.from_json(payload, allow_inf_nan=False)
        return value
    return payload
