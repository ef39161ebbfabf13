"""Several visitors in one test share the running application and its channels, with both transports."""

import asyncio
from itertools import product

import pytest

from hyperpy import Hyper
from hyperpy.channels import channel
from hyperpy.config import Settings
from hyperpy.testing import client, serve

FILES = {
    "feed.py": """\
from hyperpy import POST, Response, channel

response: Response

if POST:
    async def load():
        await channel("news").publish("hello")
        return Response(status_code=204)


async def stream():
    async with channel("news").subscribe() as messages:
        yield "ready"
        async for message in messages:
            yield message.data
""",
    "name.py": """\
from hyperpy import Query, session

name: str = Query("")
if name:
    session["name"] = name
t"<p>{session.get('name', 'nobody')}</p>"
""",
}


async def received(subscriber, publisher):
    async with subscriber.stream("/feed") as events:
        assert (await events.next()).data == "ready"
        assert (await publisher.post("/feed")).status_code == 204
        return (await events.next()).data


async def test_a_visitor_has_cookies_and_headers_of_its_own(opened, write):
    async with opened(write(FILES)) as ann:
        ann.headers["X-Test"] = "1"
        bob = ann.visitor()
        assert "X-Test" not in bob.headers
        assert (await ann.page("/name?name=Ann")).text == "Ann"
        assert (await bob.page("/name")).text == "nobody"
        assert (await bob.page("/name?name=Bob")).text == "Bob"
        assert (await ann.page("/name")).text == "Ann"
        assert bob.url == ann.url


async def test_visitors_share_channels(opened, write):
    async with opened(write(FILES)) as ann:
        bob = ann.visitor()
        assert await received(bob, ann) == await received(ann, bob.visitor()) == "hello"


async def test_a_visitor_is_closed_with_the_first(opened, write):
    async with opened(write(FILES)) as ann:
        bob = ann.visitor()
        await bob.visitor().leave()
        assert (await bob.page("/name")).text == "nobody"
    with pytest.raises(RuntimeError, match="closed"):
        await bob.get("/name")


@pytest.mark.parametrize(("first", "second"), [*product((client, serve), repeat=2)])
async def test_lifespans_of_one_application_share_channels(first, second, write):
    app = Hyper(routes=write(FILES), settings=Settings(secret_key="x" * 32))
    async with first(app) as a:
        async with second(app) as b:
            assert await received(b, a) == await received(a, b) == "hello"
            await channel("test").publish(1)  # the test has one hub as well
        assert await received(a, a) == "hello"
    async with first(app) as again:
        assert await received(again, again) == "hello"


async def test_the_lifespan_that_started_first_may_end_first(write):
    app = Hyper(routes=write(FILES), settings=Settings(secret_key="x" * 32))
    started, leave = asyncio.Event(), asyncio.Event()

    async def first():
        async with client(app):
            started.set()
            await leave.wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(first())
        await started.wait()
        async with client(app) as site:
            leave.set()
            await task
            assert await received(site, site) == "hello"


async def test_other_settings_for_channels_have_a_hub_of_their_own(write):
    app = Hyper(routes=write(FILES), settings=Settings(secret_key="x" * 32))
    other = Settings(secret_key="x" * 32, channel_max_messages=1)
    async with client(app) as a, client(app, settings=other) as b, b.stream("/feed") as events:
        await events.next()
        await a.post("/feed")
        await b.post("/feed")
        assert len(await events.take(1)) == 1
        with pytest.raises(AssertionError):
            await events.next(timeout=0.05)
