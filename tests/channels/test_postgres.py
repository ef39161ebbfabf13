"""PostgreSQL's tables, roles and standbys, and connections that are lost at the worst moment."""

import asyncio
import re
import sys
from collections import Counter, deque
from dataclasses import replace

import pytest

from hyperpy import START, channel, listen, queue
from hyperpy.channels import connect, make_hub
from hyperpy.channels.backends.postgres import backend, connection, subscriber
from hyperpy.channels.backends.postgres.backend import batch_of
from hyperpy.channels.backends.postgres.subscriber import PostgresSubscriber
from hyperpy.channels.backends.records import BEGINNING, Position, Record
from hyperpy.channels.current import hub_of_lifespan
from hyperpy.config import Settings
from hyperpy.exceptions import BrokerError, ConfigError
from tests.channels.cut_off import CutOff
from tests.channels.steps import publish, take
from tests.support.until import PATIENCE, until


@pytest.fixture
def server(shared_postgres):
    return shared_postgres


@pytest.fixture
def settings(server):
    return Settings(channels=server.address)


async def all_notifications(server):
    """Wait for the notifications sent so far, which arrive in order."""
    async with listen("fence") as fence, asyncio.timeout(PATIENCE):
        server.ask("NOTIFY fence")
        await anext(fence)


DROP = "DROP TABLE IF EXISTS hyper_channels, hyper_messages, hyper_queue"


async def test_processes_that_start_together_create_the_tables_once(server, settings, caplog):
    server.ask(DROP)
    hubs = [make_hub(settings) for _ in range(8)]
    for hub in hubs:
        hub.start()
    try:
        assert all(await asyncio.gather(*(hub.wait_connected(PATIENCE) for hub in hubs)))
    finally:
        await asyncio.gather(*(hub.stop() for hub in hubs))
    assert server.ask("SELECT count(*) FROM hyper_messages") == [(0,)]
    assert not caplog.records


async def test_dropped_tables_are_created_again(server, settings):
    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish("old")
        assert await take(messages, 1) == ["old"]
        server.ask(DROP)
        await channel("a").publish("lost or delivered")
        assert await take(messages, 1) == ["gap"]
        await channel("a").publish("new")
        assert (await take(messages, 1))[0] in ("lost or delivered", "new")


async def test_a_restored_channel_is_a_gap(server, settings):
    """A backup may be older than the messages that readers have seen: its numbers are used again."""
    async with connect(settings), channel("a").subscribe() as messages:
        for number in range(5):
            await channel("a").publish(number)
        assert await take(messages, 5) == list(range(5))
        server.ask("UPDATE hyper_channels SET last = 2; DELETE FROM hyper_messages WHERE number > 2")
        await channel("a").publish("another")
        assert await take(messages, 1) == ["gap"]
        await channel("a").publish("new")
        assert await take(messages, 1) == ["new"]


async def test_another_history_of_the_server_starts_an_epoch(server, settings):
    """A promoted standby may lack messages and use their numbers again."""
    async with connect(settings):
        async with channel("a").subscribe() as messages:
            await channel("a").publish("old")
            id = (await anext(messages)).id
            server.ask("UPDATE hyper_channels SET home = '42.00000001.42', last = 7")
            await channel("a").publish("another")
            assert await take(messages, 1) == ["gap"]
            await channel("a").publish("new")
            assert await take(messages, 1) == ["new"]
        async with channel("a").subscribe(after=id) as messages:
            assert await take(messages, 1) == ["gap"]
        [(last, home)] = server.ask("SELECT last, home FROM hyper_channels")
        assert last == 2
        assert re.fullmatch(r"[0-9]{10,}\.[0-9A-F]{8}\.[0-9]+", home)


async def test_a_standby_accepts_no_messages_until_it_is_promoted(broken_postgres, caplog):
    async with connect(Settings(channels=broken_postgres.address)), channel("a").subscribe() as messages:
        await channel("a").publish(1)
        assert await take(messages, 1) == [1]
        broken_postgres.kill()
        (broken_postgres.data / "standby.signal").touch()
        broken_postgres.start()
        with pytest.raises(BrokerError, match="is a standby and can't accept messages") as refused:
            await channel("a").publish(2)
        assert "target_session_attrs=read-write" in str(refused.value)
        await until(lambda: "is a standby" in caplog.text)
        broken_postgres.ask("SELECT pg_promote()")
        await publish(3)
        assert await take(messages, 1) == ["gap"]
        await publish(4)
        assert await take(messages, 1) == [4]


