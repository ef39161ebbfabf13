"""`_guard.py`: what runs before the routes of a folder, and what it leaves for their answers."""

import asyncio
from pathlib import Path

import pytest

from hyperpy import Hyper, HyperError
from hyperpy.testing import client
from tests.support.clients import EVENT_SOURCE, client_of
from tests.support.sites import Make, write_files

# A guard that does what the query says. It marks its answers with a header and a cookie.
GUARD = """
    from hyperpy import HTTPException, JSONResponse, PlainTextResponse, Request, Response, redirect

    request: Request
    response: Response

    name = "NAME"
    response.headers["x-NAME"] = "ran"
    response.headers.append("x-trail", "NAME")
    response.set_cookie("NAME", "1")
    todo = request.query_params.get("NAME", "")
    secret = "the guard's own"

    if todo == "redirect":
        redirect("/login")
    if todo == "http":
        raise HTTPException(403, "refused by NAME")
    if todo == "fail":
        1 / 0


    def denied():
        return PlainTextResponse("denied by NAME", 401)


    if todo == "call":
        denied()


    async def load():
        if todo == "return":
            return JSONResponse({"by": "NAME"}, 418)
        if todo == "data":
            return {"by": "NAME"}
        if todo == "false":
            return False
        if todo == "late":
            raise HTTPException(404, "hidden by NAME")
"""


def guard(name: str) -> str:
    return GUARD.replace("NAME", name)


SITE = {
    "index.py": 't"<p>home</p>"',
    "login.py": 't"<p>login</p>"',
    "_404.py": 't"<p>outer 404</p>"',
    "closed/_guard.py": guard("outer"),
    "closed/_404.py": 't"<p>SECRET 404</p>"',
    "closed/_error.py": 't"<p>SECRET error</p>"',
    "closed/index.py": """
        from hyperpy import POST, HTTPException, PlainTextResponse, Request, Response
        request: Request
        response: Response
        if request.query_params.get("page") == "404":
            response.set_cookie("lost", "1")
            raise HTTPException(404)
        if request.query_params.get("page") == "plain":
            PlainTextResponse("SECRET plain", headers={"x-outer": "the route's"})
        if "secret" in globals() or "todo" in globals():
            raise RuntimeError("the guard's names leak")
        if POST:
            t"<p>SECRET posted</p>"
        else:
            t"<p>SECRET page</p>"
    """,
    "closed/inner/_guard.py": guard("inner"),
    "closed/inner/page.py": 'n: int\nt"<p>SECRET {n}</p>"',
    "closed/inner/live.py": """
        t'<p>SECRET page</p>'
        async def stream():
            yield t"SECRET event"
    """,
    "closed/inner/feed.py": 'async def stream():\n    yield t"SECRET event"\n',
    "closed/inner/slow.py": "async def part():\n    return 'SECRET part'\nt'<p>{part()}</p>'\n",
    "closed/inner/document.py": "async def stream():\n    yield t'<!doctype html><p>SECRET</p>'\n",
    "closed/inner/part.py": """
        from hyperpy import fragment, render
        t'<p id=a {fragment}>SECRET</p>'
        render(fragments="a")
    """,
    # A literal folder that has no match for `/closed/x/deep`, so that the router goes back to `{name}`.
    "closed/x/other.py": 't"<p>other</p>"',
    "closed/{name}/_guard.py": """
        from hyperpy import PUT, HTTPException
        name: str
        if name == "no" or PUT:
            raise HTTPException(403)
    """,
    "closed/{name}/deep.py": 'name: str\nt"<p>SECRET {name}</p>"',
    "closed/{name}/{...rest}.py": 'name: str\nrest: str\nt"<p>SECRET {rest}</p>"',
    "projects/{id}/_guard.py": "from hyperpy import HTTPException\nid: int\nif id != 7: raise HTTPException(403)\n",
    "projects/{id}/_404.py": 't"<p>SECRET project 404</p>"',
    "projects/{id}/edit.py": 'id: int\nt"<p>SECRET project {id}</p>"',
    "projects.py": 't"<p>beside the folder</p>"',
}

