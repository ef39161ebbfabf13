"""Calls of async functions, generators and context managers that run nothing, and are load errors."""

from pathlib import Path

from hyperpy import Hyper
from tests.pages.test_checked_names import load_errors, unexpected
from tests.support.sites import Write, write_files

AUTH = """
from contextlib import asynccontextmanager, contextmanager
from functools import partial

async def check(*names):
    return True

class Auth:
    async def check(self):
        return True

    @staticmethod
    async def static():
        return True

auth = Auth()
member = partial(check, "member")

@contextmanager
def authed():
    yield

@asynccontextmanager
async def aauthed():
    yield

def users():
    yield 1

async def ausers():
    yield 1
"""
IMPORTS = """import asyncio
from ._auth import *
from ._auth import check as verify
from . import _auth
from hyperpy import request
"""
PAGE = "\nt'<p>secret</p>'\n"

NOT_AWAITED = {
    "a statement": "check()",
    "under another name": "verify()",
    "of a module": "_auth.check()",
    "a method of an object": "auth.check()",
    "a static method": "Auth.static()",
    "a partial": "member()",
    "of the standard library": "asyncio.sleep(1)",
    "a thread": "asyncio.to_thread(print)",
    "a condition": "if not check():\n        return",
    "an elif": "if x:\n        pass\n    elif check():\n        pass",
    "a loop": "while not check():\n        pass",
    "an assertion": "assert check()",
    "a conditional expression": "y = 1 if check() else 2",
    "a bare conditional expression": "check() if x else None",
    "an `and`": "y = check() and 1",
    "an `or`": "y = x or check() or 1",
    "a comparison": "y = check() is None",
    "assigned to _": "_ = check()",
    "assigned": "user = check()",
    "assigned, and only tested": "user = check()\n    if not user:\n        return",
    "assigned with a type": "user: object = check()\n    assert user is not None",
    "gathered": "asyncio.gather(check())",
    "a shield": "asyncio.shield(check())",
}
TAKEN_APART = {
    "its part": "x = check()[0]",
    "its attribute": "x = check().name",
    "a loop": "for x in check():\n        pass",
    "a comprehension": "y = [x for x in check()]",
    "a part of a variable": "user = check()\n    print(user.name)",
    "a tested variable": "user = check()\n    if user:\n        print(user['name'])",
    "the length": "users: list = check()\n    print(len(users))",
    "a loop over a variable": "users = check()\n    for x in users:\n        pass",
    "a variable of the file": "global later\n    later = check()\n    print(later[0])",
    "several": "a, b = asyncio.gather(check(), check())",
    "a part of several": "found = asyncio.gather(check(), check())\n    print(found[0])",
    "the form": "form = request.form()\n    print(form.get('a'))",
}
RUNS_NOTHING = {
    "a generator": ("users()", "for … in users(…):"),
    "an async generator": ("ausers()", "async for … in ausers(…):"),
    "a context manager": ("authed()", "with authed(…):"),
    "an async context manager": ("aauthed()", "async with aauthed(…):"),
}
LEGAL = {
    "awaited": "await check()",
    "a condition": "if not await check():\n        return",
    "a task": "t = asyncio.create_task(check())\n    y = [await t]",
    "a task as a statement": "asyncio.create_task(check())",
    "assigned, and awaited": "user = check()\n    user = await user",
    "assigned, and gathered": "a, b = check(), check()\n    c = check()\n    await asyncio.gather(a, b, c)",
    "assigned, tested and awaited": "user = check()\n    if user:\n        await user",
    "in a list": "users = [check() for _ in '12']\n    await asyncio.gather(*users)",
    "for the page": "global later\n    later = check()",
    "in an inner function": "user = check()\n    async def inner():\n        return await user\n    await inner()",
    "an async comprehension": "users = check()\n    y = [x async for x in users]",
    "a future": "found = asyncio.gather(check())\n    found.cancel()\n    await found",
    "a variable of an inner function": "user = check()\n    f = lambda user: user[0]\n    await user",
    "assigned again": "user = check()\n    user = await user\n    print(user[0])",
    "a form in a `with`": "async with request.form() as form:\n        print(form['a'])",
    "closed": "user = check()\n    user.close()",
    "a generator": "y = list(users())",
    "a context manager": "with authed() as y:\n        pass",
    "a kept context manager": "y = authed()\n    with y:\n        pass",
    "a plain function of that name": "def check():\n        return 1\n    check()",
    "a parameter": "f = lambda check: check() and 1\n    f(str)",
}