async def test_messages_become_visible_in_order(server, settings, monkeypatch):
    """In pages of several channels, published by several processes, while new readers subscribe."""
    monkeypatch.setattr(subscriber, "PAGE", 5)
    published = Counter()
    async with connect(settings) as one, connect(settings) as two:

        async def publish_all(hub, name) -> None:
            hub_of_lifespan.set(hub)
            for number in range(40):
                await channel(name).publish(number)
                published[name] += 1

        async def read_all(hub, name, after) -> None:
            hub_of_lifespan.set(hub)
            await until(lambda: published.total() >= after)
            async with channel(name).subscribe(after=START) as messages:
                seen = await take(messages, 160)
            assert [seen.count(number) for number in range(40)] == [4] * 40

        async with asyncio.TaskGroup() as group:
            for hub in (one, two):
                for name in "abc":
                    for after in (0, 40, 80):
                        group.create_task(read_all(hub, name, after))
                    for _ in range(2):
                        group.create_task(publish_all(hub, name))


async def test_many_messages_are_fetched_page_by_page(server, settings, monkeypatch):
    monkeypatch.setattr(subscriber, "PAGE", 3)
    async with connect(settings) as hub, channel("a").subscribe() as messages:
        await channel("a").publish(0)
        assert await take(messages, 1) == [0]
        fetched = []
        monkeypatch.setattr(hub, "arrived", lambda key, record: fetched.append(record.position.number))
        hub.backend._subscriber._keys.clear()  # it misses notifications for a while
        for number in range(1, 9):
            await channel("a").publish(number)
        await all_notifications(server)
        hub.backend._subscriber.watch(channel("a")._key)
        key, epoch, last = server.ask("SELECT key, epoch, last FROM hyper_channels")[0]
        server.ask(f"NOTIFY hyperpy, '{key} {epoch} 2'; NOTIFY hyperpy, '{key} {epoch} {last}'")
        await until(lambda: fetched == list(range(2, 10)))


async def test_a_message_deleted_before_it_is_fetched(server, settings):
    async with connect(Settings(channels=server.address)) as hub, channel("a").subscribe() as messages:
        await channel("a").publish("first")
        assert await take(messages, 1) == ["first"]
        hub.backend._subscriber._keys.clear()  # it misses notifications for a while
        await channel("a").publish("second")
        await channel("a").publish("third")
        server.ask("DELETE FROM hyper_messages; UPDATE hyper_channels SET last = 9")
        await all_notifications(server)
        hub.backend._subscriber.watch(channel("a")._key)
        key, epoch, last = server.ask("SELECT key, epoch, last FROM hyper_channels")[0]
        server.ask(f"NOTIFY hyperpy, '{key} {epoch} {last}'")
        assert await take(messages, 1) == ["gap"]


@pytest.mark.parametrize("payload", ["", "a", "a b c", "a 1 2", f"{'0' * 32} 1 99999999999999999999"])
async def test_notifications_of_others_are_ignored(server, settings, payload):
    async with connect(settings), channel("a").subscribe() as messages:
        server.ask(f"NOTIFY hyperpy, '{payload}'")
        await channel("a").publish(1)
        assert await take(messages, 1) == [1]


@pytest.mark.parametrize(
    ("after", "numbers", "page"),
    [
        (None, [], []),
        (None, [3, 4, 5], [3, 4, 5]),
        (None, [2, 4, 5], [2]),
        (Position(7, 2), [3, 5], [3]),
        (Position(7, 2), [4, 5], "gap"),
        (Position(7, 2), [], "gap"),
        (Position(7, 5), [], []),
        (Position(7, 6), [], "gap"),
        (Position(8, 2), [3, 4, 5], "gap"),
        (BEGINNING, [1, 2], [1, 2]),
        (BEGINNING, [2, 3], "gap"),
    ],
)
def test_a_batch_has_no_missing_numbers(after, numbers, page):
    rows = [(7, 5, False, number, False, b"1") for number in numbers] or [(7, 5, False, None, None, None)]
    kept = batch_of(rows, after)
    assert page == ("gap" if kept.gap else [record.position.number for record in kept.records])


