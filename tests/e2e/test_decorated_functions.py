"""Decorated loaders and streams: a decorator has the request, and may answer it."""

import pytest

from hyperpy.config import Settings
from tests.support.clients import client_of

SETTINGS = Settings(secret_key="x" * 32)
DECORATORS = """\
from functools import wraps

from hyperpy import HTTPException, Response, redirect, response, session


def sync(f):
    @wraps(f)
    def inner():
        session["visits"] = session.get("visits", 0) + 1
        response.headers["X-Checked"] = "1"
        return f()
    return inner


def asynchronous(f):
    @wraps(f)
    async def inner():
        session.get("user")
        made = f()
        return made if hasattr(made, "__anext__") else await made
    return inner


def redirects(f):
    @wraps(f)
    def inner():
        return redirect("/login") if not session.get("user") else f()
    return inner


def raises(f):
    @wraps(f)
    def inner():
        raise redirect("/login")
    return inner


def awaits_and_redirects(f):
    @wraps(f)
    async def inner():
        raise redirect("/login")
    return inner


def drops(f):
    @wraps(f)
    def inner():
        redirect("/login")
        return f()
    return inner


def refuses(f):
    @wraps(f)
    def inner():
        raise HTTPException(403)
    return inner


def answers(f):
    @wraps(f)
    def inner():
        return Response("no", 418)
    return inner


def fails(f):
    @wraps(f)
    def inner():
        return f("an argument")
    return inner


def forgets(f):
    @wraps(f)
    def inner():
        f
    return inner
"""
FUNCTIONS = {
    "loader": "async def load():\n    global x\n    x = 'ready'\nt'{x}'",
    "stream": "async def stream():\n    yield 'ready'",
}
EXPECTED = {
    "sync": 200,
    "asynchronous": 200,
    "redirects": 303,
    "raises": 303,
    "awaits_and_redirects": 303,
    "drops": 303,
    "refuses": 403,
    "answers": 418,
}


@pytest.mark.parametrize("function", FUNCTIONS)
async def test_a_decorator_has_the_request_and_may_answer(function, make, caplog):
    files = {
        f"{name}.py": f"from routes._decorators import {name}\n@{name}\n{FUNCTIONS[function]}" for name in EXPECTED
    }
    app = make({"_decorators.py": DECORATORS, **files}, settings=SETTINGS)
    async with client_of(app) as client:
        got = {name: await client.get(f"/{name}") for name in EXPECTED}
    assert {name: response.status_code for name, response in got.items()} == EXPECTED
    assert "ready" in got["sync"].text
    assert "ready" in got["asynchronous"].text
    assert got["sync"].headers["x-checked"] == "1"
    assert "session=" in got["sync"].headers["set-cookie"]
    assert got["answers"].text == "no"
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("function", FUNCTIONS)
async def test_a_decorator_that_fails(function, make, caplog):
    files = {"index.py": f"from routes._decorators import fails\n@fails\n{FUNCTIONS[function]}"}
    async with client_of(make({"_decorators.py": DECORATORS, **files}, settings=SETTINGS)) as client:
        assert (await client.get("/")).status_code == 500
    assert "takes 0 positional arguments but 1 was given" in caplog.text


async def test_a_decorator_that_forgets_the_loader(make, caplog):
    files = {"index.py": f"from routes._decorators import forgets\n@forgets\n{FUNCTIONS['loader']}"}
    async with client_of(make({"_decorators.py": DECORATORS, **files}, settings=SETTINGS)) as client:
        assert (await client.get("/")).status_code == 500
    assert "'NoneType' object can't be awaited" in caplog.text


async def test_a_decorator_that_forgets_the_generator(make, caplog):
    files = {"index.py": f"from routes._decorators import forgets\n@forgets\n{FUNCTIONS['stream']}"}
    async with client_of(make({"_decorators.py": DECORATORS, **files}, settings=SETTINGS)) as client:
        assert (await client.get("/")).status_code == 500
    assert "stream() returned a value of type NoneType instead of its generator" in caplog.text


async def test_dependencies_are_cleaned_up_before_the_answer_of_a_decorator(make):
    source = """\
from hyperpy import Depends, response
from routes._decorators import redirects
def dependency():
    yield
    response.headers["X-Cleaned"] = "1"
Depends(dependency)
@redirects
async def stream():
    yield "never"
"""
    async with client_of(make({"_decorators.py": DECORATORS, "index.py": source}, settings=SETTINGS)) as client:
        got = await client.get("/")
    assert (got.status_code, got.headers["x-cleaned"]) == (303, "1")
