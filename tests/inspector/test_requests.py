"""What the inspector keeps of a request, and what it hides."""

import json

import pytest
from starlette.responses import PlainTextResponse

from hyperpy.dev.problems.values import HIDDEN
from hyperpy.inspector.history import REQUESTS, Records
from hyperpy.inspector.secrets import Secrets
from hyperpy.inspector.stage_clock import RequestStage
from tests.support.until import until

STAGES = {
    "guarded/_guard.py": "import time\ntime.sleep(0.002)\n",
    "guarded/{number}.py": """
        import asyncio
        import time

        number: int
        page: int

        time.sleep(0.003)


        async def load():
            await asyncio.sleep(0.004)


        def slow():
            time.sleep(0.005)
            return "shown"


        t"<p>{slow()} {number} {page}</p>"
    """,
    "fails.py": "1 / 0\nt'never'",
}


async def test_the_time_of_each_stage(inspect):
    async with inspect(STAGES) as (inspector, site):
        await site.get("/guarded/4?page=2")
        entry = inspector.records.requests[0]
        seconds = entry.clock.seconds
        assert set(seconds) == set(RequestStage)
        least = {
            RequestStage.GUARDS: 0.002,
            RequestStage.BODY: 0.003,
            RequestStage.LOADER: 0.004,
            RequestStage.RENDER: 0.005,
        }
        assert {stage: seconds[stage] for stage in least if seconds[stage] < least[stage]} == {}
        assert sum(seconds.values()) + entry.rest == pytest.approx(entry.duration)
        assert (entry.status, entry.route, entry.query) == (200, "/guarded/{number}", [("page", "2")])
        assert entry.file.endswith("routes/guarded/{number}.py")
        page = await site.page(f"/_hyper/requests/{entry.number}")
        assert [stage.value for stage in RequestStage if stage.value not in page.select("table tbody")[0].text] == []


async def test_a_failed_request_has_its_error_and_log_id(inspect, caplog):
    async with inspect(STAGES) as (inspector, site):
        await site.get("/fails")
        entry = inspector.records.requests[0]
        assert entry.status == 500
        assert entry.failure.startswith("ZeroDivisionError, in the log as [")
        assert entry.failure[-9:-1] in caplog.text


FORM = {
    "index.py": """
        t'''<form><input name="user"><input TYPE=Password name=zauber>
            <input autocomplete="one-time-code" name="n1"></form>'''
    """,
    "in.py": """
        from hyperpy import POST, request


        async def load():
            if POST:
                await request.body()


        t"<p>done</p>"
    """,
    "follow/{token}.py": "import asyncio\ntoken: str\nasync def stream():\n  yield 1\n  await asyncio.sleep(3600)",
    "reset/{token}.py": "token: str\nt'<p>{token}</p>'",
}

SENT = (
    ({"params": {"page": "2", "access_token": "s3cret"}}, "query", [("page", "2"), ("access_token", HIDDEN)]),
    (
        {"data": {"user": "ada", "zauber": "s3cret", "n1": "s3cret"}},
        "form",
        [("user", "ada"), ("zauber", HIDDEN), ("n1", HIDDEN)],
    ),
    (
        {"data": {"user[newPassword]": "s3cret", "empty_pin": ""}},
        "form",
        [("user[newPassword]", HIDDEN), ("empty_pin", "")],
    ),
    (
        {"json": {"a": [1, {"apiKey": "s3cret"}], "secret": {"x": "s3cret"}}},
        "form",
        [("a", json.dumps([1, {"apiKey": HIDDEN}])), ("secret", HIDDEN)],
    ),
    (
        {"files": {"photo": ("cat.png", b"12345"), "card_number": (None, "s3cret")}},
        "form",
        [("photo", "file cat.png, 5 bytes"), ("card_number", HIDDEN)],
    ),
    ({"content": b"s3cret", "headers": {"content-type": "text/csv"}}, "body_note", "text/csv, 6 bytes"),
    ({"content": b"[3", "headers": {"content-type": "application/json"}}, "form", []),
    (
        {"content": b"x" * 300_000, "headers": {"content-type": "application/x-www-form-urlencoded"}},
        "body_note",
        "application/x-www-form-urlencoded, 300,000 bytes",
    ),
)