REFUSED = {
    "redirect": 303,
    "http": 403,
    "fail": 500,
    "call": 401,
    "return": 418,
    "data": 500,
    "false": 500,
    "late": 404,
}
BELOW = [
    "/closed",
    "/closed?page=404",
    "/closed/inner/page?n=1",
    "/closed/inner/page",
    "/closed/inner/live",
    "/closed/inner/live?_stream",
    "/closed/inner/feed",
    "/closed/inner/slow",
    "/closed/inner/document",
    "/closed/inner/part",
    "/closed/x/deep",
    "/closed/x/y/z",
    "/closed/%78/deep",
    "/closed/nowhere",
    "/closed/inner/q",
]


async def test_what_a_guard_answers_is_the_answer(make: Make) -> None:
    """For every way to refuse, every kind of route and every method: nothing of the route is sent."""
    wrong = []
    async with client_of(make(SITE)) as http:
        for todo, status in REFUSED.items():
            for path in BELOW:
                for method, accept in (("GET", "text/html"), ("HEAD", "*/*"), ("GET", EVENT_SOURCE)):
                    url = f"{path}{'&' if '?' in path else '?'}outer={todo}"
                    response = await http.request(method, url, headers={"accept": accept})
                    marked = response.headers.get("x-outer") == "ran" and "outer" in response.cookies
                    if response.status_code != status or "SECRET" in response.text or not marked:
                        wrong.append((method, url, accept, response.status_code, response.text[:40], marked))
                http.cookies.clear()
    assert wrong == []


ANSWERS = [
    ("GET", "/closed", 200, "SECRET page"),
    ("POST", "/closed", 200, "SECRET posted"),
    ("POST", "/closed?outer=http", 403, "refused by outer"),
    ("HEAD", "/closed", 200, ""),
    # what runs no file comes before the guards
    ("PUT", "/closed?outer=redirect", 405, "Method Not Allowed"),
    ("OPTIONS", "/closed?outer=redirect", 204, ""),
    ("POST", "/closed/inner/page?n=1", 405, "Method Not Allowed"),
    ("PUT", "/closed/x/deep", 405, "Method Not Allowed"),
    # the route's own inputs come after them
    ("GET", "/closed/inner/page?n=x", 422, "SECRET error"),
    ("GET", "/closed/inner/page?n=x&inner=http", 403, "SECRET error"),
    ("GET", "/closed/inner/page?n=x&outer=http", 403, "refused by outer"),
    # outermost first
    ("GET", "/closed/inner/page?n=1&outer=http&inner=call", 403, "refused by outer"),
    ("GET", "/closed/inner/page?n=1&inner=call", 401, "denied by inner"),
    ("GET", "/closed/inner/page?n=1", 200, "SECRET 1"),
    # the folder of the file, whichever folders the URL could mean
    ("GET", "/closed/x/deep", 200, "SECRET x"),
    ("GET", "/closed/no/deep", 403, "SECRET error"),
    ("GET", "/closed/no/a/b", 403, "SECRET error"),
    ("GET", "/projects/7/edit", 200, "SECRET project 7"),
    ("GET", "/projects/8/edit", 403, "Forbidden"),
    ("GET", "/projects/x/edit", 404, "outer 404"),
    ("GET", "/projects", 200, "beside the folder"),
    # error pages are behind the guards of their folder
    ("GET", "/closed/x", 404, "SECRET 404"),
    ("GET", "/closed/x?outer=redirect", 303, ""),
    ("GET", "/closed/x?outer=late", 404, "outer 404"),
    ("GET", "/closed?page=404", 404, "SECRET 404"),
    ("GET", "/projects/7/nowhere", 404, "SECRET project 404"),
    ("GET", "/projects/8/nowhere", 403, "Forbidden"),
    ("GET", "/projects/%37/nowhere", 404, "SECRET project 404"),
    ("GET", "/nowhere", 404, "outer 404"),
    ("GET", "/closed/", 308, ""),
]