async def test_a_request_without_an_answer_is_not_done_twice(server):
    between = CutOff(server)
    async with between.address() as address, connect(Settings(channels=f"{address}?sslmode=disable")):
        async with channel("a").subscribe() as messages:
            await channel("a").publish(1)
            between.word = b'"cut"'
            await channel("a").publish("cut")
            await channel("a").publish(3)
            between.word = b"null"
            await channel("a").close()
            assert between.cuts == 2
            assert await take(messages, 3) == [1, "cut", 3]
        await queue("a").put(1)
        between.word = b'"cut"'
        with pytest.raises(BrokerError, match="unreachable"):
            await queue("a").put("cut")
        assert between.cuts == 3
    assert server.ask("SELECT count(*) FROM hyper_queue") == [(2,)]


async def test_a_request_on_a_dead_connection_is_repeated(server, settings, monkeypatch):
    """The connection ends after it was found usable."""
    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish(1)

        async def is_open(self):
            return not self.closed

        with monkeypatch.context() as patch:
            patch.setattr(connection.PostgresConnection, "is_usable", is_open)
            server.cut_connections()
            await channel("a").publish(2)
        assert await take(messages, 2) == [1, 2]


async def test_a_connection_that_ended_while_idle_is_not_used(server, settings):
    async with connect(settings):
        await queue("a").put(1)
        before = set(server.ask(PIDS))
        server.cut_connections()
        await until(lambda: not before & set(server.ask(PIDS)))
        await queue("a").put(2)
    assert server.ask("SELECT count(*) FROM hyper_queue") == [(2,)]


async def test_a_cancelled_request_ends_at_once(server, settings):
    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish(1)
        with server.locked("hyper_channels", "ACCESS EXCLUSIVE"), pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await channel("a").publish("perhaps")
        await channel("a").publish(2)
        assert (await take(messages, 2))[0] == 1


async def test_a_server_that_hangs_gets_no_requests(broken_postgres, monkeypatch):
    monkeypatch.setattr(subscriber, "CHECK_EVERY", 0.1)
    async with connect(Settings(channels=broken_postgres.address)) as hub, channel("a").subscribe() as messages:
        await channel("a").publish("before")
        broken_postgres.suspend()
        try:
            with monkeypatch.context() as patch:
                patch.setattr(subscriber, "ANSWER_WITHIN", 0.2)
                patch.setattr(subscriber, "FETCH_WITHIN", 0.2)
                patch.setattr(connection, "CONNECT_WITHIN", 0.2)
                await until(lambda: hub.backend._unresponsive)
                with pytest.raises(BrokerError, match="does not answer"):
                    await channel("a").publish("not even sent")
        finally:
            broken_postgres.resume()
        await publish("after")
        assert await take(messages, 2) == ["before", "after"]


PIDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'hyperpy'"
OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hyperpy'"


async def test_a_server_that_hangs_while_messages_are_fetched(server, settings, monkeypatch, caplog):
    monkeypatch.setattr(subscriber, "FETCH_WITHIN", 0.3)
    async with connect(settings), channel("a").subscribe() as messages:
        await channel("a").publish(1)
        assert await take(messages, 1) == [1]
        key, epoch, last = server.ask("SELECT key, epoch, last FROM hyper_channels")[0]
        with server.locked("hyper_messages", "ACCESS EXCLUSIVE"):
            server.ask(f"NOTIFY hyperpy, '{key} {epoch} {last}'")
            await until(lambda: "does not answer" in caplog.text)
        await publish(2)
        assert await take(messages, 1) == [2]


