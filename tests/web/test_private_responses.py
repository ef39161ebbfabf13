"""A response is private to its visitor if any code has read the session, at any time."""

from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper, Settings
from tests.support.clients import BROWSER, EVENT_SOURCE, client_of
from tests.support.sites import write_files

FILES = {
    "set.py": "from hyperpy import session\nsession['name'] = 'Ada'\nt'page'\n",
    "_layout.py": "from hyperpy import session\ndef Layout(children):\n    return t'{session.get('name')}{children}'\n",
    "_names.py": "from hyperpy import session\ndef name():\n    return session.get('name')\n",
    "layout.py": "from routes._layout import Layout\nt'<{Layout}>page</{Layout}>'\n",
    "dependency.py": "from hyperpy import Depends\nfrom ._names import name\nn: str | None = Depends(name)\nt'{n}'\n",
    "guarded/_guard.py": "from hyperpy import session\nuser = session.get('name')\n",
    "guarded/index.py": "t'page'\n",
    "guarded/text.py": "from hyperpy import PlainTextResponse\nPlainTextResponse('page')\n",
    "guarded/away.py": "from hyperpy import redirect\nredirect('/')\n",
    "guarded/nobody.py": "from hyperpy import response\nresponse.status_code = 204\nt'page'\n",
    "failing/index.py": "1 / 0\nt'page'\n",
    "failing/_error.py": "from hyperpy import session\nt'{session.get('name')}'\n",
    "parts.py": "import asyncio\nfrom hyperpy import Suspense, session\nasync def late():\n    await asyncio.sleep(0)\n"
    "    return t'{session.get('name')}'\nt'<{Suspense}>{late()}</{Suspense}>'\n",
    "html.py": "from hyperpy import session\nasync def stream():\n    yield t'<!doctype html>'\n"
    "    yield t'{session.get('name')}'\n",
    "events.py": "from hyperpy import session\nasync def stream():\n    yield t'first'\n"
    "    yield t'{session.get('name')}'\n",
    "at_first.py": "from hyperpy import session\nn = session.get('name')\nasync def stream():\n    yield t'{n}'\n",
    "own.py": "from hyperpy import response, session\nresponse.headers['cache-control'] = 'no-store'\n"
    "t'{session.get('name')}'\n",
    "own_events.py": "from hyperpy import response, session\n"
    "response.headers['cache-control'] = 'max-age=9, No-Store'\nn = session.get('name')\n"
    "async def stream():\n    yield t'{n}'\n",
    "unread.py": "t'page'\n",
}
READERS = {
    "/layout": "private",
    "/dependency": "private",
    "/guarded": "private",
    "/guarded/text": "private",
    "/guarded/away": "private",
    "/guarded/nobody": "private",
    "/guarded/nothing": None,  # no error page has asked the guard
    "/failing": "private",
    "/failing/nothing": "private",
    "/parts": "private, no-cache",
    "/html": "private, no-cache",
    "/events": "private, no-cache, no-transform",
    "/at_first": "private, no-cache, no-transform",
    "/own": "no-store",
    "/own_events": "no-store, no-transform",
    "/unread": None,
}


@pytest.fixture
def http(tmp_path: Path) -> httpx.AsyncClient:
    write_files(tmp_path / "routes", FILES)
    return client_of(
        Hyper(tmp_path / "routes", static=None, settings=Settings(secret_key="a key that nobody can guess"))
    )


async def test_who_reads_the_session(http: httpx.AsyncClient) -> None:
    async with http:
        await http.get("/set")
        found = {}
        for path in READERS:
            accept = EVENT_SOURCE if path in ("/events", "/at_first", "/own_events") else BROWSER
            for method in ("GET", "HEAD"):
                answer = await http.request(method, path, headers={"Accept": accept})
                caching = answer.headers.get("cache-control")
                found[method, path] = caching
                assert ("Cookie" in answer.headers.get("vary", "")) == (caching is not None), (method, path)
        assert found == {(method, path): value for path, value in READERS.items() for method in ("GET", "HEAD")}


async def test_a_visitor_without_a_session(http: httpx.AsyncClient) -> None:
    """A part of a page that comes late can't tell any more that it has read a session, but there is nothing to read."""
    async with http:
        for path, caching in {"/parts": "no-cache", "/events": "no-cache, no-transform", "/layout": "private"}.items():
            accept = EVENT_SOURCE if path == "/events" else BROWSER
            assert (await http.get(path, headers={"Accept": accept})).headers["cache-control"] == caching, path
