"""The channels of one application in one process: topics, queues, and the backend behind them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final

from hyperpy.channels.backends.contract import LEASE, Backend, NotifyingBackend, QueueItem
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record
from hyperpy.channels.hub.notifications import Notifications
from hyperpy.channels.hub.queue_watch import QueueWatch
from hyperpy.channels.hub.topic import Mailbox, Topic
from hyperpy.exceptions import BrokerError, ChannelError

logger: Final = logging.getLogger("hyperpy.channels")

# Where the lifespan puts the hub: `scope["state"]` brings it to each request.
HUB_KEY: Final = "hyperpy.channels"
PATIENCE: Final = 5.0  # seconds that the broker has for an answer
RETRY_AFTER: Final = 0.1


class Hub:
    """Started on the event loop that all of its use is on; `publish_soon` alone may be called from anywhere."""

    def __init__(self, backend: Backend, address: str) -> None:
        self.backend = backend
        self.address = address  # of the broker, without its password
        self.notifications = Notifications(backend, self) if isinstance(backend, NotifyingBackend) else None
        self._topics: dict[str, Topic] = {}
        self._late: set[Topic] = set()  # to be opened as soon as the broker lets us
        self._connected = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._soon: dict[str, asyncio.Task[None]] = {}
        self._feeds: dict[str, QueueWatch] = {}
        self._held: list[QueueItem] = []  # by consumers of this process
        self._renewing: asyncio.Task[None] | None = None
        self._stopped = False
        self._failure: ChannelError | None = None  # of the backend, for good

    def start(self) -> None:
        """Begins to connect."""
        self.loop = asyncio.get_running_loop()
        self._running = self.loop.create_task(self.backend.run(self), name="channels")
        self._running.add_done_callback(self._ended)

    async def wait_connected(self, seconds: float | None = None) -> bool:
        """Whether the broker has been reached within the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._connected.wait()
        return self._connected.is_set()

    async def stop(self) -> None:
        """Lets what was handed to `publish_soon` leave, then closes all connections. Subscribers get an error."""
        if self._soon:
            await asyncio.wait(self._soon.values(), timeout=PATIENCE)
        self._stopped = True
        error = ChannelError("the application has ended")
        self._fail(error)
        pending = [self._running, *self._tasks]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    # What a backend tells.

    def arrived(self, key: str, record: Record) -> None:
        if (topic := self._topics.get(key)) is not None:
            topic.arrived(record)

    def changed(self, key: str) -> None:
        if (topic := self._topics.get(key)) is not None:
            topic.catch_up()

    def notified(self, name: str, payload: str) -> None:
        if self.notifications is not None:
            self.notifications.notified(name, payload)

    def filled(self, key: str) -> None:
        if (feed := self._feeds.get(key)) is not None:
            feed.wake()

    def connected(self) -> None:
        self._connected.set()
        for topic in self._topics.values():
            topic.catch_up()
        for feed in self._feeds.values():
            feed.wake()
        if self.notifications is not None:
            self.notifications.missed()

    def disconnected(self) -> None:
        self._connected.clear()

    # What subscriptions ask.

    def topic(self, key: str, mailbox: Mailbox) -> Topic:
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = Topic(key, self)
        topic.add(mailbox)
        return topic

    async def join(self, topic: Topic) -> None:
        self._refuse_strangers()
        if topic.is_open:
            return
        try:
            if not self._connected.is_set():
                raise BrokerError(f"{self.address} is out of reach")
            # Not in the caller's task: it may be cancelled, and others wait for the same.
            await asyncio.shield(self.spawn(topic.open()))
        except BrokerError:
            if topic not in self._late:
                self._late.add(topic)
                self.spawn(self._open_late(topic))
            raise

    def leave(self, topic: Topic, mailbox: Mailbox) -> None:
        topic.mailboxes.discard(mailbox)
        if not topic.mailboxes and not self._stopped:
            self.spawn(self._retire(topic))

    def leave_soon(self, topic: Topic, mailbox: Mailbox) -> None:
        with suppress(RuntimeError):  # the loop is closed, and all of this with it
            self.loop.call_soon_threadsafe(self.leave, topic, mailbox)

    async def read_on(self, key: str, after: Position | None, limit: int) -> Batch:
        return await self.patiently(lambda: self.backend.read(key, after, limit))

    # The backend's methods, in bounded time.

    async def watch(self, key: str) -> None:
        await self.ask(self.backend.watch(key))

    async def unwatch(self, key: str) -> None:
        await self.ask(self.backend.unwatch(key))

    async def state(self, key: str) -> ChannelState:
        return await self.ask(self.backend.state(key))

    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        return await self.ask(self.backend.read(key, after, limit))

    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        self._refuse_strangers()
        await self.ask(self.backend.publish(key, name, data, closes=closes))

    async def ask[T](self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise BrokerError(f"{self.address} did not answer within {PATIENCE:g} s") from None

    async def patiently[T](self, question: Callable[[], Awaitable[T]]) -> T:
        """Asks again until the broker has answered."""
        await self._connected.wait()
        while True:
            self._refuse_strangers()
            try:
                return await self.ask(question())
            except BrokerError:
                await self.recovery()

    async def recovery(self) -> None:
        await asyncio.sleep(RETRY_AFTER)  # the loss of the connection may be noticed a little later
        await self._connected.wait()

    def publish_soon(self, key: str, name: str, data: bytes) -> Future[None]:
        future: Future[None] = Future()
        self.loop.call_soon_threadsafe(self._publish_soon, key, name, data, future)
        return future

    def _publish_soon(self, key: str, name: str, data: bytes, future: Future[None]) -> None:
        task = self.spawn(self._publish_after(self._soon.get(key), key, name, data, future))
        self._soon[key] = task
        task.add_done_callback(lambda done: self._soon.pop(key) if self._soon.get(key) is done else None)

    async def _publish_after(
        self, earlier: asyncio.Task[None] | None, key: str, name: str, data: bytes, future: Future[None]
    ) -> None:
        """One after the other, in the order of the calls."""
        if earlier is not None:
            await asyncio.wait((earlier,))
        try:
            await self.publish(key, name, data)
        except Exception as error:  # noqa: BLE001 (it is logged, and is the future's)
            logger.error("a message could not be published to channel %r: %s", name, error)
            future.set_exception(error)
        except BaseException:
            future.cancel()
            raise
        else:
            future.set_result(None)

    # Queues.

    def feed(self, key: str, waiter: asyncio.Event) -> QueueWatch:
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = QueueWatch(key, self)
        feed.waiters.add(waiter)
        return feed

    def leave_feed(self, feed: QueueWatch, waiter: asyncio.Event) -> None:
        feed.waiters.discard(waiter)
        if not feed.waiters and not self._stopped:
            self.spawn(self._retire_feed(feed))

    async def put(self, key: str, name: str, data: bytes) -> None:
        self._refuse_strangers()
        await self.ask(self.backend.put(key, name, data))

    async def take(self, key: str) -> QueueItem | None:
        taken: asyncio.Future[QueueItem | None] = self.loop.create_future()
        self.spawn(self._take(key, taken))
        return await taken

    async def _take(self, key: str, taken: asyncio.Future[QueueItem | None]) -> None:
        """Not in the consumer's task: if that is cancelled in the middle, the item must not stay taken for nobody."""
        try:
            item = await self.patiently(lambda: self.backend.take(key))
        except BaseException as error:
            if not taken.done():
                ended = isinstance(error, asyncio.CancelledError)
                taken.set_exception(ChannelError("the application has ended") if ended else error)
            raise
        if item is not None:
            self._held.append(item)
            if self._renewing is None:
                self._renewing = self.spawn(self._renew())
        if not taken.done():
            taken.set_result(item)
        elif item is not None:
            await self.release(item)

    async def acknowledge(self, item: QueueItem) -> None:
        """The consumer has dealt with the item. It is held until the broker knows."""
        await self.patiently(lambda: self.backend.acknowledge(item))
        self._held.remove(item)

    async def release(self, item: QueueItem) -> None:
        """The consumer has gone. If the broker is away too, the item comes back by itself when it was held too long."""
        self._held.remove(item)
        if not self._stopped:
            await asyncio.shield(self.spawn(self._give_back(item)))

    async def _give_back(self, item: QueueItem) -> None:
        await self._quietly(self.ask(self.backend.release(item)))

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(LEASE / 3)
            if self._held:
                await self._quietly(self.ask(self.backend.renew(tuple(self._held))))
        self._renewing = None

    async def _retire_feed(self, feed: QueueWatch) -> None:
        await self._quietly(feed.retire())
        if not feed.waiters and self._feeds.get(feed.key) is feed:
            del self._feeds[feed.key]

    # Tasks of the hub's own.

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it knows; perhaps nobody does any more

    async def _open_late(self, topic: Topic) -> None:
        try:
            while True:
                await self.recovery()
                if topic.is_open or not topic.mailboxes:
                    return
                await self._quietly(topic.open())
        finally:
            self._late.discard(topic)

    async def _retire(self, topic: Topic) -> None:
        await self._quietly(topic.retire())
        if not topic.mailboxes and not topic.is_open and self._topics.get(topic.key) is topic:
            del self._topics[topic.key]

    async def _quietly(self, work: Awaitable[None]) -> None:
        """What fails because the broker is away is done when it is back, or need not be done any more."""
        with suppress(BrokerError):
            await work

    def _refuse_strangers(self) -> None:
        if self._failure is not None:
            raise self._failure
        if asyncio.get_running_loop() is not self.loop:
            raise ChannelError(
                "this is not the event loop that the application runs on",
                hint="From another thread: channel(name).publish_soon(data)",
            )

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("channels at %s have failed", self.address, exc_info=error)
            self._failure = ChannelError("channels have failed; the log says why")
            self._connected.set()  # whoever waits for the broker would wait for ever
            self._fail(self._failure)

    def _fail(self, error: ChannelError) -> None:
        for topic in self._topics.values():
            topic.fail(error)
        if self.notifications is not None:
            self.notifications.fail(error)