async def test_when_guards_run(make: Make) -> None:
    async with client_of(make(SITE)) as http:
        responses = [(await http.request(method, path), text) for method, path, _, text in ANSWERS]
    found = [
        (method, path, response.status_code, text if text and text in response.text else response.text)
        for (method, path, *_), (response, text) in zip(ANSWERS, responses, strict=True)
    ]
    assert found == ANSWERS


async def test_the_stream_of_a_finished_client_ends_before_the_guards(make: Make) -> None:
    async with client_of(make(SITE)) as http:
        headers = {"accept": EVENT_SOURCE, "last-event-id": "close"}
        response = await http.get("/closed/inner/feed?outer=redirect", headers=headers)
    assert response.status_code == 204


KEPT = [
    ("/closed", "text/html", "outer", "ran"),
    ("/closed?page=plain", "text/html", "outer", "the route's"),
    ("/closed?page=404", "text/html", "outer", "ran"),
    ("/closed/inner/page", "text/html", "outer, inner", "ran"),
    ("/closed/inner/page?n=1", "text/html", "outer, inner", "ran"),
    ("/closed/inner/slow", "text/html", "outer, inner", "ran"),
    ("/closed/inner/feed", EVENT_SOURCE, "outer, inner", "ran"),
    ("/closed/inner/feed?inner=http", EVENT_SOURCE, "outer, inner", "ran"),
    ("/closed/inner/live?inner=return", "text/html", "outer, inner", "ran"),
    ("/closed/unknown", "text/html", "outer", "ran"),
]


async def test_headers_and_cookies_of_guards_are_kept(make: Make) -> None:
    found = []
    async with client_of(make(SITE)) as http:
        for path, accept, trail, _ in KEPT:
            http.cookies.clear()
            response = await http.get(path, headers={"accept": accept})
            assert set(response.cookies) == set(trail.split(", "))
            found.append((path, accept, response.headers["x-trail"], response.headers["x-outer"]))
    assert found == KEPT


async def test_the_stream_of_a_guarded_folder(make: Make) -> None:
    async with client(make(SITE)) as site, site.stream("/closed/inner/feed") as events:
        assert (await events.take(1))[0].data == "SECRET event"


async def test_a_guard_and_its_route_share_the_request(make: Make) -> None:
    """Both may read the body. The guard's variables stay its own."""
    app = make(
        {
            "_guard.py": """
                from hyperpy import POST, HTTPException, Request
                request: Request
                token = ""
                async def load():
                    global token
                    if POST:
                        token = (await request.form())["token"]
                        if token != "right":
                            raise HTTPException(403)
                        request.state.token = token
            """,
            "index.py": """
                from hyperpy import POST, Request
                request: Request
                token = "mine"
                async def load():
                    global name
                    name = (await request.form())["name"] if POST else "nobody"
                t"{name} {token} {getattr(request.state, 'token', '')}"
            """,
        }
    )
    async with client_of(app) as http:
        answers = [
            (await http.post("/", data={"token": token, "name": "Ada"})).text for token in ("right", "wrong")
        ] + [(await http.get("/")).text]
    assert [answers[0], answers[2]] == ["Ada mine right", "nobody mine"]
    assert "Ada" not in answers[1]


async def test_concurrent_requests_share_nothing(make: Make) -> None:
    app = make(
        {
            "{user}/_guard.py": """
                import asyncio
                from hyperpy import Request, Response
                user: str
                request: Request
                response: Response
                seen = [user]
                async def load():
                    global seen
                    await asyncio.sleep(0)
                    seen = [*seen, user]
                    request.state.seen = seen
                    response.set_cookie("user", user)
                    await asyncio.sleep(0)
            """,
            "{user}/page.py": """
                from hyperpy import Request
                user: str
                request: Request
                t"{user} {request.state.seen}"
            """,
        }
    )

    async def visit(user: str) -> bool:
        async with client_of(app) as http:
            response = await http.get(f"/{user}/page")
        return (response.text, dict(response.cookies)) == (f"{user} {user}{user}", {"user": user})

    assert all(await asyncio.gather(*(visit(f"u{number}") for number in range(50))))


