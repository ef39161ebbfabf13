"""Redis's keys, failovers and refusals."""

import asyncio
import shutil
import sys

import pytest

from hyperpy import channel, queue
from hyperpy.channels import connect, make_hub
from hyperpy.channels.backends.redis import backend, connection, subscriber
from hyperpy.config import Settings
from hyperpy.exceptions import BrokerError, ConfigError
from tests.channels.brokers import RedisBroker
from tests.channels.cut_off import CutOff
from tests.channels.steps import publish, take
from tests.support.until import PATIENCE, until


@pytest.fixture
def server(require_program, tmp_path):
    server = RedisBroker(require_program("redis-server"), tmp_path / "redis")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def settings(server):
    return Settings(channels=server.address)


async def restarted(server):
    server.kill()
    server.start()
    await publish("restarted")


async def test_a_restart_without_losses_causes_no_gap(server, settings):
    """Each restart starts an epoch, but messages can be read across several of them, in several batches."""
    async with connect(settings):
        async with channel("a").subscribe() as messages:
            await channel("a").publish("first")
            id = (await anext(messages)).id
        expected = []
        for turn in range(3):
            for number in range(70):
                await channel("a").publish([turn, number])
                expected.append([turn, number])
            await restarted(server)
            expected.append("restarted")
        async with channel("a").subscribe(after=id) as messages:
            await channel("a").publish("last")
            assert await take(messages, len(expected) + 1) == [*expected, "last"]


async def test_waiting_messages_are_delivered_once_after_a_restart(server, settings):
    async with connect(settings):
        async with channel("a").subscribe() as messages:
            await channel("a").publish("first")
            id = (await anext(messages)).id
        async with channel("a").subscribe(after=id) as messages:
            await channel("a").publish(1)
            await channel("a").publish(2)
            await restarted(server)
            await channel("a").publish(3)
            await channel("a").close()
            async with asyncio.timeout(PATIENCE):
                assert [message.data async for message in messages] == [1, 2, "restarted", 3]


async def test_a_server_without_the_newest_messages(server, settings, tmp_path):
    """After a failover to a replica that was behind, numbers are used again."""
    async with connect(settings), channel("a").subscribe() as messages:
        for number in range(4):
            await channel("a").publish(number)
            if number == 1:
                shutil.copytree(server.folder, tmp_path / "replica")
        ids = [(await anext(messages)).id for _ in range(4)]
        server.kill()
        shutil.rmtree(server.folder)
        (tmp_path / "replica").rename(server.folder)
        server.start()
        for data in ("a", "b", "c"):
            await publish(data)
        seen = await take(messages, 1)
        await publish("end")
        while seen[-1] != "end":
            seen += await take(messages, 1)
        assert seen[0] == "gap"
        for known, expected in zip(ids, (1, "a", "gap", "gap"), strict=True):
            async with channel("a").subscribe(after=known) as resumed:
                assert await take(resumed, 1) == [expected]


async def test_a_server_that_hangs_gets_no_requests(server, settings, monkeypatch):
    monkeypatch.setattr(subscriber, "PING_EVERY", 0.1)
    monkeypatch.setattr(connection, "CONNECT_WITHIN", 0.2)
    async with connect(settings) as hub, channel("a").subscribe() as messages:
        await channel("a").publish("before")
        server.suspend()
        try:
            await until(lambda: hub.backend._unresponsive)
            with pytest.raises(BrokerError, match="does not answer"):
                await channel("a").publish("not even sent")
        finally:
            server.resume()
        await publish("after")
        assert await take(messages, 2) == ["before", "after"]


async def test_a_request_without_an_answer_is_not_done_twice(server):
    between = CutOff(server)
    async with between.address() as address, connect(Settings(channels=address)):
        async with channel("a").subscribe() as messages:
            await channel("a").publish(1)
            between.word = b'"cut"'
            await channel("a").publish("cut")
            between.word = b"null"
            await channel("a").close()
            assert between.cuts == 2
            assert await take(messages, 2) == [1, "cut"]
        await queue("a").put(1)
        between.word = b'"cut"'
        with pytest.raises(BrokerError, match="unreachable"):
            await queue("a").put("cut")
        assert between.cuts == 3
    assert server.ask("XLEN", keys(server, "items")[0]) == 2


def keys(server, kind):
    return server.ask("KEYS", f"hyperpy:*:{kind}")


async def test_keys_expire(server, settings):
    async with connect(settings):
        await channel("a").publish(1)
        assert 3590 < server.ask("TTL", keys(server, "log")[0]) <= 3600
        assert server.ask("TTL", keys(server, "meta")[0]) > 24 * 3600
        await channel("a").close()
        assert server.ask("TTL", keys(server, "meta")[0]) <= 3600
        await queue("a").put(1)
        assert server.ask("TTL", keys(server, "items")[0]) == -1
        items = aiter(queue("a"))
        assert await anext(items) == 1
        await queue("a").put(2)
        assert await anext(items) == 2
        with pytest.raises(TimeoutError):  # asking for the next item acknowledges
            async with asyncio.timeout(0.2):
                await anext(items)
        assert keys(server, "items") == []


