"""`listen` and PostgreSQL's notifications."""

import asyncio
import gc
from pathlib import Path

import pytest

from hyperpy import listen
from hyperpy.channels import connect
from hyperpy.channels.hub import notifications
from hyperpy.config import Settings
from hyperpy.exceptions import ChannelError
from hyperpy.testing import client
from tests.channels.steps import take_payloads
from tests.coming_from.rows import DOCUMENT, POSTGRESQL, of, stream_of
from tests.docs_support.markdown import Document
from tests.support.until import PATIENCE, until

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def address(shared_postgres):
    return shared_postgres.address


@pytest.mark.parametrize(
    ("payload", "received"),
    [
        ('{"id": 1}', {"id": 1}),
        ("42", 42),
        ("true", True),
        ("row 7 has changed", "row 7 has changed"),
        ("", ""),
        ("NaN", "NaN"),
        ("{", "{"),
        ("\u00e9 \U0001f600", "\u00e9 \U0001f600"),
    ],
)
@pytest.mark.usefixtures("hub")
async def test_payloads_are_json_or_text(shared_postgres, payload, received):
    async with listen("orders") as payloads:
        shared_postgres.ask(f"SELECT pg_notify('orders', '{payload}')")
        assert await take_payloads(payloads, 1) == [received]


NAMES = ["orders", "Orders", 'with "quotes"', "'; --", "a.b", "\u00e9" * 31, "x" * 63, "select"]


@pytest.mark.usefixtures("hub")
async def test_names_are_exact(shared_postgres):
    for name in NAMES:
        async with listen(name) as payloads:
            for other in NAMES:
                shared_postgres.ask("SELECT pg_notify('{}', '{}')".format(*[other.replace("'", "''")] * 2))
            assert await take_payloads(payloads, 1) == [name]
            shared_postgres.ask("SELECT pg_notify('{}', 'end')".format(name.replace("'", "''")))
            assert await take_payloads(payloads, 1) == ["end"]


@pytest.mark.usefixtures("hub")
async def test_a_trigger_notifies_all_listeners(shared_postgres):
    """The SQL of the documentation, including the privileges that it grants."""
    blocks = [block.text for block in Document.read(DOCS / "deploying.md").blocks() if block.language == "sql"]
    shared_postgres.ask("CREATE TABLE orders (id int); CREATE ROLE shop")
    try:
        for block in blocks:
            shared_postgres.ask(block)
        async with listen("orders") as one, listen("orders") as two:
            shared_postgres.ask("INSERT INTO orders VALUES (1), (2)")
            assert await take_payloads(one, 2) == await take_payloads(two, 2) == [{"id": 1}, {"id": 2}]
        assert shared_postgres.ask("SELECT has_table_privilege('shop', 'hyper_queue', 'DELETE')") == [(True,)]
    finally:
        shared_postgres.ask("DROP TABLE orders; DROP FUNCTION tell_of_order; DROP OWNED BY shop; DROP ROLE shop")


async def test_the_lines_for_those_who_come_from_php(shared_postgres, settings, tmp_path):
    """The trigger and the streams of docs/how-to/from-php.md."""
    for number, row in enumerate(of(POSTGRESQL)):
        (tmp_path / f"row{number}.py").write_text(stream_of(row))
    shared_postgres.ask("CREATE TABLE users (id int, name text)")
    try:
        for block in DOCUMENT.blocks():
            if block.language == "sql":
                shared_postgres.ask(block.text)
        async with client(tmp_path, settings=settings) as site:
            for number, row in enumerate(of(POSTGRESQL)):
                async with site.stream(f"/row{number}") as events:
                    shared_postgres.ask("INSERT INTO users VALUES (1, 'Ada')")
                    event = await events.next()
                    assert (f"{event.event} {event.data}",) == row.outcome
    finally:
        shared_postgres.ask("DROP TABLE users; DROP FUNCTION tell_of_user")


