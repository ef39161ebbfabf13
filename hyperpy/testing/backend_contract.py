"""Tests that every backend of channels has to pass."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from unittest import SkipTest
from uuid import uuid4

from hyperpy.channels.backends.contract import Backend, Listener, QueueItem, Retention
from hyperpy.channels.backends.records import BEGINNING, ChannelState, Position, Record
from hyperpy.exceptions import ChannelClosedError

PATIENCE = 10.0  # seconds until a test gives up waiting
LEASE = 30.0


class _Reports(Listener):
    """A listener that keeps what a backend reports."""

    def __init__(self) -> None:
        self.is_connected = False
        self.messages: dict[str, set[bytes | None]] = {}  # by key; they may come again, and in any order
        self.filled_keys: set[str] = set()

    def connected(self) -> None:
        self.is_connected = True

    def disconnected(self) -> None:
        self.is_connected = False

    def arrived(self, key: str, record: Record) -> None:
        self.messages.setdefault(key, set()).add(record.data)

    def changed(self, key: str) -> None: ...

    def filled(self, key: str) -> None:
        self.filled_keys.add(key)

    def notified(self, name: str, payload: str) -> None: ...


class BackendContract(ABC):
    """The contract of `hyperpy.channels.Backend` as tests. Subclass it as `class TestMine(BackendContract)`.

    The tests are coroutines: pytest needs a plugin for these, such as pytest-asyncio with `asyncio_mode = "auto"`.
    """

    is_shared = True  # whether two backends at one URL have the same channels, as in two processes

    @abstractmethod
    def make(self, retention: Retention) -> Backend:
        """A new backend. It may hold channels of other tests."""

    @asynccontextmanager
    async def running(self, retention: Retention | None = None) -> AsyncIterator[tuple[Backend, _Reports]]:
        """A backend that is connected, and its reports."""
        backend, reports = self.make(retention or Retention()), _Reports()
        run = asyncio.create_task(backend.run(reports))
        try:
            await until(lambda: reports.is_connected or run.done())
            assert not run.done(), "run() ended by itself"
            yield backend, reports
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)

    @asynccontextmanager
    async def two_processes(self) -> AsyncIterator[tuple[Backend, Backend, _Reports]]:
        """Two backends, and the reports of the second one."""
        if not self.is_shared:
            raise SkipTest("is_shared is False")
        async with self.running() as (one, _), self.running() as (two, reports):
            yield one, two, reports

    async def test_an_unused_channel_is_empty(self) -> None:
        key = uuid4().hex
        async with self.running() as (backend, _):
            assert await backend.state(key) == ChannelState()
            for position in (None, BEGINNING):
                batch = await backend.read(key, position, 10)
                assert (list(batch.records), batch.gap) == ([], False)

    async def test_messages_are_kept_in_order(self) -> None:
        key = uuid4().hex
        async with self.running() as (backend, _):
            await publish(backend, key, 5)
            records = (await backend.read(key, None, 10)).records
            assert [record.data for record in records] == [b"0", b"1", b"2", b"3", b"4"]
            assert [record.position.number for record in records] == [1, 2, 3, 4, 5]
            assert len({record.position.epoch for record in records}) == 1
            assert await backend.state(key) == ChannelState(records[-1].position)
            for number, record in enumerate(records, 1):
                assert await data_after(backend, key, record.position) == [b"%d" % each for each in range(number, 5)]
            assert len((await backend.read(key, None, 2)).records) == 2
            assert len((await backend.read(key, BEGINNING, 10)).records) == 5

    async def test_only_the_newest_messages_are_kept(self) -> None:
        key = uuid4().hex
        async with self.running(Retention(messages=3)) as (backend, _):
            await publish(backend, key, 1)
            first = (await backend.state(key)).position
            await publish(backend, key, 9)
            assert len(await data_after(backend, key, None)) == 3
            for forgotten in (first, BEGINNING):
                assert (await backend.read(key, forgotten, 10)).gap

    async def test_messages_are_kept_for_a_time(self) -> None:
        key = uuid4().hex
        async with self.running(Retention(age=1.0)) as (backend, _):
            await publish(backend, key, 1)
            newest = (await backend.state(key)).position
            async with asyncio.timeout(PATIENCE):
                while await data_after(backend, key, None):
                    await asyncio.sleep(0.05)
            assert not (await backend.read(key, newest, 10)).gap
            assert (await backend.read(key, BEGINNING, 10)).gap

    async def test_an_unknown_position_is_a_gap(self) -> None:
        used, unused = uuid4().hex, uuid4().hex
        most = 2**60 - 1
        async with self.running() as (backend, _):
            await publish(backend, used, 2)
            epoch, number = (await backend.state(used)).position
            beyond = [(epoch, number) for number in (number + 1, most, 2**63, 2**64, 10**30, -1, -(10**30))]
            for position in [*beyond, (epoch + 1, 1), (most, most), (10**30, 1), (-1, 1), (-(10**30), 10**30)]:
                assert (await backend.read(used, Position(*position), 10)).gap, position
            assert (await backend.read(unused, Position(epoch, 1), 10)).gap

    async def test_a_watched_channel_is_reported(self) -> None:
        key, other = uuid4().hex, uuid4().hex
        async with self.running() as (backend, reports):
            await backend.watch(key)
            await publish(backend, other, 1)
            await publish(backend, key, 3)
            await until(lambda: reports.messages.get(key) == {b"0", b"1", b"2"})
            assert other not in reports.messages
            await backend.unwatch(key)
            await backend.watch(other)
            await publish(backend, key, 5)
            await publish(backend, other, 5)
            await until(lambda: b"4" in reports.messages.get(other, ()))
            assert b"4" not in reports.messages[key]

    async def test_another_process_is_reported_to(self) -> None:
        key = uuid4().hex
        async with self.two_processes() as (one, two, reports):
            await two.watch(key)
            await publish(one, key, 3)
            await until(lambda: reports.messages.get(key) == {b"0", b"1", b"2"})
            assert await data_after(two, key, None) == [b"0", b"1", b"2"]

    async def test_concurrent_messages_have_one_order(self) -> None:
        keys = [uuid4().hex for _ in range(5)]
        async with self.running() as (backend, _):
            await asyncio.gather(*(publish(backend, key, 10) for key in keys for _ in range(3)))
            for key in keys:
                records = (await backend.read(key, None, 100)).records
                assert [record.position.number for record in records] == list(range(1, 31))
                assert sorted(int(record.data or b"") for record in records) == sorted([*range(10)] * 3)

    async def test_data_and_names_are_kept_as_they_are(self) -> None:
        texts = ("null", '"\u00e9 \u4e2d \U0001f600"', f'"{"x" * 2_000_000}"', '"\\u0000\\n\' %s {}"')
        datas = [text.encode() for text in texts]
        async with self.running() as (backend, _):
            for name in ("a", "'; -- \u4e2d\U0001f600\0\n*", "x" * 10_000):
                key, queue = uuid4().hex, "q" + uuid4().hex
                for data in datas:
                    await backend.publish(key, name, data)
                    await backend.put(queue, name, data)
                assert await data_after(backend, key, None) == datas
                assert [(await take(backend, queue)).data for _ in datas] == datas

    async def test_a_closed_channel_stays_closed(self) -> None:
        key = uuid4().hex
        async with self.running() as (backend, _):
            await publish(backend, key, 1)
            for _ in range(2):
                await backend.publish(key, "name", b"null", closes=True)
            with suppress(ChannelClosedError):
                await backend.publish(key, "name", b"1")
                raise AssertionError("publishing to a closed channel didn't raise ChannelClosedError")
            assert [record.closes for record in (await backend.read(key, None, 10)).records] == [False, True]
            assert (await backend.state(key)).closed

    async def test_items_are_taken_in_order_and_once(self) -> None:
        queue = "q" + uuid4().hex
        async with self.running() as (backend, _):
            assert await backend.take(queue, LEASE) is None
            await put(backend, queue, 20)
            assert [int((await take(backend, queue)).data) for _ in range(10)] == list(range(10))
            rest = await asyncio.gather(*(take(backend, queue) for _ in range(10)))
            assert sorted(int(item.data) for item in rest) == list(range(10, 20))
            assert await backend.take(queue, LEASE) is None

    async def test_a_released_item_gets_its_place_back(self) -> None:
        queue = "q" + uuid4().hex
        async with self.running() as (backend, _):
            await put(backend, queue, 3)
            await backend.release(await take(backend, queue))
            for number in range(3):
                item = await take(backend, queue)
                assert item.data == b"%d" % number
                await backend.renew([item], LEASE)
                await backend.acknowledge(item)
            assert await backend.take(queue, LEASE) is None

    async def test_a_watched_queue_is_reported(self) -> None:
        queue = "q" + uuid4().hex
        async with self.running() as (backend, reports):
            await backend.watch(queue)
            await put(backend, queue, 1)
            await until(lambda: queue in reports.filled_keys)
            item = await take(backend, queue)
            reports.filled_keys.clear()
            await backend.release(item)
            await until(lambda: queue in reports.filled_keys)

    async def test_an_item_without_renewal_goes_to_another_process(self) -> None:
        queue = "q" + uuid4().hex
        async with self.two_processes() as (one, two, _):
            await put(one, queue, 1)
            lost = await take(one, queue, 0.3)
            item = await take_released(two, queue, 0.3)
            await two.renew([item], LEASE)
            await one.release(lost)  # too late
            assert await one.take(queue, LEASE) is None
            await two.acknowledge(item)

    async def test_a_late_acknowledgement_leaves_the_item_to_its_new_consumer(self) -> None:
        queue = "q" + uuid4().hex
        async with self.two_processes() as (one, two, _):
            await put(one, queue, 1)
            lost = await take(one, queue, 0.3)
            for backend in (one, two):  # a process may take again what it has lost
                item = await take_released(backend, queue, 0.3)
                await one.acknowledge(lost)
                await one.renew([lost], LEASE)
                await one.release(lost)
                lost = item
            await two.release(lost)
            last = await take(two, queue)
            await two.acknowledge(last)
            assert await one.take(queue, LEASE) is None

    async def test_a_closed_queue_takes_no_more_items(self) -> None:
        queue = "q" + uuid4().hex
        async with self.running() as (backend, reports):
            await backend.watch(queue)
            await put(backend, queue, 1)
            for _ in range(2):
                await backend.publish(queue, "name", b"null", closes=True)
            await until(lambda: b"null" in reports.messages.get(queue, ()))
            with suppress(ChannelClosedError):
                await put(backend, queue, 1)
                raise AssertionError("putting an item into a closed queue didn't raise ChannelClosedError")
            assert (await backend.state(queue)).closed
            assert (await take(backend, queue)).data == b"0"
            assert await backend.take(queue, LEASE) is None

    async def test_a_renewed_item_stays_with_its_process(self) -> None:
        queue = "q" + uuid4().hex
        async with self.two_processes() as (one, two, _):
            await put(one, queue, 1)
            item = await take(one, queue, 2.0)
            for _ in range(25):
                await asyncio.sleep(0.1)
                await one.renew([item], 2.0)
                assert await two.take(queue, 2.0) is None
            await one.acknowledge(item)

    async def test_the_items_of_a_process_that_ends_are_released(self) -> None:
        queue = "q" + uuid4().hex
        async with self.two_processes() as (_, two, _):
            async with self.running() as (one, _):
                await put(one, queue, 1)
                await take(one, queue)
            assert (await take(two, queue)).data == b"0"

    async def test_cancelled_calls_do_no_harm(self) -> None:
        key, queue = uuid4().hex, "q" + uuid4().hex
        async with self.running() as (backend, _):
            for turns in range(20):
                calls = [asyncio.create_task(publish(backend, key, 1)), asyncio.create_task(backend.take(queue, LEASE))]
                for _ in range(turns):
                    await asyncio.sleep(0)
                for call in calls:
                    call.cancel()
                await asyncio.gather(*calls, return_exceptions=True)
            await publish(backend, key, 2)
            assert (await data_after(backend, key, None))[-2:] == [b"0", b"1"]


async def publish(backend: Backend, key: str, count: int) -> None:
    for number in range(count):
        await backend.publish(key, "name", b"%d" % number)


async def data_after(backend: Backend, key: str, after: Position | None) -> list[bytes | None]:
    return [record.data for record in (await backend.read(key, after, 100)).records]


async def put(backend: Backend, queue: str, count: int) -> None:
    for number in range(count):
        await backend.put(queue, "name", b"%d" % number)


async def take(backend: Backend, queue: str, lease: float = LEASE) -> QueueItem:
    item = await backend.take(queue, lease)
    assert item is not None, "there is no item"
    return item


async def take_released(backend: Backend, queue: str, lease: float) -> QueueItem:
    """An item that another consumer still holds."""
    async with asyncio.timeout(PATIENCE):
        while (item := await backend.take(queue, lease)) is None:
            await asyncio.sleep(0.05)
    return item


async def until(probe: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not probe():
            await asyncio.sleep(0.01)
