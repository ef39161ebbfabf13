"""A redirect is the answer as soon as it is made, whatever becomes of it."""

import asyncio
import logging
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.routing import Route

from hyperpy import Hyper
from hyperpy.web.redirect import redirect
from tests.support.clients import client_of
from tests.support.sites import Site, Write

AUTH = """
from hyperpy import *

def require_user():
    redirect("/login")

def returned():
    return redirect("/login")

def raised():
    raise redirect("/login")

async def arequire_user():
    redirect("/login")

async def araised():
    raise redirect("/login")

class User(InputMarker):
    def value(self, request, name):
        redirect("/login")
        return "nobody"

class ReturningUser(User):
    def value(self, request, name):
        return redirect("/login")

def Card(children=""):
    redirect("/login")
    return children

async def Late(children=""):
    redirect("/login")
    return children
"""
IMPORTS = """
import asyncio, contextlib
from typing import Annotated
from starlette.concurrency import run_in_threadpool
from hyperpy import *
from ._auth import *
"""
PAGE = "\nt'<p>secret</p>'\n"


GUARD = "def guard():\n    redirect('/login')\n"
WORKED_ON = "def guard():\n    response = redirect('/login')\n    response.delete_cookie('a')\n    return response\n"


def loader(*lines: str) -> str:
    return "async def load():\n    " + "\n    ".join(lines) + PAGE


