"""What PostgreSQL's notifications tell this process, for all who listen to them."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from hyperpy.channels.backends.contract import NotifyingBackend
from hyperpy.exceptions import ChannelError

INBOX: Final = 1000  # payloads that wait for a listener before they are lost to it


class Inbox:
    """What has come for one listener, in order. None stands where payloads may be missing."""

    __slots__ = ("_waiter", "error", "payloads")

    def __init__(self) -> None:
        self.payloads: deque[str | None] = deque()
        self.error: ChannelError | None = None
        self._waiter = asyncio.Event()

    def put(self, payload: str) -> None:
        if len(self.payloads) >= INBOX:
            self.payloads.clear()
            self.lose()
        self.payloads.append(payload)
        self._waiter.set()

    def lose(self) -> None:
        if not self.payloads or self.payloads[-1] is not None:
            self.payloads.append(None)
            self._waiter.set()

    def fail(self, error: ChannelError) -> None:
        self.error = error
        self._waiter.set()

    async def next(self) -> str | None:
        while not self.payloads:
            if self.error is not None:
                raise self.error
            self._waiter.clear()
            await self._waiter.wait()
        return self.payloads.popleft()


class Office(Protocol):
    """What notices ask of the hub."""

    async def wait_connected(self, seconds: float | None = None) -> bool: ...
    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...


class Notifications:
    """Each name is listened to once, however many want it."""

    def __init__(self, backend: NotifyingBackend, office: Office) -> None:
        self._backend = backend
        self._office = office
        self._inboxes: dict[str, set[Inbox]] = {}

    async def join(self, name: str, inbox: Inbox) -> None:
        """Returns when nothing is missed any more, however long it takes to reach the server."""
        self._inboxes.setdefault(name, set()).add(inbox)
        while True:
            await self._backend.listen(name)
            await self._office.wait_connected()
            if None not in inbox.payloads:
                return
            inbox.payloads.clear()  # nobody could have relied on what came before

    def leave(self, name: str, inbox: Inbox) -> None:
        inboxes = self._inboxes.get(name, set())
        inboxes.discard(inbox)
        if name in self._inboxes and not inboxes:
            del self._inboxes[name]
            self._office.spawn(self._retire(name))

    def notified(self, name: str, payload: str) -> None:
        for inbox in self._inboxes.get(name, ()):
            inbox.put(payload)

    def missed(self) -> None:
        """The connection is new, and may have come too late for some."""
        self._each(Inbox.lose)

    def fail(self, error: ChannelError) -> None:
        self._each(lambda inbox: inbox.fail(error))

    def _each(self, tell: Callable[[Inbox], None]) -> None:
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                tell(inbox)

    async def _retire(self, name: str) -> None:
        if name not in self._inboxes:
            await self._backend.unlisten(name)
