"""The promises of channels and queues while their broker is killed, hangs, loses its data or cuts connections."""

import asyncio
import logging
import sys

import pytest

from hyperpy import START, channel, queue
from hyperpy.channels import Hub, connect, queues
from hyperpy.channels.backends.broker import BrokerBackend
from hyperpy.channels.hub import backend_client, leases
from hyperpy.config import Settings
from hyperpy.exceptions import BrokerError, ChannelClosedError
from tests.channels.steps import publish, take, take_all, take_items, using, when_back
from tests.support.until import PATIENCE, until


@pytest.fixture
def settings(broker):
    return Settings(channels=broker.address, channel_max_messages=100)


async def test_an_outage_is_logged_once_and_loses_nothing(broker, settings, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    attempts = []
    failed = BrokerBackend._failed
    monkeypatch.setattr(BrokerBackend, "_failed", lambda *given: (attempts.append(1), failed(*given)))
    async with connect(settings) as connected, channel("a").subscribe() as messages:
        await channel("a").publish(1)
        broker.kill()
        with pytest.raises(BrokerError, match=f"127.0.0.1:{broker.port}.* unreachable"):
            await channel("a").publish(2)
        waiting = asyncio.create_task(take(messages, 2))
        await until(lambda: not connected._client.connected.is_set())
        attempts.clear()
        await until(lambda: len(attempts) > 2)
        broker.start()
        await publish(3)
        assert await waiting == [1, 3]
        assert await connected.wait_connected(PATIENCE)
    logged = [record.getMessage() for record in caplog.records if record.name == "hyperpy.channels"]
    assert len(logged) == 2
    assert "unreachable" in logged[0]
    assert "is back" in logged[1]


async def test_messages_published_during_a_cut_are_caught_up_with(broker, settings):
    async with connect(settings) as other, connect(settings), channel("a").subscribe() as messages:
        for number in range(5):
            with using(other):
                await channel("a").publish(number)
            broker.cut_connections()
        assert await take(messages, 5) == list(range(5))


async def test_a_broker_that_starts_later(broker, settings, monkeypatch):
    monkeypatch.setattr("hyperpy.channels.current.PATIENCE", 0.1)
    broker.kill()
    async with connect(settings), channel("a").subscribe() as messages:
        waiting = asyncio.create_task(take(messages, 1))
        await asyncio.sleep(0)
        broker.start()
        # Messages may have been published before the channel could be watched.
        assert await waiting == ["gap"]
        await publish("new")
        assert await take(messages, 1) == ["new"]


async def test_a_broker_that_restarts_without_its_data(broker, settings):
    async with connect(settings), channel("a").subscribe() as messages:
        for number in range(3):
            await channel("a").publish(number)
        *_, message = [await anext(messages) for _ in range(3)]
        broker.kill()
        broker.forget()
        broker.start()
        await publish("new")
        assert await take(messages, 1) == ["gap"]
        async with channel("a").subscribe(after=message.id) as resumed:
            assert await take(resumed, 1) == ["gap"]


async def test_a_closed_channel_stays_closed_after_a_restart(broker, settings):
    async with connect(settings):
        await channel("a").publish(1)
        await channel("a").close()
        broker.kill()
        broker.start()
        with pytest.raises(ChannelClosedError):
            await publish(2)
        async with channel("a").subscribe(after=START) as messages:
            assert await take_all(messages) == [1]


async def test_a_broker_that_loses_its_data_while_it_runs(broker, settings):
    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish("old")
        assert await take(messages, 1) == ["old"]
        broker.forget()
        await channel("a").publish("lost or delivered")
        assert await take(messages, 1) == ["gap"]
        await channel("a").publish("new")
        assert (await take(messages, 1))[0] in ("lost or delivered", "new")


async def test_cut_connections_neither_lose_nor_repeat_messages(broker, settings):
    async with connect(settings), channel("a").subscribe() as messages:
        waiting = asyncio.create_task(take(messages, 60))
        for number in range(60):
            if number % 10 == 5:
                broker.cut_connections()
            await channel("a").publish(number)
        assert await waiting == list(range(60))


async def test_a_broker_that_hangs(broker, settings, monkeypatch):
    monkeypatch.setattr(backend_client, "PATIENCE", 1)
    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish("first")
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        broker.suspend()
        try:
            with pytest.raises(BrokerError, match=r"did not answer|does not answer"):
                await channel("a").publish("perhaps")
        finally:
            broker.resume()
        ticking.cancel()
        assert ticks > 10
        await publish("last")
        seen = await take(messages, 2)
        if seen[-1] != "last":
            seen += await take(messages, 1)
        assert [data for data in seen if data != "perhaps"] == ["first", "last"]


async def test_two_processes_keep_each_publishers_order(broker, settings):
    async with connect(settings) as one, connect(settings) as two:
        subscriptions = []
        for each in (one, two):
            with using(each):
                subscriptions.append(channel("a").subscribe())

        async def publish_all(name: str, each: Hub) -> None:
            with using(each):
                for number in range(30):
                    await channel("a").publish([name, number])

        async with subscriptions[0] as first, subscriptions[1] as second:
            await asyncio.gather(publish_all("one", one), publish_all("two", two))
            seen = await take(first, 60)
            assert await take(second, 60) == seen
    for name in ("one", "two"):
        assert [number for publisher, number in seen if publisher == name] == list(range(30))


CONSUMER = """
import asyncio, sys
from hyperpy import queue
from hyperpy.channels import connect
from hyperpy.channels.hub import leases
from hyperpy.config import Settings

leases.LEASE = 1.0

async def main():
    async with connect(Settings(channels=sys.argv[1])):
        async for item in queue("a"):
            print(item, flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def short_lease(monkeypatch):
    monkeypatch.setattr(leases, "LEASE", 1.0)
    monkeypatch.setattr(queues, "LOOK_EVERY", 0.2)


@pytest.mark.usefixtures("short_lease")
async def test_the_item_of_a_killed_consumer_goes_to_another(broker, settings):
    async with connect(settings):
        for number in range(3):
            await queue("a").put(number)
        command = [sys.executable, "-c", CONSUMER, settings.channels]
        consumer = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert await consumer.stdout.readline() == b"0\n"
        consumer.kill()
        await consumer.wait()
        taken = []
        async with asyncio.timeout(PATIENCE):
            async for item in queue("a"):
                taken.append(item)
                if len(taken) == 3:
                    break
        assert sorted(taken) == [0, 1, 2]


@pytest.mark.usefixtures("short_lease")
async def test_a_consumer_keeps_its_item_beyond_the_lease(broker, settings, monkeypatch):
    async with connect(settings) as other, connect(settings) as hub:
        renewals = []
        renew = hub.backend.renew
        monkeypatch.setattr(hub.backend, "renew", lambda *given: (renewals.append(1), renew(*given))[1])
        await queue("a").put("long")
        items = aiter(queue("a"))
        assert await anext(items) == "long"
        with using(other):
            second = asyncio.create_task(take_items("a", 1))
        await until(lambda: len(renewals) > 6)  # two leases
        assert not second.done()
        await queue("a").put("next")
        assert await second == ["next"]
        await items.aclose()


async def test_the_items_of_a_process_that_ends_are_released_at_once(broker, settings):
    async with connect(settings):
        await queue("a").put("item")
        async with connect(settings):
            items = aiter(queue("a"))
            assert await anext(items) == "item"
        assert await take_items("a", 1) == ["item"]
        await items.aclose()


async def test_a_consumer_goes_on_after_an_outage(broker, settings):
    taken = []

    async def consume() -> None:
        async for item in queue("a"):
            taken.append(item)

    async with connect(settings):
        consumer = asyncio.create_task(consume())
        await queue("a").put(1)
        await until(lambda: taken == [1])
        broker.kill()
        with pytest.raises(BrokerError):
            await queue("a").put(2)
        broker.start()
        await when_back(lambda: queue("a").put(3))
        await until(lambda: taken[-1] == 3)
        consumer.cancel()
        await asyncio.gather(consumer, return_exceptions=True)