def in_loader(code: str) -> str:
    return f"{IMPORTS}x = later = 0\nasync def load():\n    {code}{PAGE}"


def test_coroutines_that_nothing_awaits(write: Write) -> None:
    write_files(write({}), {"_auth.py": AUTH})
    sources = {title: in_loader(code) for title, code in NOT_AWAITED.items()}
    sources["in the body"] = f"{IMPORTS}check(){PAGE}"
    sources["in a condition of the body"] = f"{IMPORTS}if not check():\n    1 / 0{PAGE}"
    sources["in a plain function"] = f"{IMPORTS}def f():\n    return 1 if check() else 2{PAGE}"
    sources["a function of the file"] = f"async def check(x): pass\nif check(1):\n    pass{PAGE}"
    sources["in a stream"] = f"{IMPORTS}async def stream():\n    check()\n    yield 'secret'\n"
    expected = dict.fromkeys(sources, "is not awaited")
    assert unexpected(load_errors(write, sources), expected) == {}


def test_parts_of_what_nothing_awaits(write: Write) -> None:
    write_files(write({}), {"_auth.py": AUTH})
    sources = {title: in_loader(code) for title, code in TAKEN_APART.items()}
    body = "rows = fetch()\nasync def fetch(): return [1]\nt'{[row for row in rows]}'"
    found = load_errors(write, sources | {"in a page": body})
    assert unexpected(found, dict.fromkeys(found, "is not awaited, so it has no parts yet")) == {}
    assert found["in a page"].hint.endswith("async def load():\n        global rows\n        rows = await fetch()")


def test_in_a_file_that_is_not_a_route(write: Write) -> None:
    files = {"_auth.py": AUTH}
    for index, code in enumerate(NOT_AWAITED.values()):
        files[f"_h{index}.py"] = f"{IMPORTS}x = 0\nasync def guard():\n    {code}\n"
        files[f"r{index}.py"] = f"from ._h{index} import guard\nasync def load():\n    await guard(){PAGE}"
    errors = Hyper(routes=write(files), static=None, debug=True).load_errors
    found = {Path(error.place.file).name for error in errors if error.place and "is not awaited" in error.what}
    assert [title for index, title in enumerate(NOT_AWAITED) if f"_h{index}.py" not in found] == []


def test_generators_that_nothing_runs(write: Write) -> None:
    write_files(write({}), {"_auth.py": AUTH})
    sources = {title: in_loader(code) for title, (code, _) in RUNS_NOTHING.items()}
    expected = {title: hint for title, (_, hint) in RUNS_NOTHING.items()}
    sources["of the file"] = (
        f"from contextlib import contextmanager\n@contextmanager\ndef mine():\n    yield\nmine(){PAGE}"
    )
    assert unexpected(load_errors(write, sources), expected | {"of the file": "with mine(…):"}) == {}


def test_calls_that_something_may_await(write: Write) -> None:
    write_files(write({}), {"_auth.py": AUTH})
    found = load_errors(write, {title: in_loader(code) for title, code in LEGAL.items()})
    assert {title: str(error) for title, error in found.items()} == {}