async def test_one_connection_listens_and_all_are_closed(server, settings):
    async with connect(settings) as hub:
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(channel(f"{number}").publish(number))
        async with channel("1").subscribe(), channel("2").subscribe():
            assert 1 < server.ask(OURS)[0][0] <= backend.POOL_SIZE + 1
            await hub.backend._pool.shrink(idle=0)
            await until(lambda: server.ask(OURS) == [(1,)])
    await until(lambda: server.ask(OURS) == [(0,)])


async def test_expired_data_is_deleted(server, settings):
    async with connect(replace(settings, channel_max_age=1.0)) as hub:
        await channel("a").publish(1)
        await channel("b").publish(1)
        await channel("b").close()
        await hub.backend.sweep()
        assert server.ask("SELECT count(*) FROM hyper_messages") == [(3,)]
        server.ask("UPDATE hyper_messages SET expires_at = now() - interval '1 second'")
        server.ask("UPDATE hyper_channels SET used_at = used_at - interval '1 minute'")
        await hub.backend.sweep()
        assert server.ask("SELECT count(*) FROM hyper_messages") == [(0,)]
        # The number of a quiet channel is kept longer, so that it can go on without a gap.
        assert server.ask("SELECT name FROM hyper_channels") == [("a",)]
        server.ask("UPDATE hyper_channels SET used_at = used_at - interval '8 days'")
        await hub.backend.sweep()
        assert server.ask("SELECT count(*) FROM hyper_channels") == [(0,)]


async def test_sweeps_run_regularly(server, settings, monkeypatch):
    monkeypatch.setattr("hyperpy.channels.backends.postgres.backend.SWEEP_EVERY", 0.05)
    async with connect(settings):
        await channel("a").publish(1)
        server.ask("UPDATE hyper_messages SET expires_at = now() - interval '1 second'")
        await until(lambda: server.ask("SELECT count(*) FROM hyper_messages") == [(0,)])


async def test_the_messages_of_a_channel_are_trimmed(server, settings):
    async with connect(replace(settings, channel_max_messages=5)):
        for number in range(64):
            await channel("a").publish(number)
        assert server.ask("SELECT count(*) FROM hyper_messages")[0][0] <= 5 + 16


async def test_commits_are_synchronous(server, settings):
    server.ask("ALTER ROLE hyper SET synchronous_commit = off")
    try:
        async with connect(settings) as hub, hub.backend._pool.connection() as asked:
            assert await asked.query("SHOW synchronous_commit") == [("on",)]
    finally:
        server.ask("ALTER ROLE hyper RESET synchronous_commit")


@pytest.fixture
def role(server):
    """A role without privileges."""
    server.ask("CREATE ROLE app LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    yield "app"
    server.ask(f"DROP OWNED BY app; DROP ROLE app; {DROP}")


async def test_a_role_that_may_not_create_tables(server, role, settings, monkeypatch, caplog):
    monkeypatch.setattr("hyperpy.channels.current.PATIENCE", 0.3)
    server.ask(DROP)
    async with connect(Settings(channels=server.address.replace("hyper@", "app@"))) as hub:
        with pytest.raises(BrokerError, match="does not permit what channels need: permission denied") as refused:
            await channel("a").publish(1)
        assert "hyper channels init --print" in str(refused.value)
        server.ask(hub.backend.preparation)
        server.ask("GRANT SELECT, INSERT, UPDATE, DELETE ON hyper_channels, hyper_messages, hyper_queue TO app")
        assert await hub.wait_connected(PATIENCE)
        async with channel("a").subscribe() as messages:
            await channel("a").publish(1)
            assert await take(messages, 1) == [1]
        await queue("a").put("item")
        async for item in queue("a"):
            assert item == "item"
            break
        server.ask("REVOKE INSERT ON hyper_messages FROM app")
        with pytest.raises(BrokerError, match="permission denied for table hyper_messages"):
            await channel("a").publish(2)
    assert caplog.text.count("retrying") == 1


REFUSED = {
    "nobody@127.0.0.1:{port}/postgres": "does not know the user",
    "hyper@127.0.0.1:{port}/nowhere": "has no such database",
    "locked:wrong@127.0.0.1:{port}/postgres": "refused the password",
    "banned@127.0.0.1:{port}/postgres": "refused the connection",
    "few@127.0.0.1:{port}/postgres": "too many connections",
    "hyper@127.0.0.1:1/postgres": "is unreachable",
}


async def test_connections_that_postgres_refuses(broken_postgres, monkeypatch, caplog):
    monkeypatch.setattr("hyperpy.channels.current.PATIENCE", 0.5)
    broken_postgres.allow("host all locked all scram-sha-256\nhost all banned all reject")
    broken_postgres.ask("CREATE ROLE locked LOGIN PASSWORD 'right'")
    broken_postgres.ask("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
    said = {}
    for address in REFUSED:
        caplog.clear()
        async with connect(Settings(channels="postgresql://" + address.format(port=broken_postgres.port))):
            with pytest.raises(BrokerError) as refused:
                await channel("a").publish(1)
        assert "wrong" not in str(refused.value) + caplog.text, address
        assert "\n" not in refused.value.what, address
        assert caplog.text.count("retrying") == 1, address
        said[address] = str(refused.value)
    assert {address: what for address, what in REFUSED.items() if what not in said[address]} == {}, said


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("postgresql://127.0.0.1/name?colour=red", 'invalid URI query parameter: "colour"'),
        ("postgresql://[::1/name", "invalid channels URL"),
        ("postgres://127.0.0.1/%zz", "invalid channels URL"),
    ],
)
def test_invalid_urls(address, what):
    with pytest.raises(ConfigError, match=what):
        make_hub(Settings(channels=address))