DROPPED = {
    "by a guard, in the body": f"require_user(){PAGE}",
    "by a guard, in the loader": loader("require_user()"),
    "by an awaited guard": loader("await arequire_user()"),
    "into a condition": f"if require_user():\n    pass{PAGE}",
    "by a guard that returns it, into a condition": f"if not returned():\n    1 / 0{PAGE}",
    "into a list": f"users = [returned() for _ in '12']{PAGE}",
    "into a nested tuple": f"(a, (b, c)) = (1, (returned(), 2)){PAGE}",
    "into a tuple": f"_ = returned(), 1{PAGE}",
    "into a lambda's result": f"_ = list(map(lambda _: returned(), '1')){PAGE}",
    "raised and swallowed": f"try:\n    raised()\nexcept Exception:\n    pass{PAGE}",
    "raised and swallowed in the loader": loader("try:", "    raised()", "except:", "    pass"),
    "raised and suppressed": f"with contextlib.suppress(Exception):\n    raised(){PAGE}",
    "raised, and another error after it": f"try:\n    raised()\nexcept Exception:\n    raise HTTPException(403){PAGE}",
    "an HTTPException after it": loader("require_user()", "raise HTTPException(403)"),
    "a bug after it": loader("require_user()", "None.name"),
    "another answer after it": loader("require_user()", "return JSONResponse('secret')"),
    "another redirect after it": loader("require_user()", "return redirect('/done')"),
    "response is set after it": f"require_user()\nresponse = PlainTextResponse('secret'){PAGE}",
    "by a function of the file": f"{GUARD}if guard():\n    pass{PAGE}",
    "by a function of the file, and a response after it": f"{GUARD}if guard():\n    pass\nJSONResponse('secret')",
    "by a function of the file, and response after it": f"{GUARD}if guard():\n    pass\n"
    "response = JSONResponse('secret')",
    "by a function of the file, and a worked-on response after it": f"{GUARD}{WORKED_ON}if guard():\n    pass\n"
    "response = JSONResponse('secret')\nresponse.set_cookie('a', '')",
    "by a loader that works on it": GUARD
    + "async def load():\n    answer = guard()\n    answer.delete_cookie('a')\n    return JSONResponse('secret')\nt''",
    "gathered": loader("await asyncio.gather(arequire_user(), asyncio.to_thread(raised), return_exceptions=True)"),
    "in a worker thread": loader("await asyncio.to_thread(require_user)"),
    "in the thread pool": loader("await run_in_threadpool(returned)"),
    "in a task that is not awaited": loader("asyncio.create_task(arequire_user())", "await asyncio.sleep(0)"),
    "in a task that nothing waits for": loader("asyncio.create_task(arequire_user())"),
    "in a task that is only named": loader("task = asyncio.ensure_future(araised())"),
    "in a task beside data": "async def load():\n    asyncio.create_task(arequire_user())\n    return {'secret': 1}\n",
    "in a task group": loader("async with asyncio.TaskGroup() as g:", "    g.create_task(arequire_user())"),
    "raised in a task group": loader(
        "async with asyncio.TaskGroup() as g:", "    g.create_task(asyncio.to_thread(raised))"
    ),
    "in an input marker": f"user: Annotated[str, User()]{PAGE}",
    "returned by an input marker": f"user: Annotated[str, ReturningUser()]{PAGE}",
    "in a component": "t'<p>secret</p><{Card} />'",
    "in an async component": "t'<p>secret</p><{Late} />'",
    "in an async value": "t'<p>secret</p>{arequire_user()}'",
    "shown by the page": "t'<p>secret</p>{returned()}'",
    "in a Suspense": "t'<p>secret</p><{Suspense} fallback=\"…\">{arequire_user()}</{Suspense}>'",
    "raised in a Suspense": "async def later():\n    raised()\n"
    "t'<p>secret</p><{Suspense} fallback=\"…\">{later()}</{Suspense}>'",
    "raised in the page": "t'<p>secret</p>{raised()}'",
    "before a stream": "require_user()\nasync def stream():\n    yield 'secret'",
    "in a stream": "async def stream():\n    require_user()\n    yield 'secret'",
    "in a stream, awaited": "async def stream():\n    await arequire_user()\n    yield 'secret'",
    "raised in a stream": "async def stream():\n    raised()\n    yield 'secret'",
    "raised in a stream after an event": "async def stream():\n    yield 'secret'\n    raised()",
    "dropped in a stream after an event": "async def stream():\n    yield 'secret'\n    require_user()\n    yield 'x'",
    "in a stream that fails": "async def stream():\n    require_user()\n    yield None.name",
    "raised in a stream's task group": "async def stream():\n    async with asyncio.TaskGroup() as g:\n"
    "        g.create_task(araised())\n    yield 'secret'",
    "by a task beside a stream": "async def load():\n    asyncio.create_task(arequire_user())\n"
    "async def stream():\n    await asyncio.sleep(0)\n    yield 'secret'",
    "in progressive HTML": "async def stream():\n    require_user()\n    yield t'<html>secret'",
    "after the start tag of progressive HTML": "async def stream():\n    yield t'<html>secret'\n    require_user()",
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_dropped_redirect_is_the_answer(site: Site, method: str) -> None:
    """For HEAD, the generator of a stream and deferred values do not run, so nothing in them can redirect."""
    files = {f"r{index}.py": IMPORTS + body for index, body in enumerate(DROPPED.values())}
    client = site({"_auth.py": AUTH, **files})
    wrong = {}
    for index, (how, body) in enumerate(DROPPED.items()):
        if method == "HEAD" and (
            "stream():\n" in body or "{arequire_user()}" in body or "Late" in body or "later" in body
        ):
            continue
        answer = await client.request(method, f"/r{index}", headers={"accept": "text/event-stream"})
        if (answer.status_code, answer.headers.get("location")) != (303, "/login") or "secret" in answer.text:
            wrong[how] = (answer.status_code, answer.headers.get("location"), answer.text)
    assert not wrong


async def test_an_error_page_may_redirect(site: Site) -> None:
    """Also from a deferred value, for which an error page waits."""
    pages = ("raise redirect('/home')\nt''", "redirect('/home')", "x = [redirect('/home')]\nt''")
    later = "async def later():\n    x = [redirect('/home')]\nt'{later()}'"
    for page in (*pages, later, later.replace("x = [redirect('/home')]", "raise redirect('/home')")):
        client = site({"_404.py": f"from hyperpy import redirect\n{page}"})
        answer = await client.get("/nothing")
        assert (answer.status_code, answer.headers["location"]) == (303, "/home"), page


def test_without_a_request_it_is_a_plain_response() -> None:
    answer = redirect("/a b", 307)
    assert (answer.status_code, answer.headers["location"], str(answer)) == (307, "/a%20b", "307 to /a%20b")
    with pytest.raises(Exception, match="303 to /next") as caught:
        raise redirect("/next")
    assert caught.value.headers["location"] == "/next"


async def test_routes_of_starlette_may_return_or_raise_it(write: Write) -> None:
    async def returning(request: Request) -> object:
        return redirect("/login")

    async def raising(request: Request) -> object:
        raise redirect("/login")

    app = Hyper(routes=write({"index.py": "t''"}), static=None)
    app.router.routes += [Route("/old", returning), Route("/older", raising)]
    async with client_of(app) as client:
        for path in ("/old", "/older"):
            assert (await client.get(path)).headers["location"] == "/login"


LATE = {
    "a stream": "async def stream():\n    yield 'x'\n    await asyncio.sleep(0.01)\n    require_user()",
    "a stream, raised": "async def stream():\n    yield 'x'\n    await asyncio.sleep(0.01)\n    raised()",
    "content of a response": "async def rows():\n    yield 'a'\n    require_user()\n"
    "response = StreamingResponse(rows())",
    "a background task": "from starlette.background import BackgroundTask\nresponse: Response\n"
    "response.background = BackgroundTask(require_user)\nt'<p>'",
}


async def test_after_the_headers_a_redirect_is_an_error(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    files = {f"r{index}.py": IMPORTS + body for index, body in enumerate(LATE.values())}
    app = Hyper(routes=write({"_auth.py": AUTH, **files}), static=None)
    for index, what in enumerate(LATE):
        caplog.clear()
        async with client_of(app) as client:
            answer = await client.get(f"/r{index}", headers={"accept": "text/event-stream"})
        assert answer.status_code == 200, what
        late = "stream-error" if "stream()" in LATE[what] else ""
        assert late in answer.text, what
        assert not late or "it is too late to redirect 303 to /login" in caplog.text, what


async def test_a_task_that_outlives_its_request_does_not_touch_another(site: Site, write: Write) -> None:
    """It redirects while the second request waits, and gets an error."""
    source = """
        import asyncio
        from hyperpy import *
        from ._state import go, tasks
        name: str
        async def late():
            await go.wait()
            raise redirect("/elsewhere")
        async def load():
            if name == "first":
                tasks.append(asyncio.create_task(late()))
            else:
                go.set()
                await asyncio.wait(tasks)
        t"<p>{name}</p>"
        """
    state = "import asyncio\ngo, tasks = asyncio.Event(), []\n"
    client = site(
        {"index.py": source, "_state.py": state, "done.py": "from ._state import tasks\nt'{tasks[0].exception()}'"}
    )
    assert (await client.get("/?name=first")).text == "<p>first</p>"
    assert (await client.get("/?name=second")).text == "<p>second</p>"
    assert "it is too late to redirect" in (await client.get("/done")).text


async def test_requests_at_the_same_time_have_their_own(site: Site) -> None:
    source = """
        import asyncio
        from hyperpy import *
        from ._auth import *
        user: str
        async def load():
            await asyncio.sleep(0)
            if user == "nobody":
                await arequire_user()
            await asyncio.sleep(0)
        t"{user}"
        """
    client = site({"index.py": source, "_auth.py": AUTH})
    users = ["nobody", "ada"] * 8
    answers = await asyncio.gather(*(client.get("/", params={"user": user}) for user in users))
    assert [answer.status_code for answer in answers] == [303, 200] * 8


@pytest.mark.parametrize("debug", [True, False])
async def test_dropped_redirects_are_reported_in_debug_mode(
    site: Site, write: Write, caplog: pytest.LogCaptureFixture, debug: bool
) -> None:
    """With the line that made it, and the line of the route file that led there."""
    folder: Path = write({})
    files = {"_auth.py": AUTH, "index.py": "from ._auth import *\nx = 1\nrequire_user()\nt''"}
    kept = {
        "kept.py": "from ._auth import *\nif 1:\n    returned()\nt''",
        "raises.py": "from ._auth import *\nraised()\nt''",
    }
    client = site(files | kept, debug=debug)
    with caplog.at_level(logging.WARNING, logger="hyperpy"):
        for path in ("/", "/kept", "/raises"):
            assert (await client.get(path)).status_code == 303
    auth, index = folder / "_auth.py", folder / "index.py"
    place = f"{auth}:4, called from {index}:3  the redirect to /login was dropped"
    assert [record.getMessage().startswith(place) for record in caplog.records] == [True] * debug
