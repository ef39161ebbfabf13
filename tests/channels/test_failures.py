"""Unexpected exceptions are logged, and end waiting subscriptions with an error."""

import asyncio
import gc

import psycopg
import pytest
from redis.exceptions import DataError, OutOfMemoryError, ResponseError

from hyperpy import START, channel, queue
from hyperpy.channels import connect
from hyperpy.channels.backends.memory import MemoryBackend
from hyperpy.channels.backends.postgres import connection as postgres
from hyperpy.channels.backends.redis import connection as redis
from hyperpy.channels.hub import backend_client
from hyperpy.channels.named_channel import key_of
from hyperpy.config import Settings
from hyperpy.exceptions import BrokerError, BrokerRefusalError, ChannelError
from tests.support.until import PATIENCE


async def test_a_subscriber_can_resume_after_reading_failed(monkeypatch):
    async with connect(Settings()) as hub:
        async with channel("a").subscribe() as messages:
            await channel("a").publish(1)
            id = (await anext(messages)).id

            async def fail(key, after, limit):
                raise ValueError("no such thing")

            with monkeypatch.context() as patched:
                patched.setattr(hub.backend, "read", fail)
                [topic] = hub._topics.values()
                topic.catch_up()
                with pytest.raises(ChannelError, match="reading the channel failed"):
                    await anext(messages)
        await channel("a").publish(2)
        async with channel("a").subscribe(after=id) as messages:
            assert (await anext(messages)).data == 2


async def test_nothing_waits_for_a_failed_backend(monkeypatch, caplog):
    async def fail(self, listener):
        raise ValueError("no such thing")

    monkeypatch.setattr(MemoryBackend, "run", fail)
    async with asyncio.timeout(10), connect(Settings()):
        with pytest.raises(ChannelError, match="have failed"):
            await anext(channel("a").subscribe())
        with pytest.raises(ChannelError, match="have failed"):
            await channel("a").publish(1)
        with pytest.raises(ChannelError, match="have failed"):
            await anext(aiter(queue("a")))
    assert "no such thing" in caplog.text


async def subscribe() -> None:
    await anext(channel("a").subscribe())


async def resume() -> None:
    await anext(channel("a").subscribe(after=START))


async def consume() -> None:
    async for _ in queue("a"):
        pass


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("watch", subscribe),
        ("state", subscribe),
        ("read", resume),
        ("watch", consume),
        ("take", consume),
        ("acknowledge", consume),
    ],
)
async def test_what_the_broker_refuses_is_not_tried_again(monkeypatch, method, action):
    calls = []

    async def refuse(*arguments):
        calls.append(arguments)
        raise BrokerRefusalError("bigint out of range")

    async with asyncio.timeout(PATIENCE), connect(Settings()) as hub:
        await channel("a").publish(1)
        await queue("a").put(1)
        with monkeypatch.context() as patched:
            patched.setattr(hub.backend, method, refuse)
            with pytest.raises(BrokerRefusalError):
                await action()
        assert len(calls) == 1
        assert hub.leases._held == []


async def test_a_refusal_while_catching_up_ends_the_subscription(monkeypatch, caplog):
    calls = []

    async def refuse(*arguments):
        calls.append(arguments)
        raise BrokerRefusalError("bigint out of range")

    async with asyncio.timeout(PATIENCE), connect(Settings()) as hub, channel("a").subscribe() as messages:
        with monkeypatch.context() as patched:
            patched.setattr(hub.backend, "read", refuse)
            hub.changed(key_of("a"))
            with pytest.raises(ChannelError, match="reading the channel failed"):
                await anext(messages)
        assert len(calls) == 1
    assert "bigint out of range" in caplog.text


async def test_a_refusal_after_an_outage_ends_the_subscription(monkeypatch):
    errors = [BrokerError("not now"), BrokerError("not now"), BrokerRefusalError("no"), BrokerRefusalError("no")]

    async def fail(*arguments):
        raise errors.pop(0)

    monkeypatch.setattr(backend_client, "RETRY_AFTER", 0)
    async with asyncio.timeout(PATIENCE), connect(Settings()) as hub:
        monkeypatch.setattr(hub.backend, "state", fail)
        with pytest.raises(ChannelError, match="reading the channel failed"):
            await anext(channel("a").subscribe())
        assert len(errors) == 1


async def test_a_subscriber_that_leaves_before_its_channel_fails_to_open(monkeypatch):
    """Nothing is logged as never retrieved, and the channel is opened later for those who stay."""
    asked, proceed, unhandled = asyncio.Event(), asyncio.Event(), []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: unhandled.append(context))
    monkeypatch.setattr(backend_client, "RETRY_AFTER", 0)
    async with asyncio.timeout(PATIENCE), connect(Settings()) as hub:
        state = hub.backend.state

        async def fail_once(key):
            asked.set()
            await proceed.wait()
            monkeypatch.setattr(hub.backend, "state", state)
            raise BrokerError("not now")

        monkeypatch.setattr(hub.backend, "state", fail_once)
        leaving = asyncio.create_task(subscribe())
        await asked.wait()
        staying = channel("a").subscribe()
        topic = hub.topic(key_of("a"), staying._mailbox)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        del leaving
        proceed.set()
        while not topic.is_open:
            await asyncio.sleep(0)
        hub.leave(topic, staying._mailbox)
        gc.collect()
    assert unhandled == []


def test_which_errors_of_brokers_are_refusals():
    refusals = [
        postgres.explain(psycopg.errors.NumericValueOutOfRange("bigint out of range"), "p"),
        postgres.explain(psycopg.errors.ProgramLimitExceeded("too big"), "p"),
        postgres.explain(psycopg.errors.UndefinedFunction("no such function"), "p"),
        postgres.explain(psycopg.DataError("integer too large"), "p"),
        redis.explain(ResponseError("value is not an integer or out of range"), "r"),
        redis.explain(ResponseError("WRONGTYPE Operation against a key"), "r"),
        redis.explain(DataError("Invalid input"), "r"),
    ]
    others = [
        postgres.explain(psycopg.errors.InsufficientPrivilege("no"), "p"),
        postgres.explain(psycopg.errors.AdminShutdown("bye"), "p"),
        postgres.explain(psycopg.errors.DiskFull("full"), "p"),
        postgres.explain(psycopg.errors.SerializationFailure("again"), "p"),
        postgres.explain(psycopg.OperationalError("gone"), "p"),
        postgres.explain(TimeoutError(), "p"),
        redis.explain(ResponseError("MISCONF Redis is configured to save"), "r"),
        redis.explain(ResponseError("CLUSTERDOWN the cluster is down"), "r"),
        redis.explain(OutOfMemoryError("command not allowed"), "r"),
        redis.explain(ConnectionError("gone"), "r"),
    ]
    found = [isinstance(error, BrokerRefusalError) for error in refusals + others]
    assert found == [True] * len(refusals) + [False] * len(others)