def test_a_missing_client_library(monkeypatch):
    for name in [name for name in sys.modules if {"psycopg", "postgres"} & set(name.split("."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r'needs the package psycopg\n.*pip install "\./hyperpy\[postgres\]"'):
        make_hub(Settings(channels="postgresql://127.0.0.1/name"))


async def test_names_are_stored_in_ascii(server, settings):
    async with connect(settings):
        for name in ("r\u00e9sum\u00e9", "a\0\n", "x" * 1000):
            await channel(name).publish(1)
    names = {name for (name,) in server.ask("SELECT name FROM hyper_channels")}
    assert names == {r"r\xe9sum\xe9", r"a\x00\n", "x" * 200}


async def test_a_database_in_another_encoding(server):
    server.ask("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    try:
        latin = Settings(channels=server.address.replace("/postgres", "/latin"))
        async with connect(latin), channel("\u4e2d").subscribe() as messages:
            await channel("\u4e2d").publish("\u4e2d \U0001f600")
            assert await take(messages, 1) == ["\u4e2d \U0001f600"]
    finally:
        server.ask("DROP DATABASE latin WITH (FORCE)")


async def test_a_receipt_is_void_after_the_lease(server, settings):
    async with connect(settings) as hub:
        backend = hub.backend
        await queue("a").put("item")
        key = queue("a")._key
        first = await backend.take(key, 30)
        assert await backend.take(key, 30) is None
        server.ask("UPDATE hyper_queue SET taken_until = now() - interval '1 second'")
        second = await backend.take(key, 30)
        assert second.data == first.data
        await backend.renew([first], 30)
        await backend.release(first)
        await backend.acknowledge(first)
        assert await backend.take(key, 30) is None
        await backend.acknowledge(second)
    assert server.ask("SELECT count(*) FROM hyper_queue") == [(0,)]


async def test_nothing_is_reported_of_a_channel_that_is_no_longer_watched():
    """Its messages may be on their way: announced and not fetched, or being fetched."""
    reported: list[str] = []

    class Reports:
        def arrived(self, key: str, record: Record) -> None:
            reported.append(key)

        def changed(self, key: str) -> None:
            reported.append(key)

    class Connection:
        async def query(self, statement: str, values: dict[str, list[str]]) -> list[tuple[object, ...]]:
            subscriber.unwatch("left")
            return [(key, 1, 1, False, b"x") for key in values["keys"]]

    subscriber = PostgresSubscriber(Reports())
    subscriber._commands = deque()
    for key in ("kept", "left", "left before"):
        subscriber.watch(key)
        subscriber._announced(key, Position(1, 1))
    subscriber.unwatch("left before")
    await subscriber._fetch(Connection())
    assert reported == ["kept"]