LOOP = "import asyncio\nasync def f(): pass\n"
NO_LOOP = {
    "a task": (f"{LOOP}asyncio.create_task(f())", "Write `spawn(f())`."),
    "a kept task": (f"{LOOP}task = asyncio.create_task(f())", "      asyncio.create_task(f())"),
    "several": (f"{LOOP}if 1 < 2: x = asyncio.gather(f())", "      await asyncio.gather(f())"),
    "with a stream": (f"{LOOP}asyncio.ensure_future(f())\nasync def stream():\n    yield 1", "Write `spawn(f())`."),
    "another loop": (f"{LOOP}x = asyncio.run(f())\nasync def load(): pass", "Write `await f()` in the loader."),
}
WITH_LOOP = {
    "a task beside a loader": f"{LOOP}task = asyncio.create_task(f())\nasync def load():\n    await task",
    "a loop of its own": f"{LOOP}x = asyncio.run(f())",
    "a function that may be called later": f"{LOOP}def g(): return asyncio.create_task(f())",
    "run as a script": "import asyncio\nasync def load(): pass\nif __name__ == '__main__': asyncio.run(load())",
    "where it is caught": f"{LOOP}try: asyncio.create_task(f())\nexcept RuntimeError: pass",
}


def test_calls_that_need_an_event_loop(write: Write) -> None:
    sources = {title: source for title, (source, _) in NO_LOOP.items()} | WITH_LOOP
    found = load_errors(write, {title: source + PAGE for title, source in sources.items()})
    assert unexpected(found, {title: hint for title, (_, hint) in NO_LOOP.items()}) == {}


OWN = "from hyperpy import POST, Request, channel, queue, request as current\nfrom hyperpy import channel as c\n"
OWN_CALLS = {
    "under a method": "if POST:\n    channel('x').publish(None)",
    "in the body": "channel('x').publish(None)",
    "in a loader": "async def load():\n    c('x').close()",
    "a queue": "async def load():\n    queue('x').put(1)",
    "a tested item": "async def load():\n    global y\n    y = 1 if queue('x').get() else 2",
    "a name of the file": "jobs = queue('x')\nasync def load():\n    jobs.put(1)",
    "a name of a function": "async def load():\n    jobs = queue('x')\n    jobs.put(1)",
    "an annotated name": "from hyperpy.channels import Queue\njobs: Queue = queue('x')\nif POST:\n    jobs.put(1)",
    "an item": "async def load():\n    async with queue('x').take() as item:\n        item.ack()",
    "the request": "request: Request\nif POST:\n    request.json()",
    "the imported request": "if POST:\n    current.body()",
}
OWN_CALLS_AWAITED = {
    "awaited": "async def load():\n    await channel('x').publish(1)",
    "soon": "channel('x').publish_soon(1)",
    "passed on": "import asyncio\nasync def load():\n    await asyncio.gather(c('x').publish(1), queue('x').put(1))",
    "kept": "async def load():\n    task = channel('x').publish(1)\n    await task",
    "a circle": "async def load():\n    a = b.strip()\n    b = a.strip()\n    b.publish()",
    "itself": "def f(a):\n    a = a.strip()\n    a.publish()",
    "bound twice": "async def load():\n    a = channel('x')\n    a = str()\n    a.publish()",
    "another function": "def channel(x): return x\nchannel('x').publish()",
    "another method": "async def load():\n    channel('x').missing()",
    "an unknown argument": "async def load():\n    for a in [channel('x')]:\n        a.publish",
}


def test_own_coroutines_that_are_not_awaited(write: Write) -> None:
    found = load_errors(write, {title: OWN + source + PAGE for title, source in OWN_CALLS.items()})
    assert unexpected(found, dict.fromkeys(OWN_CALLS, "is not awaited")) == {}
    assert "Write `channel('x').publish_soon(…)`, or await it in the loader" in str(found["in the body"])


def test_own_coroutines_that_may_be_awaited(write: Write) -> None:
    found = load_errors(write, {title: OWN + source + PAGE for title, source in OWN_CALLS_AWAITED.items()})
    assert {title: error for title, error in found.items() if "is not awaited" in str(error)} == {}