BROKEN = {
    "a syntax error": "if True\n",
    "a failing import": "import no_such_module\n",
    "a failing definition": "from typing import Final\nX: Final = 1 / 0\n",
    "a template": 't"<p>Who?</p>"\n',
    "a template under a flag": 'from hyperpy import POST\nif POST:\n    t"<p>Who?</p>"\n',
    "a stream": "async def stream():\n    yield 1\n",
    "an unknown type": "user: NoSuchType\n",
    "a parameter of a route below": "item: int\n",
    "bytes that are not UTF-8": "# \udcff\n",
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_guard_that_does_not_load_closes_its_folder(what: str, tmp_path: Path) -> None:
    files = {
        "index.py": 't"<p>open</p>"',
        "closed/page.py": 't"<p>SECRET</p>"',
        "closed/{item}.py": 't"<p>SECRET</p>"',
        "closed/_404.py": 't"<p>SECRET</p>"',
    }
    folder = write_files(tmp_path / "routes", files)
    (folder / "closed/_guard.py").write_bytes(BROKEN[what].encode(errors="surrogateescape"))
    with pytest.raises(HyperError, match="_guard"):
        Hyper(routes=folder, static=None)
    app = Hyper(routes=folder, static=None, debug=True)
    assert len(app.load_errors) == 1
    assert [row.url for row in app.routes_table()] == ["/"]
    async with client_of(app) as http:
        assert (await http.get("/")).text == "<p>open</p>"
        for path in ("/closed/page", "/closed/7", "/closed/no/where"):
            response = await http.get(path)
            assert "SECRET" not in response.text
            assert (response.status_code, "_guard.py" in response.text) == (500, True)


async def test_an_empty_guard_lets_everything_pass(make: Make) -> None:
    app = make({"_guard.py": '"""To do."""\n', "index.py": 't"open"'})
    async with client_of(app) as http:
        assert (await http.get("/")).text == "open"


LETS_PASS = {
    "a function": "def check():\n    raise HTTPException(403)",
    "a private loader": "async def _check():\n    raise HTTPException(403)",
    "a class": "class Guard:\n    def __call__(self):\n        raise HTTPException(403)",
    "an import": "from os import abort",
    "a constant": "LIMIT = 1",
    "a declaration": "request: Request",
    "a script": "def main():\n    raise HTTPException(403)\nif __name__ == '__main__':\n    main()",
}
ACTS = {
    "a call": "def check():\n    pass\ncheck()",
    "a loader": "async def check():\n    pass",
    "a required input": "token: str = Query('')",
    "a header": "from hyperpy import response\nresponse.headers['x'] = '1'",
    "the method": "from hyperpy import request\nif request.method in ('POST', 'PUT'):\n    raise HTTPException(403)",
    "a helper that asks for the method": "def is_post():\n    return request.method == 'POST'\nis_post()",
}


def test_a_guard_that_never_runs_does_not_load(tmp_path: Path) -> None:
    wrong = {}
    for number, (what, code) in enumerate((LETS_PASS | ACTS).items()):
        guard = f"from hyperpy import HTTPException, Query, Request, request\n{code}\n"
        folder = write_files(tmp_path / f"site{number}" / "routes", {"_guard.py": guard, "index.py": 't"open"'})
        app = Hyper(routes=folder, static=None, debug=True)
        found = [error.what for error in app.load_errors]
        if [what.startswith("this guard lets every request pass") for what in found] != [True] * (what in LETS_PASS):
            wrong[what] = found
    assert wrong == {}


async def test_guards_of_linked_files(tmp_path: Path) -> None:
    """A link closes what it leads to if its own folder is closed, and opens nothing that is closed."""
    shared = write_files(tmp_path / "shared", {"note.py": 't"note"', "_guard.py": NO.replace("NAME", "shared")})
    files = {
        "closed/_guard.py": NO.replace("NAME", "closed"),
        "closed/page.py": 't"SECRET"',
        "closed/deep/page.py": 't"SECRET"',
        "{id}/_guard.py": "id: int\n",
        "{id}/page.py": 't"SECRET"',
    }
    folder = write_files(tmp_path / "routes", files)
    links = {
        "closed/shared": shared,
        "shared": shared,
        "mirror": folder / "closed",
        "deep": folder / "closed/deep",
        "alone.py": folder / "closed/page.py",
        "unmet.py": folder / "{id}/page.py",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    app = Hyper(routes=folder, static=None, debug=True)
    paths = ["closed/shared/note", "shared/note", "mirror/page", "mirror/deep/page", "deep/page", "alone"]
    async with client_of(app) as http:
        texts = [(await http.get(f"/{path}")).text for path in paths]
    assert texts == ["closed", "shared", "closed", "closed", "closed", "closed"]
    assert ["`id`, which this URL doesn't have" in str(error) for error in app.load_errors] == [True]


NO = 'from hyperpy import PlainTextResponse\nPlainTextResponse("NAME", 403)\n'


def test_the_table_shows_guards(make: Make) -> None:
    files = {**SITE, "closed/inner/_guard.py": "token: str\n" + guard("inner").replace("\n    ", "\n")}
    app = make(files)
    rows = {row.url: row for row in app.routes_table()}
    folder = app.loaded_routes.folder
    assert [Path(file).relative_to(folder).as_posix() for file in rows["/closed/inner/page"].guards] == [
        "closed/_guard.py",
        "closed/inner/_guard.py",
    ]
    assert rows["/closed/inner/page"].inputs == ("token: str", "n: int")
    assert rows["/"].guards == rows["/projects"].guards == ()
    assert not any(row.file.endswith("_guard.py") for row in rows.values())
    assert rows["/closed/inner/feed"].methods == ("GET", "HEAD")


AUTH = """
import asyncio
from hyperpy import HTTPException, InputMarker, redirect

def dropped():
    redirect("/login")

def returned():
    return redirect("/login")

def raised():
    raise redirect("/login")

async def adropped():
    redirect("/login")

async def slow():
    for _ in range(5):
        await asyncio.sleep(0)
    redirect("/login")

async def nested():
    asyncio.create_task(slow())

def from_a_timer():
    asyncio.get_running_loop().call_soon(dropped)

class User(InputMarker):
    def value(self, request, name):
        redirect("/login")
        return "nobody"
"""


def loader(*lines: str) -> str:
    return "async def load():\n    " + "\n    ".join(lines)


DROPPED = {
    "in the body": "dropped()",
    "into a condition": "if not returned(): pass",
    "into a list": "users = [returned()]",
    "raised": "raised()",
    "swallowed": "try:\n    raised()\nexcept Exception:\n    pass",
    "suppressed": "import contextlib\nwith contextlib.suppress(Exception): raised()",
    "before another error": "dropped()\nraise HTTPException(403)",
    "before a bug": "dropped()\nNone.name",
    "in the loader": loader("dropped()"),
    "in the loader, into a variable": loader("user = returned()"),
    "swallowed in the loader": loader("try:", "    raised()", "except Exception:", "    pass"),
    "in a finally": loader("try:", "    await asyncio.sleep(0)", "finally:", "    dropped()"),
    "gathered": loader("await asyncio.gather(adropped(), slow(), return_exceptions=True)"),
    "in a task group": loader("async with asyncio.TaskGroup() as g:", "    g.create_task(slow())"),
    "in a thread": loader("await asyncio.to_thread(dropped)"),
    "in a task": loader("asyncio.create_task(adropped())"),
    "in a slow task": loader("asyncio.create_task(slow())"),
    "in a task of a task": loader("asyncio.create_task(nested())"),
    "beside an endless task": loader("asyncio.create_task(asyncio.Event().wait())", "asyncio.create_task(slow())"),
    "in an input": "user: Annotated[str, User()]",
    "in a cancelled wait": loader("try:", "    await asyncio.wait_for(slow(), 5)", "except TimeoutError:", "    pass"),
}  # fmt: skip
KINDS = {
    "page.py": 't"SECRET"',
    "slow.py": "async def part(): return 'SECRET'\nt'SECRET{part()}'",
    "feed.py": 'async def stream():\n    yield "SECRET"',
    "both.py": 't"SECRET"\nasync def stream():\n    yield "SECRET"',
    "document.py": "async def stream():\n    yield t'<!doctype html>SECRET'",
    "missing.py": "from hyperpy import HTTPException\nraise HTTPException(404)\nt''",
    "_404.py": 't"SECRET"',
}


async def test_a_redirect_that_a_guard_drops_closes_its_folder(make: Make) -> None:
    start = "import asyncio\nfrom typing import Annotated\nfrom hyperpy import *\nfrom routes._auth import *\n"
    files = {"_auth.py": AUTH} | {f"g{n}/_guard.py": start + text for n, text in enumerate(DROPPED.values())}
    files |= {f"g{n}/{kind}": text for n in range(len(DROPPED)) for kind, text in KINDS.items()}
    wrong = []
    async with client_of(make(files)) as http:
        for n, how in enumerate(DROPPED):
            for kind in KINDS:
                for method, accept in (("GET", EVENT_SOURCE), ("HEAD", "*/*")):
                    path = f"/g{n}/{kind.removesuffix('.py')}"
                    response = await http.request(method, path, headers={"accept": accept})
                    if response.headers.get("location") != "/login" or "SECRET" in response.text:
                        wrong.append((how, kind, method, response.status_code, response.text[:80]))
    assert wrong == []


async def test_a_guard_does_not_wait_for_ever(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hyperpy.app.guards.LEFT_BEHIND", 0.01)
    app = make(
        {
            "_guard.py": """
                import asyncio
                tasks = []
                async def load():
                    tasks.append(asyncio.create_task(asyncio.Event().wait()))
            """,
            "index.py": 't"open"',
        }
    )
    async with client_of(app) as http:
        assert (await http.get("/")).text == "open"


async def test_what_a_task_of_a_guard_answers_later(make: Make) -> None:
    """It is still the answer while the route runs. After that it is too late, and an error."""
    app = make(
        {
            "_state.py": """
                import asyncio
                from hyperpy import redirect
                go = asyncio.Event()
                tasks = []
                async def later():
                    await go.wait()
                    redirect("/login")
            """,
            "closed/_guard.py": """
                import asyncio
                from routes._state import later, tasks
                async def load():
                    tasks.append(asyncio.create_task(later()))
            """,
            "closed/early.py": """
                import asyncio
                from routes._state import go, tasks
                async def load():
                    go.set()
                    await asyncio.wait(tasks)
                    go.clear()
                t"SECRET"
            """,
            "closed/late.py": 't"open"',
            "after.py": """
                import asyncio
                from routes._state import go, tasks
                async def load():
                    go.set()
                    await asyncio.wait(tasks)
                t"{tasks[-1].exception()}"
            """,
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hyperpy.app.guards.LEFT_BEHIND", 0.01)
        async with client_of(app) as http:
            early, late, after = [await http.get(path) for path in ("/closed/early", "/closed/late", "/after")]
    assert (early.status_code, late.text) == (303, "open")
    assert "too late to redirect" in after.text


# Routes and guards with a loader of their own for one method.
BY_METHOD = {
    "account/_guard.py": """
        from hyperpy import POST, redirect

        async def load():
            return redirect("/get")

        if POST:
            async def store():
                return redirect("/post")
        """,
    "account/index.py": """
        from hyperpy import POST

        done = []

        async def load():
            done.append(1)

        if POST:
            async def store():
                done.append(2)

        t"<p>secret</p>"
        """,
}


async def test_a_guard_and_its_routes_may_have_loaders_for_one_method(make: Make) -> None:
    async with client_of(make(BY_METHOD)) as visitor:
        found = {}
        for method in ("GET", "HEAD", "POST"):
            answer = await visitor.request(method, "/account")
            found[method] = answer.status_code, answer.headers.get("location")
    assert found == {"GET": (303, "/get"), "HEAD": (303, "/get"), "POST": (303, "/post")}