async def test_submitted_values_are_shown_but_no_secrets(inspect):
    async with inspect(FORM) as (inspector, site):
        await site.get("/")  # which says what its password fields are called
        site.cookies.set("session", "s3cret")
        wrong = []
        for options, attribute, expected in SENT:
            await site.post("/in", **options)
            entry = inspector.records.requests[0]
            found = getattr(entry, attribute)
            details = (await site.page(f"/_hyper/requests/{entry.number}")).text
            if found != expected or "s3cret" in details:
                wrong.append((options, found))
        assert not wrong
        assert inspector.records.requests[0].cookies == ("session",)
        for path in ("/reset/s3cret", "/reset/s3cr%65t"):
            await site.get(path)
            assert inspector.records.requests[0].path == f"/reset/{HIDDEN}"
        async with site.stream("/follow/s3cret"):
            assert inspector.records.open[0].request.path == f"/follow/{HIDDEN}"
        assert "s3cret" not in (await site.page("/_hyper/requests")).text


DECLARED = {
    "form.py": """
        from pydantic import BaseModel, SecretStr

        from hyperpy import POST, Form, Query

        class Inner(BaseModel):
            b1: SecretStr

        class Login(BaseModel):
            user: str
            a1: SecretStr
            inner: Inner
            many: list[Inner] = []

        q1: SecretStr | None = Query(None)
        form: Form[Login] = Form()

        if POST:
            form.ok

        t"<p>{form.errors}</p>"
    """,
    "api.py": """
        from pydantic import BaseModel, SecretStr

        from hyperpy import POST, Body

        class Login(BaseModel):
            user: str
            c1: SecretStr

        if POST:
            login: Login = Body()

        t"<p>x</p>"
    """,
}


async def test_types_say_what_is_secret(inspect):
    sent = [("user", "ada"), ("a1", "s3cret"), ("inner.b1", "s3cret"), ("many.0.b1", "s3cret"), ("inner[b1]", "s3cret")]
    async with inspect(DECLARED) as (inspector, site):
        await site.post("/form?q1=s3cret&q2=shown", data=dict(sent))
        entry = inspector.records.requests[0]
        assert entry.query == [("q1", HIDDEN), ("q2", "shown")]
        assert entry.form == [("user", "ada"), *((name, HIDDEN) for name, _ in sent[1:])]
        await site.post("/api", json={"user": "ada", "c1": "s3cret"})
        assert inspector.records.requests[0].form == [("user", '"ada"'), ("c1", HIDDEN)]


def test_which_names_are_secret():
    secrets = Secrets()
    hidden = "password Passwd new_password confirmPassword pw PIN otp api_key apiKey API-KEY access_token csrf_token"
    hidden += " client_secret card[number] cardNumber cvc user.pass authToken session_id signature"
    shown = "user name email monkey keyboard pinboard passage compass authors page q search company tokyo cards"
    assert [name for name in hidden.split() if not secrets.is_secret(name)] == []
    assert [name for name in shown.split() if secrets.is_secret(name)] == []


async def test_what_is_kept_is_bounded(inspect):
    async with inspect({"index.py": "t'<p>x</p>'"}) as (inspector, site):
        for number in range(REQUESTS + 5):
            await site.get(f"/?n={number}")
        await site.get("/" + "x" * 5000 + "?q=" + "y" * 5000)
        assert len(inspector.records.requests) == REQUESTS
        entry = inspector.records.requests[0]
        assert len(entry.path) <= 1000
        assert len(entry.query[0][1]) <= 501


async def test_static_files_stay_apart(inspect):
    async with inspect({"index.py": "t'<p>x</p>'"}) as (inspector, site):
        await site.get("/static/none.css")
        await site.get("/")
        records: Records = inspector.records
        assert [entry.path for entry in records.requests] == ["/"]
        assert [entry.path for entry in records.files] == ["/static/none.css"]
        assert "none.css" in (await site.page("/_hyper/requests?files=true")).text


async def test_the_inspector_does_not_list_itself(inspect, caplog):
    caplog.set_level("INFO", "hyperpy.streams")
    async with inspect({"index.py": "t'<p>x</p>'"}) as (inspector, site):
        for path in ("", "requests", "streams", "static/inspector.css"):
            assert (await site.get(f"/_hyper/{path}")).status_code == 200
        async with site.stream("/_hyper/streams") as events:
            await events.next()
            assert not inspector.records.open
        await until(lambda: not inspector.records.changes._waiting)
        assert not inspector.records.requests
        assert not inspector.records.files
    assert caplog.text == ""


async def test_another_framework_is_recorded_too(inspect):
    async with inspect(PlainTextResponse("plain")) as (inspector, site):
        assert (await site.get("/any")).text == "plain"
        assert (inspector.records.requests[0].status, inspector.records.requests[0].size) == (200, 5)
        assert "no route files" in (await site.page("/_hyper/")).text
