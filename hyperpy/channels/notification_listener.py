"""`listen(name)`: what the database itself tells, by triggers that NOTIFY."""

from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import pydantic_core

from hyperpy.channels.current import current_hub
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.notifications import Inbox, Notifications
from hyperpy.channels.payload import JSONValue
from hyperpy.exceptions import ChannelError

LONGEST: Final = 63  # bytes of a name in PostgreSQL
OURS: Final = "hyperpy"


class NotificationListener:
    """The payloads of one name, for one reader: an async iterator, and an async context manager that listens when it is
    entered, so that what is read elsewhere after that misses nothing.
    """

    __slots__ = ("_ended", "_hub", "_inbox", "_name", "_notices")

    def __init__(self, hub: Hub, notices: Notifications, name: str) -> None:
        self._inbox: Inbox | None = None  # once it listens
        self._hub = hub
        self._notices = notices
        self._name = name
        self._ended = False

    async def __aenter__(self) -> Self:
        if self._ended or self._inbox is not None:
            raise ChannelError("this listen() is used already", hint="Each loop needs its own: listen(…)")
        self._inbox = Inbox()
        try:
            await self._notices.join(self._name, self._inbox)
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> JSONValue:
        if self._ended:
            raise StopAsyncIteration
        if self._inbox is None:
            await self.__aenter__()
        assert self._inbox is not None
        payload = await self._inbox.next()
        return None if payload is None else _decoded(payload)

    def __del__(self) -> None:
        # A loop that was left by `break` or cancelled lets go of its iterator, and that is all it does.
        if self._inbox is not None:
            with suppress(RuntimeError):  # the loop is closed, and all of this with it
                self._hub.loop.call_soon_threadsafe(self._notices.leave, self._name, self._inbox)

    def _leave(self) -> None:
        self._ended = True
        if self._inbox is not None:
            self._notices.leave(self._name, self._inbox)
            self._inbox = None


def listen(name: str) -> NotificationListener:
    """The payloads of PostgreSQL's NOTIFY for a name, as an async iterator: JSON as what it says, all else as str.

    PostgreSQL keeps no payload. Where some may be lost, because the connection broke or the reader was too slow, there
    is a None: what they would have told has to be read again. As SQL folds names that are not quoted to lower case,
    `NOTIFY Orders` is heard by `listen("orders")`.

    Raises ChannelError for what is no name, and where channels are not kept by PostgreSQL.
    """
    _check(name)
    hub = current_hub()
    if hub.notifications is None:
        raise ChannelError(
            f"listen() hears what PostgreSQL tells, and channels are at {hub.address}",
            hint="Set HYPER_CHANNELS=postgresql://user@host/name, or channels in [tool.hyper] of pyproject.toml.",
        )
    return NotificationListener(hub, hub.notifications, name)


def _check(name: object) -> None:
    if not isinstance(name, str) or not name or "\0" in name:
        raise ChannelError(f"{name!r:.40} is no name of notifications", hint='As in: listen("orders")')
    if len(name.encode(errors="replace")) > LONGEST:
        raise ChannelError(
            f"{name!r} is longer than the {LONGEST} bytes that PostgreSQL takes",
            hint="Shorten it here and in the trigger.",
        )
    if name == OURS:
        raise ChannelError(
            f"the notifications {OURS!r} are those of channels", hint="Use channel(name) or queue(name)."
        )


def _decoded(payload: str) -> JSONValue:
    with suppress(ValueError):
        value: JSONValue = pydantic_core.from_json(payload, allow_inf_nan=False)
        return value
    return payload
