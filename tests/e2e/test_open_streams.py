"""The list of open streams that an application has."""

import contextlib

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hyperpy.streams import EndReason
from hyperpy.testing import serve
from tests.support.clients import EVENT_SOURCE, fetch
from tests.support.raw_client import RawClient
from tests.support.servers import hyper_serve
from tests.support.sites import write_files

IDLE = "import asyncio\nasync def stream():\n    yield 'a'\n    await asyncio.Event().wait()"
ADMIN = """
    from hyperpy import JSON, Request, JSONResponse

    request: Request
    streams = request.app.streams

    response = JSONResponse([
        [[s.file.rpartition("/")[2], s.route, s.path, s.client, s.mode.value, s.events, s.bytes] for s in streams],
        streams.opened,
        {ending.name: count for ending, count in streams.ended.items() if count},
    ])
"""
FILES = {"rooms/{id}.py": IDLE, "admin.py": ADMIN, "short.py": "async def stream():\n    yield 'a'"}


@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "mounted"])
async def test_an_application_lists_its_open_streams(make, wrapped):
    app = make(FILES)
    prefix = "/site" if wrapped else ""
    async with serve(Starlette(routes=[Mount("/site", app)]) if wrapped else app) as site:
        for _ in range(3):
            async with site.stream(f"{prefix}/short") as events:
                await events.rest()
        async with site.stream(f"{prefix}/rooms/7?token=secret") as events:
            await events.next()
            open_now, opened, ended = (await site.get(f"{prefix}/admin")).json()
            assert open_now == [["{id}.py", "/rooms/{id}", f"{prefix}/rooms/7", "127.0.0.1", "sse", 1, 9]]
            assert (opened, ended) == (4, {"FINISHED": 3})
    assert app.streams.ended[EndReason.FINISHED] == 3


def test_each_of_many_streams_that_end_at_once_is_logged(tmp_path):
    write_files(tmp_path / "routes", FILES)
    with contextlib.ExitStack() as stack:
        command = stack.enter_context(hyper_serve(tmp_path))
        for number in range(200):
            connection = stack.enter_context(RawClient(command.port()))
            connection.get(f"/rooms/{number}", Accept=EVENT_SOURCE)
            connection.read_until(b"data: a\n\n")
        assert fetch(command.port(), "/admin")[1].count("/rooms/{id}") == 200
        command.process.terminate()
        assert command.exit_status() == 0
        lines = command.errors.splitlines()
    assert len(lines) == 200
    assert all(line.endswith("; the server stops") for line in lines)
    assert {line.split()[4] for line in lines} == {f"/rooms/{number}" for number in range(200)}
