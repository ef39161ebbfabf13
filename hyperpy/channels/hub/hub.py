"""The channels of one application in one process."""

import asyncio
import logging
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hyperpy.channels.backends.contract import Backend
from hyperpy.channels.backends.records import Batch, Position, Record
from hyperpy.channels.hub.backend_client import PATIENCE, BackendClient
from hyperpy.channels.hub.leases import Leases
from hyperpy.exceptions import BrokerError, BrokerRefusalError, ChannelError
from hyperpy.lazy import LazyModule

if TYPE_CHECKING:
    from hyperpy.channels.hub import notifications
    from hyperpy.channels.hub import topic as topics
    from hyperpy.channels.hub import watch as queues
    from hyperpy.channels.hub.topic import Mailbox, Topic
    from hyperpy.channels.hub.watch import QueueWatch, Watch
else:
    notifications = LazyModule("hyperpy.channels.hub.notifications")
    topics = LazyModule("hyperpy.channels.hub.topic")
    queues = LazyModule("hyperpy.channels.hub.watch")

logger: Final = logging.getLogger("hyperpy.channels")

LINGER: Final = 5.0  # seconds for which a queue without consumers is watched

HUB_KEY: Final = "hyperpy.channels"
"""The lifespan puts the hub under this key, and each request finds it in `scope["state"]`."""