async def test_abandoned_names_are_not_listened_to(shared_postgres, hub):
    async with listen("orders") as first:
        waiting = asyncio.create_task(anext(listen("orders")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        del waiting
        gc.collect()
        shared_postgres.ask("NOTIFY orders, '1'")
        assert await take_payloads(first, 1) == [1]
    await until(lambda: not hub.notifications._inboxes and not hub.backend._subscriber._names)
    async with listen("orders") as again:
        shared_postgres.ask("NOTIFY orders, '2'")
        assert await take_payloads(again, 1) == [2]


async def test_listening_again_at_once(shared_postgres, hub, monkeypatch):
    unlistened = []
    retire = hub.notifications._retire

    async def retire_and_note(name):
        await retire(name)
        unlistened.append(name)

    monkeypatch.setattr(hub.notifications, "_retire", retire_and_note)
    for number in range(10):
        async with listen("orders") as payloads:
            await until(lambda number=number: len(unlistened) == number)  # for the listener before
            shared_postgres.ask(f"NOTIFY orders, '{number}'")
            assert await take_payloads(payloads, 1) == [number]


async def test_a_loop_that_ends_stops_listening(shared_postgres, hub):
    async def one():
        async for payload in listen("orders"):
            return payload
        return None

    waiting = asyncio.create_task(one())
    await until(lambda: hub.backend._subscriber._names)
    async with listen("orders"):
        shared_postgres.ask("NOTIFY orders, '1'")
    assert await waiting == 1
    gc.collect()
    await until(lambda: not hub.notifications._inboxes)


@pytest.mark.usefixtures("hub")
async def test_a_lost_connection_yields_none(shared_postgres):
    async with listen("orders") as payloads:
        shared_postgres.ask("NOTIFY orders, '1'")
        assert await take_payloads(payloads, 1) == [1]
        shared_postgres.cut_connections()
        assert await take_payloads(payloads, 1) == [None]
        shared_postgres.ask("NOTIFY orders, '2'")
        assert await take_payloads(payloads, 1) == [2]


@pytest.mark.usefixtures("hub")
async def test_a_slow_listener_gets_none_and_the_newest_payloads(shared_postgres, monkeypatch):
    monkeypatch.setattr(notifications, "INBOX", 10)
    async with listen("orders") as slow, listen("orders") as fast:
        for number in range(25):
            shared_postgres.ask(f"NOTIFY orders, '{number}'")
            assert await take_payloads(fast, 1) == [number]
        assert await take_payloads(slow, 7) == [None, 19, 20, 21, 22, 23, 24]


async def test_listening_begins_when_the_server_is_back(broken_postgres, monkeypatch, caplog):
    monkeypatch.setattr("hyperpy.channels.current.PATIENCE", 0.1)
    broken_postgres.kill()
    async with connect(Settings(channels=broken_postgres.address)):
        waiting = asyncio.create_task(listen("orders").__aenter__())
        await until(lambda: "retrying" in caplog.text)
        assert not waiting.done()
        broken_postgres.start()
        async with asyncio.timeout(PATIENCE):
            payloads = await waiting
        broken_postgres.ask("NOTIFY orders, '1'")
        assert await take_payloads(payloads, 1) == [1]


async def test_the_application_ends(address):
    async with connect(Settings(channels=address)):
        payloads = listen("orders")
        await payloads.__aenter__()
    with pytest.raises(ChannelError, match="has ended"):
        await anext(payloads)


@pytest.mark.usefixtures("hub")
async def test_a_listener_can_be_used_once():
    payloads = listen("orders")
    async with payloads:
        pass
    assert [each async for each in payloads] == []
    with pytest.raises(ChannelError, match="used already"):
        async with payloads:
            pass


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("", "invalid notification channel name: ''"),
        (42, "invalid notification channel name: 42"),
        ("a\0", "invalid notification channel name"),
        ("\u00e9" * 32, "longer than the 63 bytes"),
        ("hyperpy", "uses the notification channel 'hyperpy' itself"),
    ],
)
def test_invalid_names(name, what):
    with pytest.raises(ChannelError, match=what):
        listen(name)


async def test_memory_has_no_notifications():
    async with connect(Settings()):
        with pytest.raises(ChannelError, match=r"channels are at memory://\n.*HYPER_CHANNELS=postgresql://"):
            listen("orders")
