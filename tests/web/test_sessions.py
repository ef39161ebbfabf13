"""Sessions: the cookie, its key, types, flashes, and what comes too late."""

import logging
import re
from html import unescape
from pathlib import Path

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from hyperpy import Hyper, Settings
from hyperpy.exceptions import ConfigError
from tests.support.clients import client_of
from tests.support.sites import write_files

KEY = "a key that nobody can guess"
OTHER_KEY = "another key that was used before"

FILES = {
    "count.py": """
from hyperpy import session
session["count"] = session.get("count", 0) + 1
t"{session['count']}"
""",
    "read.py": """
from hyperpy import session
t"{session.get('count', 0)} {len(session)} {list(session)}"
""",
    "unread.py": "from hyperpy import session\nt'page'\n",
    "nested.py": """
from hyperpy import request
request.session.setdefault("items", []).append("x")
t"{len(request.session['items'])}"
""",
    "login.py": """
from hyperpy import POST, flash, redirect, session
if POST:
    session.renew()
    session["user_id"] = 7
    flash("Welcome!")
    redirect("/home")
t"log in"
""",
    "logout.py": "from hyperpy import POST, session\nif POST:\n    session.renew()\nt'bye'\n",
    "home.py": """
from hyperpy import flashes, session
def Layout(children):
    return t"{[t'<p class={f.kind}>{f}</p>' for f in flashes()]}{children}"
t"<{Layout}>{session.get('user_id')}</{Layout}>"
""",
    "flash.py": """
from hyperpy import Markup, flash, flashes
name = "<Ada>"
flash("5 < 6")
flash(t"<b>{name}</b>", kind="error")
flash(Markup("<i>i</i>"))
t"{[t'<p class={f.kind}>{f}</p>' for f in flashes()]}"
""",
    "typed.py": """
from dataclasses import dataclass, field
from hyperpy import Session
@dataclass
class Cart:
    things: list[str] = field(default_factory=list)
    total: int = 0
session: Session[Cart]
session.data.things.append("x")
session.data.total += 5
t"{session.data.things} {session.data.total}"
""",
    "dependency.py": """
from hyperpy import Depends, Session
def visits(session: Session):
    session["visits"] = session.get("visits", 0) + 1
    return session["visits"]
n: int = Depends(visits)
t"{n}"
""",
    "guarded/_guard.py": "from hyperpy import session\nsession['guard'] = session.get('guard', 0) + 1\n",
    "guarded/index.py": "from hyperpy import session\ns = session\ns['route'] = s['guard'] * 10\nt'{s['route']}'\n",
    "guarded/broken.py": "1 / 0\nt'page'\n",
    "guarded/_error.py": "from hyperpy import session\nt'error {session.get('guard')}'\n",
    "public.py": """
from hyperpy import response, session
response.headers["Cache-Control"] = "max-age=60"
response.headers["Vary"] = "Accept"
t"{session.get('count')}"
""",
    "large.py": "from hyperpy import session\nimport secrets\nsession['x'] = secrets.token_hex(4000)\nt'page'\n",
    "odd.py": "from hyperpy import session\nsession['x'] = object()\nt'page'\n",
    "stream.py": """
from hyperpy import session
session["seen"] = 1
async def stream():
    yield t"first"
    try:
        session["seen"] = 2
    except Exception as error:
        yield t"{type(error).__name__}"
""",
    "late.py": """
from hyperpy import session
session["items"] = []
async def stream():
    yield t"first"
    session["items"].append(1)
""",
    "later.py": """
from hyperpy import flash, session
def flash_it():
    flash("x")
def change():
    session["seen"] = 1
async def stream():
    for step in (flash_it, change, session.renew):
        try:
            step()
            yield "lost"
        except Exception as error:
            yield type(error).__name__
    session["items"].append(1)
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path, FILES)
    return tmp_path


def site(folder: Path, key: str = KEY, **settings: object) -> httpx.AsyncClient:
    return client_of(Hyper(folder, static=None, settings=Settings(secret_key=key, **settings)))  # type: ignore[arg-type]


def content(cookie: str, key: str = KEY) -> object:
    return URLSafeTimedSerializer(key, salt="hyperpy.session").loads(cookie)


async def test_a_session_lasts_from_request_to_request(folder: Path) -> None:
    async with site(folder) as http:
        assert [(await http.get("/count")).text for _ in range(3)] == ["1", "2", "3"]
        assert (await http.get("/read")).text == "3 1 count"
        assert [(await http.get("/nested")).text for _ in range(2)] == ["1", "2"]
        assert [(await http.get("/dependency")).text for _ in range(2)] == ["1", "2"]
        assert [(await http.get("/typed")).text for _ in range(2)] == ["x 5", "xx 10"]
        assert content(http.cookies["session"]) == {
            "count": 3,
            "items": ["x", "x"],
            "things": ["x", "x"],
            "visits": 2,
            "total": 10,
        }


async def test_the_headers(folder: Path) -> None:
    async with site(folder) as http:
        first = await http.get("/count")
        assert re.fullmatch(
            r"session=[\w.-]+; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax", first.headers["set-cookie"]
        )
        assert (first.headers["vary"], first.headers["cache-control"]) == ("Cookie", "private")
        read = await http.get("/read")
        assert (read.headers["vary"], read.headers["cache-control"]) == ("Cookie", "private")
        assert "set-cookie" not in read.headers
        unread = await http.get("/unread")
        assert not {"vary", "cache-control", "set-cookie"} & set(unread.headers)
        own = await http.get("/public")
        assert own.headers["cache-control"] == "max-age=60"
        assert own.headers["vary"] == "Accept, Cookie"
        secure = await http.get("https://site.example/count")
        assert secure.headers["set-cookie"].endswith("; Secure")


async def test_cookies_that_the_site_has_not_made(folder: Path) -> None:
    async with site(folder) as http:
        await http.get("/count")
        valid = http.cookies["session"]
        forged = URLSafeTimedSerializer(OTHER_KEY, salt="hyperpy.session").dumps({"count": 9})
        other_purpose = URLSafeTimedSerializer(KEY, salt="other").dumps({"count": 9})
        other = URLSafeTimedSerializer(KEY, salt="hyperpy.session").dumps({"count": 2})
        no_mapping = URLSafeTimedSerializer(KEY, salt="hyperpy.session").dumps([1])
        for text in ("", "x", "..", valid[:-1], f"x{valid}", forged, other_purpose, no_mapping, '"', "\xe9"):
            answer = await http.get("/read", headers={b"Cookie": f"session={text}".encode("latin-1")})
            assert (answer.status_code, answer.text[:3]) == (200, "0 0"), text
        for row in (
            [f"a=b; session={valid}; c=d"],
            [f"session=x; session={forged}; session={valid}; session="],  # a page of another subdomain may add some
            [f"session={valid}; session={other}"],  # browsers send the one with the longest path first
            [f"session={forged}", f"session={valid}"],  # a proxy may split the header
        ):
            answer = await http.get("/read", headers=[("Cookie", cookie) for cookie in row])
            assert answer.text.startswith("1 1"), row
        huge = "; ".join(["session=" + "x" * 9] * 5000 + [f"session={valid}"])
        assert (await http.get("/read", headers={"Cookie": huge})).text.startswith("0 0")


async def test_the_same_cookie_gives_each_request_a_content_of_its_own(tmp_path: Path) -> None:
    """Verified cookies are remembered. What one request does to its session stays with it."""
    files = {
        "set.py": "from hyperpy import session\nsession['n'] = 1\nsession['list'] = []\nt''",
        "flat.py": "from hyperpy import session\nsession['n'] = 1\nt''",
        "change.py": "from hyperpy import session\nsession['n'] += 1\nsession.get('list', []).append(1)\n"
        "t'{dict(session)!r}'",
        "read.py": "from hyperpy import session\nt'{dict(session)!r}'",
    }
    app = Hyper(write_files(tmp_path / "routes", files), None, settings=Settings(secret_key=KEY))
    for start, before, after in (
        ("/flat", "{'n': 1}", "{'n': 2}"),
        ("/set", "{'n': 1, 'list': []}", "{'n': 2, 'list': [1]}"),
    ):
        async with client_of(app) as client:
            headers = {"Cookie": (await client.get(start)).headers["set-cookie"].partition(";")[0]}
            client.cookies.clear()
            seen = []
            for path in ("/read", "/change", "/read", "/change", "/read"):
                answer = await client.get(path, headers=headers)
                client.cookies.clear()
                seen.append((unescape(answer.text), "set-cookie" in answer.headers))
            assert seen == [(before, False), (after, True)] * 2 + [(before, False)]


SHARING = {
    "set.py": "from hyperpy import session\nuser: str\nsession['user'] = user\nt''\n",
    "page.py": """
from pydantic import BaseModel, Field
from hyperpy import Form, POST, Query, asset, session
class Note(BaseModel):
    text: str = Field(max_length=9)
    place: str = "here"
form: Form[Note] = Form()
title: str = Query("-")
user = session.get("user")
if POST and form.ok:
    session["last"] = form.data.text
    form.fail(text=f"{user} has written this.")
def Head():
    return t"<link href={asset('app.css')}>{user} {session.get('last')} {form.errors}"
t"<{Head} /><input {form.field('text'):**}><input class=wide {form.field('place', title=title):**}>"
""",
}


async def test_answers_do_not_depend_on_the_requests_before(tmp_path: Path) -> None:
    """What is made once for all requests holds nothing of any of them: each is answered as by a new application."""
    write_files(tmp_path / "routes", SHARING)
    write_files(tmp_path / "static", {"app.css": "a{}"})

    def new_app(key: str = KEY) -> Hyper:
        return Hyper(tmp_path / "routes", tmp_path / "static", settings=Settings(secret_key=key))

    async def answered(app: Hyper, method: str, path: str, cookie: str, data: dict[str, str]) -> tuple[object, ...]:
        async with client_of(app) as client:
            answer = await client.request(method, path, headers={"Cookie": cookie}, data=data or None)
            stored = content(client.cookies["session"]) if "session" in client.cookies else None
            return answer.status_code, answer.text, stored, answer.headers["cache-control"], answer.headers["vary"]

    cookies = ["", "session=forged"]
    for user, key in (("ada", KEY), ("<bob>", KEY), ("eve", OTHER_KEY)):
        async with client_of(new_app(key)) as client:
            await client.get("/set", params={"user": user})
            cookies.append(f"session={client.cookies['session']}")
    requests: list[tuple[str, str, dict[str, str]]] = [
        ("GET", "/page", {}),
        ("GET", "/page?title=%22mine", {}),
        ("POST", "/page", {"text": "<too long for it>", "place": "there"}),
        ("POST", "/page", {"text": "<short>"}),
    ]
    asked = [(method, path, cookie, data) for cookie in cookies for method, path, data in requests]
    expected = [await answered(new_app(), *each) for each in asked]
    assert len(set(map(str, expected))) == 12  # for eve, and for the forged cookie, as without a session
    app = new_app()
    wrong = []
    for each in (*asked, *asked[::-1], *asked[::3], *asked[1::3]):
        if (shown := await answered(app, *each)) != expected[asked.index(each)]:
            wrong.append((each, shown))
    assert wrong == []


async def test_keys_can_be_replaced(folder: Path) -> None:
    async with site(folder, OTHER_KEY) as http:
        await http.get("/count")
        cookie = http.cookies["session"]
    async with site(folder, f"{KEY},{OTHER_KEY}") as http:
        answer = await http.get("/count", headers={"Cookie": f"session={cookie}"})
        assert answer.text == "2"
        assert content(http.cookies["session"], KEY) == {"count": 2}
    async with site(folder) as http:
        assert (await http.get("/count", headers={"Cookie": f"session={cookie}"})).text == "1"


async def test_a_cookie_of_an_earlier_key_is_signed_again_when_it_is_read(folder: Path) -> None:
    async with site(folder, OTHER_KEY) as http:
        await http.get("/count")
        old = http.cookies["session"]
    async with site(folder, f"{KEY},{OTHER_KEY}") as http:
        first = await http.get("/read", headers={"Cookie": f"session={old}"})
        new = first.cookies["session"]
        again = [await http.get("/read", headers={"Cookie": f"session={old}"}) for _ in range(2)]  # it is remembered
        kept = await http.get("/read", headers={"Cookie": f"session={new}"})
        untouched = await http.get("/unread", headers={"Cookie": f"session={old}"})
    assert [answer.text for answer in (first, *again, kept)] == [first.text] * 4
    assert all(content(answer.cookies["session"], KEY) == {"count": 1} for answer in (first, *again))
    assert "set-cookie" not in kept.headers
    assert "set-cookie" not in untouched.headers
    async with site(folder, KEY) as http:  # the earlier key has been taken away
        assert (await http.get("/read", headers={"Cookie": f"session={new}"})).text == first.text


async def test_a_copied_cookie_outlives_the_log_out(folder: Path) -> None:
    """What docs/sessions.md says of signed cookies: the site keeps no list of those that it has ended."""
    async with site(folder) as http:
        await http.post("/login")
        await http.get("/home")
        copied = http.cookies["session"]
        await http.post("/logout")
        assert (await http.get("/home")).text == ""
        replayed = await http.get("/home", headers={"Cookie": f"session={copied}"})
        assert "7" in replayed.text


async def test_a_session_expires(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    async with site(folder, session_max_age=100) as http:
        await http.get("/count")
        now[0] += 40
        assert "set-cookie" not in (await http.get("/read")).headers
        now[0] += 40  # more than half of its age: a visitor who comes back keeps the session
        assert "set-cookie" in (await http.get("/read")).headers
        now[0] += 99
        assert (await http.get("/read")).text.startswith("1 ")
        now[0] += 101
        assert (await http.get("/count")).text == "1"


async def test_logging_in_and_out(folder: Path) -> None:
    async with site(folder) as http:
        await http.get("/count")
        answer = await http.post("/login")
        assert (answer.status_code, answer.headers["location"]) == (303, "/home")
        stored = content(http.cookies["session"])
        assert isinstance(stored, dict)
        assert "count" not in stored
        assert (await http.get("/home")).text == '<p class="info">Welcome!</p>7'
        assert (await http.get("/home")).text == "7"
        await http.post("/logout")
        assert "session" not in http.cookies
        assert (await http.get("/home")).text == ""


async def test_flashes(folder: Path) -> None:
    async with site(folder) as http:
        assert (await http.get("/flash")).text == (
            '<p class="info">5 &lt; 6</p><p class="error"><b>&lt;Ada&gt;</b></p><p class="info"><i>i</i></p>'
        )
        assert "session" not in http.cookies


async def test_guards_and_error_pages_share_it(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with site(folder) as http:
        assert [(await http.get("/guarded")).text for _ in range(2)] == ["10", "20"]
        broken = await http.get("/guarded/broken")
        assert (broken.status_code, broken.text) == (500, "error 3")
        assert "set-cookie" not in broken.headers  # what a failed request has changed is not stored
        assert "after the response had started" not in caplog.text
        assert content(http.cookies["session"]) == {"guard": 2, "route": 20}


async def test_error_pages_of_other_code_are_private_too(tmp_path: Path) -> None:
    """For errors in explicit routes and in middleware."""
    files = {
        "set.py": "from hyperpy import session\nsession['user'] = 7\nt''\n",
        "_error.py": "from hyperpy import session\nsession['seen'] = 1\nt'error {session.get('user')}'\n",
    }
    app = Hyper(write_files(tmp_path / "routes", files), None, settings=Settings(secret_key=KEY))

    async def fail(request: Request) -> Response:
        raise {"/403": HTTPException(403), "/500": LookupError("fails")}[request.url.path]

    class Failing(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
            if request.url.path == "/middleware":
                raise HTTPException(401)
            return await call_next(request)

    app.router.routes += [StarletteRoute("/403", fail), StarletteRoute("/500", fail)]
    app.add_middleware(Failing)
    async with client_of(app) as http:
        await http.get("/set")
        cookie = {"Cookie": f"session={http.cookies['session']}"}
        shown = {}
        for path in ("/absent", "/403", "/500", "/middleware"):
            http.cookies.clear()
            answer = await http.get(path, headers=cookie)
            has = [answer.headers.get(name) for name in ("cache-control", "vary")]
            shown[path] = (answer.status_code, answer.text, *has, "set-cookie" in answer.headers)
    private = ("error 7", "private", "Accept, Cookie")
    assert shown == {
        "/absent": (404, *private, True),
        "/403": (403, *private, True),
        "/500": (500, *private, False),
        "/middleware": (401, *private, True),
    }


async def test_what_a_cookie_cannot_hold(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with site(folder) as http:
        assert (await http.get("/large")).status_code == 500
        assert "too large for a cookie" in caplog.text
        assert (await http.get("/odd")).status_code == 500
        assert "a value that JSON can't hold" in caplog.text


async def test_changes_after_the_head(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with site(folder) as http:
        answer = await http.get("/stream", headers={"Accept": "text/event-stream"})
        assert "data: HeadersSentError" in answer.text
        assert content(http.cookies["session"]) == {"seen": 1}
        with caplog.at_level(logging.ERROR):
            await http.get("/late", headers={"Accept": "text/event-stream"})
            answer = await http.get("/later", headers={"Accept": "text/event-stream"})  # nothing has read it before
            assert answer.text.count("data: HeadersSentError") == 3
            assert "lost" not in answer.text
        for url in ("/late", "/later"):
            assert f"{url}: the session was changed after the response had started" in caplog.text


def test_a_key_is_needed(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sessions need a secret key") as caught:
        Hyper(folder, static=None, settings=Settings())
    assert "HYPER_SECRET_KEY" in caught.value.hint
    with pytest.raises(ConfigError, match="too short"):
        Hyper(folder, static=None, settings=Settings(secret_key="short"))
    with pytest.raises(ConfigError, match="secret key 2 of 2 is too short") as caught:
        Hyper(folder, static=None, settings=Settings(secret_key=f"{KEY}, short"))
    assert "A comma separates" in caught.value.hint
    assert KEY not in repr(Settings(secret_key=KEY))
    assert KEY not in repr(Hyper(folder, static=None, settings=Settings(secret_key=KEY)).session_cookie)


async def test_a_key_is_needed_at_the_first_use(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = "from hyperpy import *\nt'{request.session.get('a')}'\n"
    write_files(tmp_path, {"index.py": source})
    async with client_of(Hyper(tmp_path, static=None, settings=Settings())) as http:
        assert (await http.get("/")).status_code == 200  # without a cookie there is nothing to verify
        assert (await http.get("/", headers={"Cookie": "session=x"})).status_code == 500
    assert "sessions need a secret key" in caplog.text


async def test_a_mounted_site_has_a_session_of_its_own(folder: Path) -> None:
    settings = Settings(secret_key=KEY)
    app = Hyper(folder, static=None, settings=settings)
    app.mount("/inner", Hyper(folder, static=None, settings=settings))
    async with client_of(app) as http:
        await http.get("/count")
        assert [(await http.get("/inner/count")).text for _ in range(2)] == [
            "2",
            "3",
        ]  # it begins with what it was sent
        assert [(await http.get("/count")).text for _ in range(2)] == ["2", "3"]


async def test_names_of_the_cookie(folder: Path) -> None:
    for name, path in {"__Host-id": "/", "__Secure-id": "/app"}.items():
        app = Hyper(folder, static=None, settings=Settings(secret_key=KEY, session_cookie=name))
        async with client_of(app, root_path="/app") as http:
            cookie = (await http.get("/count")).headers["set-cookie"]
        assert cookie.startswith(f"{name}="), cookie
        assert cookie.endswith(f"; Path={path}; SameSite=lax; Secure"), cookie
    for name in ("a b", "a;b", "a=b", "é", "a\n"):
        with pytest.raises(ConfigError, match="invalid cookie name"):
            Hyper(folder, static=None, settings=Settings(secret_key=KEY, session_cookie=name))


async def test_what_an_attacker_planted_does_not_survive_the_log_in(folder: Path) -> None:
    async with site(folder) as http:
        await http.get("/count")
        planted = http.cookies["session"]
        await http.post("/login")
        assert content(http.cookies["session"]) == {"user_id": 7, "_flashes": [["Welcome!", "info"]]}
        assert (await http.get("/home", headers={"Cookie": f"session={planted}"})).text == ""


async def test_flashes_never_come_from_data(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = "from hyperpy import session\nsession.update({'_flashes': [['<script>', 'info', 'html']]})\nt'page'\n"
    write_files(tmp_path, {"index.py": source})
    async with site(tmp_path) as http:
        assert (await http.get("/")).status_code == 500
    assert "the key '_flashes' is reserved" in caplog.text


async def test_debug_mode_makes_a_key(folder: Path) -> None:
    async with client_of(Hyper(folder, static=None, debug=True, settings=Settings())) as http:
        assert [(await http.get("/count")).text for _ in range(2)] == ["1", "2"]