class Hub:
    """Between the backend, which it listens to, and subscribers, publishers and consumers.

    All of it runs on the event loop that it is started on; only `publish_soon` may be called from other threads.
    """

    def __init__(self, backend: Backend, address: str) -> None:
        self.backend = backend
        self.address = address
        self._client = client = BackendClient(backend, address)
        self.notifications = notifications.Notifications(client) if backend.notifies else None
        self.leases = Leases(client)
        self._publishing: dict[str, asyncio.Task[None]] = {}  # the newest of `publish_soon`, by key
        self._topics: dict[str, Topic] = {}
        self._queues: dict[str, QueueWatch] = {}
        self._unopened: set[Topic] = set()  # to be opened when the backend is back

    def start(self) -> None:
        """Begin to connect."""
        self._client.start()
        self.loop = self._client.loop
        self._running = self.loop.create_task(self.backend.run(self), name="channels")
        self._running.add_done_callback(self._ended)

    async def wait_connected(self, seconds: float | None = None) -> bool:
        """Whether the backend connects within the time."""
        return await self._client.wait_connected(seconds)

    async def stop(self) -> None:
        """Publish what `publish_soon` was given, then close all connections. Subscribers get an error."""
        if self._publishing:
            await asyncio.wait(self._publishing.values(), timeout=PATIENCE)
        stopping = self._client.stop()
        self._fail(ChannelError("the application has ended"))
        self._running.cancel()
        await asyncio.gather(self._running, stopping, return_exceptions=True)

    # The backend's listener.

    def connected(self) -> None:
        self._client.connected.set()
        for topic in self._topics.values():
            topic.catch_up()
        for queue in self._queues.values():
            queue.check_again()
        if self.notifications is not None:
            self.notifications.reconnected()

    def disconnected(self) -> None:
        self._client.connected.clear()

    def arrived(self, key: str, record: Record) -> None:
        if (topic := self._topics.get(key)) is not None:
            topic.arrived(record)
        elif (queue := self._queues.get(key)) is not None:
            queue.arrived(record)

    def changed(self, key: str) -> None:
        if (topic := self._topics.get(key)) is not None:
            topic.catch_up()
        elif (queue := self._queues.get(key)) is not None:
            queue.check_again()

    def filled(self, key: str) -> None:
        if (queue := self._queues.get(key)) is not None:
            queue.wake()

    def notified(self, name: str, payload: str) -> None:
        if self.notifications is not None:
            self.notifications.notified(name, payload)

    # Publishers.

    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        self._client.check_usable()
        await self._client.call(self.backend.publish(key, name, data, closes=closes))

    def publish_soon(self, key: str, name: str, data: bytes) -> Future[None]:
        """May be called in any thread. A failure is logged, and set in the future."""
        future: Future[None] = Future()
        self.loop.call_soon_threadsafe(self._begin_publishing, key, name, data, future)
        return future

    def _begin_publishing(self, key: str, name: str, data: bytes, future: Future[None]) -> None:
        """Publish one message after the other in each channel, in the order of the calls."""
        task = self._client.spawn(self._publish_after(self._publishing.get(key), key, name, data, future))
        self._publishing[key] = task
        task.add_done_callback(lambda done: self._publishing.pop(key) if self._publishing.get(key) is done else None)

    async def _publish_after(
        self, earlier: asyncio.Task[None] | None, key: str, name: str, data: bytes, future: Future[None]
    ) -> None:
        if earlier is not None:
            await asyncio.wait((earlier,))
        try:
            await self.publish(key, name, data)
        except Exception as error:  # noqa: BLE001 (logged, and set in the future)
            logger.error("publishing to channel %r failed: %s", name, error)
            future.set_exception(error)
        except BaseException:
            future.cancel()
            raise
        else:
            future.set_result(None)

    async def put(self, key: str, name: str, data: bytes) -> None:
        self._client.check_usable()
        await self._client.call(self.backend.put(key, name, data))

    # Subscribers.

    def topic(self, key: str, mailbox: Mailbox) -> Topic:
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = topics.Topic(key, self._client)
        topic.add(mailbox)
        return topic

    def subscribers(self, key: str) -> int:
        """How many subscribers a channel has in this process."""
        topic = self._topics.get(key)
        return 0 if topic is None else len(topic.members)

    async def join(self, topic: Topic) -> None:
        """Open the topic. Raises BrokerError if that isn't possible now; it is opened later."""
        self._client.check_usable()
        if topic.is_open:
            return
        # Others wait for it as well, and this task may be cancelled.
        await self._client.finish(self._open(topic))

    async def _open(self, topic: Topic) -> None:
        try:
            if not self._client.connected.is_set():
                raise BrokerError(f"{self.address} is unreachable")
            await topic.open()
        except BrokerRefusalError:
            raise
        except BrokerError:
            if topic not in self._unopened:
                self._unopened.add(topic)
                self._client.spawn(self._open_later(topic))
            raise

    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        """Read messages, however long it takes to reach the backend."""
        return await self._client.call_until_answered(lambda: self.backend.read(key, after, limit))

    def leave(self, topic: Topic, mailbox: Mailbox) -> None:
        topic.members.discard(mailbox)
        self._retire_unused(self._topics, topic)

    def leave_soon(self, topic: Topic, mailbox: Mailbox) -> None:
        """May be called in any thread."""
        with suppress(RuntimeError):  # the event loop is closed
            self.loop.call_soon_threadsafe(self.leave, topic, mailbox)

    async def _open_later(self, topic: Topic) -> None:
        failures = 0
        try:
            while True:
                await self._client.recovery(failures)
                if topic.is_open or not topic.members:
                    return
                try:
                    await topic.open()
                except BrokerRefusalError:
                    raise
                except BrokerError:
                    failures += 1
        except Exception:
            logger.exception("subscribing to a channel failed")
            topic.break_off()
        finally:
            self._unopened.discard(topic)

    # Consumers.

    def queue(self, key: str, consumer: asyncio.Event) -> QueueWatch:
        """Set the event of a consumer whenever there may be an item."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = queues.QueueWatch(key, self._client)
        queue.members.add(consumer)
        return queue

    def leave_queue(self, queue: QueueWatch, consumer: asyncio.Event) -> None:
        queue.members.discard(consumer)
        if not queue.members and not queue.is_lingering and not self._client.is_stopped:
            queue.is_lingering = True
            self._client.spawn(self._retire_later(queue))

    async def _retire_later(self, queue: QueueWatch) -> None:
        """Stop watching after a pause: a consumer that takes one item at a time may return for the next one."""
        await asyncio.sleep(LINGER)
        queue.is_lingering = False
        if not queue.members:
            await self._retire(self._queues, queue)

    # Both.

    def _retire_unused[W: Watch[Any]](self, watches: dict[str, W], watch: W) -> None:
        if not watch.members and not self._client.is_stopped:
            self._client.spawn(self._retire(watches, watch))

    async def _retire[W: Watch[Any]](self, watches: dict[str, W], watch: W) -> None:
        await self._client.try_to(watch.retire())
        if not watch.members and not watch.is_open and watches.get(watch.key) is watch:
            del watches[watch.key]

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("the channels backend at %s has failed", self.address, exc_info=error)
            self._client.failure = ChannelError("channels have failed; the log says why")
            self._client.connected.set()  # so that tasks that wait for it find the failure
            self._fail(self._client.failure)

    def _fail(self, error: ChannelError) -> None:
        for topic in self._topics.values():
            topic.fail(error)
        if self.notifications is not None:
            self.notifications.fail(error)