async def test_one_connection_listens_and_all_are_closed(server, settings):
    async with connect(settings):
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(channel(f"{number}").publish(number))
        async with channel("1").subscribe(), channel("2").subscribe():
            clients = server.ask("CLIENT LIST")
            listening = [client for client in clients if int(client["sub"])]
            ours = [client for client in clients if client["name"] == "hyperpy"]
            assert len(listening) == 1
            assert len(ours) <= backend.POOL_SIZE + 1
    await until(lambda: not [client for client in server.ask("CLIENT LIST") if client["name"] == "hyperpy"])


async def test_watching_while_the_connection_is_lost(server, settings):
    async with connect(settings) as hub:
        server.suspend()
        watching = asyncio.create_task(hub.backend.watch("0" * 32))
        await until(lambda: hub.backend._subscriber._unconfirmed)
        server.kill()
        for attempt in (watching, hub.backend.watch("1" * 32)):
            with pytest.raises(BrokerError, match="unreachable"):
                await attempt
        server.start()
        await hub.wait_connected(PATIENCE)
        assert hub.backend._subscriber._topics == set()


async def test_idle_connections_that_redis_has_closed(server, settings):
    async with connect(settings) as hub:
        await queue("a").put(1)
        [(_, idle)] = hub.backend._pool._idle
        server.ask("CLIENT", "KILL", "TYPE", "normal")
        while await idle.is_usable():
            await asyncio.sleep(0)
        await queue("a").put(2)
    assert server.ask("XLEN", keys(server, "items")[0]) == 2


async def test_databases_are_separate(server, settings):
    other = Settings(channels=server.address.removesuffix("1") + "2")
    async with connect(settings), channel("a").subscribe() as messages:
        async with connect(other):
            await channel("a").publish("in another database")
        await channel("a").publish("here")
        assert await take(messages, 1) == ["here"]


async def test_flushed_scripts_are_sent_again(server, settings):
    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish(1)
        server.ask("SCRIPT", "FLUSH")
        await channel("a").publish(2)
        assert await take(messages, 2) == [1, 2]


async def test_a_primary_that_becomes_a_replica_is_disconnected(server, settings):
    def listening():
        return [client["id"] for client in server.ask("CLIENT LIST") if int(client["sub"])]

    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish(1)
        before = listening()
        server.ask("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(BrokerError, match="is a replica"):
            await channel("a").publish(2)
        await until(lambda: listening() not in (before, []))
        server.ask("REPLICAOF", "NO", "ONE")
        await publish(3)
        assert await take(messages, 2) == [1, 3]


async def test_dead_consumers_are_deleted(server, settings, monkeypatch):
    monkeypatch.setattr("hyperpy.channels.hub.leases.LEASE", 0.1)
    monkeypatch.setattr(backend, "LOOK_EVERY", 0)
    async with connect(settings):
        for number in range(2):
            await queue("a").put(number)
        key = keys(server, "items")[0]
        server.ask("XGROUP", "CREATECONSUMER", key, "consumers", "dead")
        await until(lambda: server.ask("XINFO", "CONSUMERS", key, "consumers")[0][b"idle"] > 100)
        items = aiter(queue("a"))
        assert await anext(items) == 0
        assert "dead" not in str(server.ask("XINFO", "CONSUMERS", key, "consumers"))
        await items.aclose()


@pytest.mark.parametrize(
    ("prepare", "address", "what"),
    [
        (("CONFIG", "SET", "requirepass", "secret"), "/0", "refused the user or password"),
        (("CONFIG", "SET", "requirepass", "secret"), ":wrong@", "refused the user or password"),
        (("ACL", "SETUSER", "app", "on", ">wrong", "~*", "&*", "+@all", "-info"), "app:wrong@", "does not permit"),
        (("CONFIG", "SET", "maxmemory", "1"), "/0", "is out of memory"),
        (("PING",), "/99", "can't do what channels need"),
    ],
)
async def test_connections_that_redis_refuses(server, monkeypatch, caplog, prepare, address, what):
    monkeypatch.setattr("hyperpy.channels.current.PATIENCE", 0.5)
    server.ask(*prepare)
    login, database = (address, "") if "@" in address else ("", address)
    async with connect(Settings(channels=f"redis://{login}127.0.0.1:{server.port}{database}")):
        with pytest.raises(BrokerError, match=what) as refused:
            await channel("a").publish(1)
    assert f"127.0.0.1:{server.port}" in str(refused.value)
    assert "wrong" not in str(refused.value) + caplog.text
    assert caplog.text.count("retrying") <= 1


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("redis://127.0.0.1:port/0", "Port could not be cast"),
        ("redis://[::1/0", "invalid channels URL"),
        ("redis://127.0.0.1/name", "invalid database number 'name'"),
        ("redis://127.0.0.1/0?colour=red", "colour"),
        ("redis://127.0.0.1/0?db=x", "Invalid value for 'db'"),
    ],
)
def test_invalid_urls(address, what):
    with pytest.raises(ConfigError, match=what):
        make_hub(Settings(channels=address))


def test_a_missing_client_library(monkeypatch):
    for name in [name for name in sys.modules if "redis" in name.split(".")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r'needs the package redis\n.*pip install "\./hyperpy\[redis\]"'):
        make_hub(Settings(channels="redis://127.0.0.1/0"))
