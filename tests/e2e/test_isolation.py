"""Concurrent requests never see each other's values."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import httpx
import pytest

from tests.support.clients import ANYTHING, BROWSER, EVENT_SOURCE, client_at, events_of, wait_for_items
from tests.support.servers import hyper_serve
from tests.support.sites import write_files

USERS = 1000
AT_ONCE = 50

# Each route sets every kind of module-level value, waits in between, and shows all of them in the end. If requests were
# mixed up, a response would hold a second user's token.
LOADED = """
    import asyncio
    import random
    from typing import Annotated

    from hyper import GET, Header, Request, Response, fragment, html, render

    token: str
    request: Request
    response: Response
    agent: Annotated[str, Header(alias="x-token")]

    first = token
    seen = [token]
    table: dict[str, str] = {}


    class Basket:
        owner = token
        items: list[str] = []


    def put(item, box=[]):
        Basket.items.append(item)
        box.append(item)
        return box


    async def nap():
        await asyncio.sleep(random.random() / 200)


    async def load():
        global second, third, fourth, in_thread, kept
        await nap()
        second = first
        await nap()
        seen.append(second)
        table[second] = token
        third = put(second)
        kept = put(agent)
        await nap()
        fourth = str(render(fragments="mine"))
        in_thread = await asyncio.to_thread(lambda: (bool(GET), render(fragments="mine")))
        response.headers["x-echo"] = token
        response.set_cookie("echo", second)
        await nap()


    fifth = [first, second, third, kept]

    t'''
    <b {fragment}="mine">{token}</b>
    {first} {second} {third} {kept} {fourth} {fifth} {seen} {list(table.items())} {in_thread[1]} {Basket.owner}
    {Basket.items} {request.path_params["token"]} {request.query_params["again"]} {agent}
    {len(seen)} {len(kept)} {len(table)} {len(Basket.items)}
    '''
"""
BLOCKING = """
    import random
    import time

    from hyper import GET, Request, fragment, render

    token: str
    request: Request


    def nap():
        time.sleep(random.random() / 500)


    def step():
        global second, count
        nap()
        second = first
        count += 1
        nap()


    first = token
    seen = []
    count = 0
    nap()
    seen.append(first)
    step()
    step()
    inner = render(fragments="mine") if GET else ""

    t'''
    <b {fragment}="mine">{second} {nap()} {first}</b>
    {inner} {seen} {token} {request.query_params["again"]} {nap()} {second}
    {len(seen)} {count}
    '''
"""
# A page whose task outlives its response, and a stream that outlives many other requests.
TASKS = """
    import asyncio
    import random

    from hyper import POST, fragment, render

    from ._log import log

    token: str

    later = "not yet"


    async def remember():
        global later
        await asyncio.sleep(random.random() / 50)
        later = token
        log.append((token, bool(POST), str(render(fragments="mine"))))


    async def load():
        global task
        await asyncio.sleep(random.random() / 200)
        task = asyncio.create_task(remember())


    t'<b {fragment}="mine">{token} {later}</b>'
"""
HELD = """
    import asyncio
    import random

    from hyper import fragment, render

    from ._log import finals

    token: str

    count = 0
    seen = []


    def note():
        global count, latest
        latest = token
        count += 1
        seen.append(latest)


    t'<b {fragment}="mine">{token} {latest} {seen[-1]} {count - len(seen)}</b>'


    async def stream():
        try:
            while True:
                note()
                await asyncio.sleep(random.random() / 4)
                yield render(fragments="mine")
        finally:
            finals.append((token, latest, set(seen)))
"""
# A guard, the imported request and response, a marker of the site's own, and one Response object for all requests.
GUARD = """
    import asyncio
    import random

    from hyper import Response

    token: str
    response: Response


    async def load():
        await asyncio.sleep(random.random() / 200)
        response.headers["x-guard"] = token
        response.set_cookie("guard", token)
"""
SHARED = """
    import asyncio
    import random
    from typing import Annotated

    from hyper import InputMarker, PlainTextResponse, redirect, request, response

    SHARED = PlainTextResponse("shared")


    class User(InputMarker):
        def value(self, request, name):
            return request.path_params["token"]


    token: str
    user: Annotated[str, User()]


    def current():
        return request.path_params["token"]


    async def later():
        await asyncio.sleep(random.random() / 200)
        return request.query_params["again"]


    async def load():
        global found
        found = await asyncio.gather(later(), asyncio.create_task(later()), asyncio.to_thread(current))
        response.set_cookie("own", current())
        if request.query_params.get("shared"):
            return SHARED
        if request.query_params.get("gone"):
            redirect(f"/gone/{user}")


    t"<p>{token} {user} {current()} {found}</p>"
