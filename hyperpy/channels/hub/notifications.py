"""The backend's notifications, for all tasks of this process that listen to them."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from hyperpy.channels.hub.backend_client import BackendClient
from hyperpy.exceptions import ChannelError

INBOX: Final = 1000  # payloads that a listener can be behind before they are lost to it


class Inbox:
    """The payloads for one listener, in order. None means that some may be missing."""

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


class Notifications:
    """Listens to each name once, however many inboxes it has."""

    def __init__(self, client: BackendClient) -> None:
        self._client = client
        self._inboxes: dict[str, set[Inbox]] = {}

    async def join(self, name: str, inbox: Inbox) -> None:
        """Returns when nothing is missed any more, however long it takes to reach the backend."""
        self._inboxes.setdefault(name, set()).add(inbox)
        while True:
            await self._client.backend.listen(name)
            await self._client.wait_connected()
            if None not in inbox.payloads:
                return
            inbox.payloads.clear()  # the listener hasn't begun to read

    def leave(self, name: str, inbox: Inbox) -> None:
        inboxes = self._inboxes.get(name, set())
        inboxes.discard(inbox)
        if name in self._inboxes and not inboxes:
            del self._inboxes[name]
            self._client.spawn(self._retire(name))

    def notified(self, name: str, payload: str) -> None:
        for inbox in self._inboxes.get(name, ()):
            inbox.put(payload)

    def reconnected(self) -> None:
        """Notifications may have been missed."""
        self._each(Inbox.lose)

    def fail(self, error: ChannelError) -> None:
        self._each(lambda inbox: inbox.fail(error))

    def _each(self, action: Callable[[Inbox], None]) -> None:
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                action(inbox)

    async def _retire(self, name: str) -> None:
        if name not in self._inboxes:
            await self._client.backend.unlisten(name)