"""
FILES = {
    "routes/shared/{token}/_guard.py": GUARD,
    "routes/shared/{token}/index.py": SHARED,
    "routes/_log.py": "log = []\nfinals = []\n",
    "routes/loaded/{token}.py": LOADED,
    "routes/blocking/{token}.py": BLOCKING,
    "routes/tasks/{token}.py": TASKS.replace("._log", ".._log"),
    "routes/held/{token}.py": HELD.replace("._log", ".._log"),
    "routes/log.py": """
        from hyper import JSONResponse
        from routes._log import finals, log

        response = JSONResponse({"log": log, "finals": [(token, latest, list(seen)) for token, latest, seen in finals]})
    """,
}


@dataclass(frozen=True, slots=True)
class Connection:
    """One kept-alive connection. A client of httpx takes longer for a request than the server for its answer."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int) -> AsyncIterator[Self]:
        connection = cls(*await asyncio.open_connection("127.0.0.1", port))
        try:
            yield connection
        finally:
            connection.writer.close()
            await connection.writer.wait_closed()

    async def get(self, target: str, headers: dict[str, str]) -> httpx.Response:
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        status, *fields = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        pairs = [(name, value) for name, _, value in (field.partition(": ") for field in fields)]
        length = int(dict(pairs)["content-length"])
        return httpx.Response(int(status.split()[1]), headers=pairs, content=await self.reader.readexactly(length))


@dataclass(frozen=True, slots=True)
class User:
    token: str

    async def request(self, client: Connection, folder: str, more: str = "", status: int = 200) -> httpx.Response:
        target = f"/{folder}/{self.token}?again={self.token}{more}"
        response = await client.get(target, {"host": "site.example", "x-token": self.token, "accept": BROWSER})
        assert response.status_code == status, response.text
        return response

    async def use(self, client: Connection) -> None:
        loaded = await self.request(client, "loaded")
        assert tokens_in(loaded.text) == {self.token}
        assert loaded.text.split()[-4:] == ["2", "2", "1", "2"]
        assert loaded.headers["x-echo"] == self.token
        assert loaded.headers["set-cookie"].startswith(f"echo={self.token};")
        blocking = await self.request(client, "blocking")
        assert tokens_in(blocking.text) == {self.token}
        assert blocking.text.split()[-2:] == ["1", "2"]
        assert (await self.request(client, "tasks")).text == f"<b>{self.token} not yet</b>"
        more, status = random.choice([("", 200), ("&shared=1", 200), ("&gone=1", 303)])
        guarded = await self.request(client, "shared", more, status)
        assert (tokens_in(guarded.text) == {self.token}) is (not more)
        assert guarded.headers.get("location") == (f"/gone/{self.token}" if "gone" in more else None)
        assert guarded.headers["x-guard"] == self.token
        cookies = sorted(cookie.partition(";")[0] for cookie in guarded.headers.get_list("set-cookie"))
        assert cookies == [f"guard={self.token}", f"own={self.token}"]


def tokens_in(text: str) -> set[str]:
    return {word[:20] for word in text.replace("token-", " token-").split() if word.startswith("token-")}


def make_users(count: int) -> list[User]:
    return [User(f"token-{number:04}-{random.getrandbits(36):09x}") for number in range(count)]


async def all_use(port: int, users: list[User]) -> None:
    """Every user requests a page of each kind, AT_ONCE users at a time."""
    waiting = iter(users)

    async def worker() -> None:
        async with Connection.open(port) as client:
            for user in waiting:
                await user.use(client)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with hyper_serve(write_files(tmp_path_factory.mktemp("isolation"), FILES)) as command:
        yield command.port()


@pytest.mark.slow
async def test_a_thousand_users_fifty_at_once(site):
    users = make_users(USERS)
    await all_use(site, users)
    async with client_at(site, ANYTHING) as client:
        expected = sorted([user.token, False, f"<b>{user.token} {user.token}</b>"] for user in users)
        log = await wait_for_items(client, "/log", "log", USERS)
        assert sorted(log) == expected


async def test_streams_keep_their_values_while_others_send_requests(site):
    holders, users = make_users(AT_ONCE), make_users(100)
    seen: dict[str, int] = {}
    others_done = asyncio.Event()

    async def hold(client: httpx.AsyncClient, user: User) -> None:
        after = 0
        async with events_of(client, f"/held/{user.token}", headers={"accept": EVENT_SOURCE}) as events:
            async for event in events:
                assert event.data == f"<b>{user.token} {user.token} {user.token} 0</b>"
                seen[user.token] = seen.get(user.token, 0) + 1
                after += others_done.is_set()
                if after == 2:
                    return

    async with client_at(site, ANYTHING) as client:
        async with asyncio.TaskGroup() as group:
            for user in holders:
                group.create_task(hold(client, user))
            while len(seen) < AT_ONCE:
                await asyncio.sleep(0.01)
            await all_use(site, users)
            others_done.set()
        finals = await wait_for_items(client, "/log", "finals", AT_ONCE)
        assert sorted(finals) == sorted([user.token, user.token, [user.token]] for user in holders)
