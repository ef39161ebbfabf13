"""Responses that nothing sends: a helper drops them, or they are taken for a value. And markers that are."""

from pathlib import Path

import pytest

from hyperpy import Hyper, Settings
from hyperpy.app.loaded_routes import load_routes
from hyperpy.exceptions import HyperError
from hyperpy.pages import temporary_imports
from tests.support.sites import Site, Write

ROUTE = "from ._users import require\nrequire()\nt'secret'"


@pytest.mark.parametrize("answer", ["HTTPException(403)", "PlainTextResponse('no', 403)", "hyperpy.HTTPException(401)"])
def test_an_answer_that_a_helper_drops_is_an_error(write: Write, answer: str) -> None:
    users = f"import hyperpy\nfrom hyperpy import *\ndef require():\n    if True:\n        {answer}"
    with pytest.raises(HyperError, match="answers by itself only in a route file; here it does nothing") as caught:
        Hyper(routes=write({"_users.py": users, "index.py": ROUTE}), static=None)
    written = f"raise {answer}" if "Exception" in answer else f"return {answer}"
    assert f"Write `{written}`" in str(caught.value)


@pytest.mark.parametrize(
    "answer", ["raise HTTPException(403)", "redirect('/login')", "raise RuntimeError(HTTPException(403))"]
)
async def test_what_a_helper_raises_is_an_answer(site: Site, answer: str) -> None:
    users = f"from hyperpy import *\ndef require():\n    {answer}"
    assert (await site({"_users.py": users, "index.py": ROUTE}).get("/")).status_code in (303, 403, 500)


@pytest.mark.parametrize("statement", ["ok or HTTPException(403)", "None if ok else HTTPException(403)"])
def test_an_answer_that_an_expression_drops_is_an_error(write: Write, statement: str) -> None:
    users = f"from hyperpy import *\ndef require(ok):\n    {statement}"
    with pytest.raises(HyperError, match="Write an `if`, and in it `raise HTTPException"):
        Hyper(routes=write({"_users.py": users, "index.py": ROUTE}), static=None)


REQUIRE = """
import functools
import hyperpy
ok = 1
from hyperpy import HTTPException, JSONResponse, PlainTextResponse, redirect
DENIED = PlainTextResponse("no", 401)

class User:
    name = "Ada"
    status_code = 1

def require():
    if not ok:
        return PlainTextResponse("no", 401)
    return User()

def by_condition():
    return User() if ok else hyperpy.PlainTextResponse("no", 401)

def by_constant():
    return DENIED

def by_variable():
    refusal = JSONResponse({}, 401)
    return refusal

def by_another():
    try:
        return require()
    finally:
        pass

async def later():
    return by_another()

async def admin():
    return ok

def loops():
    return loops() if not ok else User()

def raises():
    if not hyperpy.session:
        raise HTTPException(401)
    return User()

def leads():
    return redirect("/elsewhere")

def makes_inner():
    def inner():
        return PlainTextResponse("no")
    return User()

def refuses():
    if not ok:
        return PlainTextResponse("no", 401)

def with_flag(fmt="html"):
    if fmt == "json":
        return JSONResponse({})
    return User()

def handled():
    user = require()
    if isinstance(user, PlainTextResponse):
        raise HTTPException(401)
    return user

def handled_later():
    user = require()
    return None if isinstance(user, PlainTextResponse) else user

def raising(function):
    @functools.wraps(function)
    def wrapper():
        user = function()
        if isinstance(user, PlainTextResponse):
            raise HTTPException(401)
        return user
    return wrapper

@raising
def wrapped():
    if not ok:
        return PlainTextResponse("no", 401)
    return User()

def merged():
    other = PlainTextResponse("x")
    other.set_cookie("a", "b")
    hyperpy.response.raw_headers.extend(other.raw_headers)
    return User()

def asked():
    probe = PlainTextResponse("x")
    return probe.status_code == 200, int(probe.headers["content-length"])

def by_cookie(token=hyperpy.Cookie(None), *, session=hyperpy.Header(None)):
    return token

def takes(response=None):
    assert not isinstance(response, PlainTextResponse)
    return User()
"""

MISTAKEN = {
    "unused": "user = require()\nt'x'",
    "shown": "user = require()\nt'{user}'",
    "read": "user = require()\nt'{user.name} {user[0]}'",
    "in a block": "if GET:\n    user: object = by_condition()\nt'x'",
    "a constant": "user = by_constant()\nt'x'",
    "a variable": "user = by_variable()\nt'x'",
    "of another function": "user = by_another()\nt'{user.name}'",
    "awaited": "async def load():\n    user = await later()\nt'x'",
    "in the loader": "async def load():\n    user = require()\n    print(user.name)\nt'x'",
    "made global": "user = None\nasync def load():\n    global user\n    user = require()\nt'{user.name}'",
    "by the module": "from . import _users\nuser = _users.require()\nt'x'",
    "of the file": "def own():\n    return inner()\ndef inner():\n    return Response('no')\nuser = own()\nt'x'",
    "tested": "user = require()\nif user:\n    1\nt'x'",
    "tested for nothing": "user = require()\nif not user or user is None:\n    raise HTTPException(401)\nt'x'",
    "with a walrus": "if user := require():\n    1\nt'x'",
    "or another value": "user = '' or require()\nt'x'",
    "in an f-string": "user = require()\ntitle = f'{user.name}'\nt'{title}'",
}

MEANT = {
    "a statement": "require()\nt'x'",
    "the variable as a statement": "user = require()\nuser\nt'x'",
    "tested": "user = require()\nif isinstance(user, PlainTextResponse):\n    response = user\nt'x'",
    "true or false": "refusal = refuses()\nif refusal:\n    raise HTTPException(401)\nt'x'",
    "with a walrus": "if (user := refuses()) is not None:\n    raise HTTPException(401)\nt'x'",
    "a flag": "user = with_flag()\nt'{user.name}'",
    "handled": "user = handled()\nt'{user.name}'",
    "handled later": "user = handled_later()\nt'{user.name}'",
    "by a decorator": "user = wrapped()\nt'{user.name}'",
    "headers": "user = merged()\nt'{user.name}{asked()}'",
    "shown for a developer": "user = require()\nt'{user!r}'",
    "the response": "response = require()\nt'x'",
    "returned": "async def load():\n    user = require()\n    return user\nt'x'",
    "a response's attribute": "user = require()\nif GET and user.status_code == 401:\n    1\nt'x'",
    "passed on": "user = require()\nnames = [user]\nt'{names[0].status_code}'",
    "raised": "hyperpy.session['a'] = 1\nuser = raises()\nt'{user.name}'",
    "a redirect": "user = leads()\nt'{user.name}'",
    "an inner function": "user = makes_inner()\nt'{user.name}'",
    "a name only": "user = takes()\nt'{user.name}'",
    "a loop": "user = loops()\nt'{user.name}'",
    "discarded": "_ = require()\nt'x'",
    "a parameter": "def show(user):\n    user = require()\n    return 1\nt'{show(1)}'",
}

IMPORTS = "from ._users import *\nfrom ._users import hyperpy\nfrom hyperpy import *\n"


@pytest.mark.parametrize("how", MISTAKEN)
def test_a_response_that_is_taken_for_a_value_is_an_error(write: Write, how: str) -> None:
    """A guard that refuses with a response, and is called for the user, would let everybody in."""
    folder = write({"_users.py": REQUIRE, "index.py": IMPORTS + MISTAKEN[how]})
    with pytest.raises(HyperError, match=r"\(\) may return a response, which isn't sent when it is assigned to `user`"):
        Hyper(routes=folder, static=None)


GUARDS = {
    "if not ok:\n    user = HTTPException(403)\nt'{ok}'": "`HTTPException(…)` is assigned and not raised",
    "user = ok or HTTPException(403)\nt'{user}'": "`HTTPException(…)` is assigned and not raised",
    "if not ok:\n    answer = PlainTextResponse('no', 403)\nt'x'": "the response in `answer` is not sent",
    "if not raises:\n    1\nt'x'": "`raises` is not called, so it is always true",
    "from . import _users\nx = 1 if _users.raises else 2\nt'x'": "`_users.raises` is not called",
    "def check(): pass\nif check and ok:\n    1\nt'x'": "`check` is not called, so it is always true",
    "def check(): pass\ncheck\nt'x'": "`check` is not called, so this line does nothing",
    "raises\nt'x'": "`raises` is not called, so this line does nothing",
    "ok = admin()\nif not ok:\n    1\nt'x'": "the call of admin() is not awaited",
    "if ok := admin():\n    1\nt'x'": "the call of admin() is not awaited",
    "a = None\nasync def load():\n    global a\n    a = admin()\n    if not a: 1\nt'x'": "is not awaited",
    "user = by_cookie()\nt'x'": "by_cookie() gets the marker of `token`, and not the visitor's value",
    "user = by_cookie(1)\nt'x'": "by_cookie() gets the marker of `session`",
    "def own(b: str = Query('')): return b\ny: str = Depends(own)\nx = own()\nt'x'": "own() gets the marker of `b`",
    "if not ok:\n    exit()\nt'x'": "`exit()` would end the server, and not the request",
    "import sys\nasync def load():\n    sys.exit(1)\nt'x'": "`sys.exit(1)` would end the server",
}
UNGUARDED = {
    "an exception that is raised": "error = HTTPException(403)\nif not ok:\n    raise error\nt'x'",
    "an exception that is returned": "def make():\n    a = HTTPException(403)\n    return a\nif 0: raise make()\nt'x'",
    "a constant": "DENIED = PlainTextResponse('no', 403)\nt'x'",
    "a function that may be None": "find = None\nif ok:\n    find = raises\nif find:\n    1\nt'x'",
    "a class": "if User:\n    1\nt'x'",
    "a task": "job = later()\nasync def load():\n    await job\nt'x'",
    "given arguments": "x = by_cookie(1, session=2)\ny = by_cookie(**{'token': 1})\nt'x'",
    "a dependency": "user: object = Depends(by_cookie)\nt'x'",
    "a script": "import sys\nif __name__ == '__main__':\n    sys.exit(1)\nt'x'",
    "another exit": "def exit(): pass\nexit()\nt'x'",
}


@pytest.mark.parametrize("source", GUARDS)
def test_guards_that_would_let_everybody_in_are_errors(write: Write, source: str) -> None:
    folder = write({"_users.py": REQUIRE, "index.py": IMPORTS + source})
    with pytest.raises(HyperError) as caught:
        Hyper(routes=folder, static=None)
    assert GUARDS[source] in str(caught.value)


async def test_an_exception_as_the_response_is_raised(site: Site) -> None:
    files = {
        "_users.py": REQUIRE,
        "a.py": f"{IMPORTS}response = HTTPException(403)\nt'secret'",
        "b.py": f"{IMPORTS}async def load():\n    global response\n    response = HTTPException(403)\nt'secret'",
        "c/_guard.py": "from hyperpy import HTTPException\nresponse = HTTPException(403)",
        "c/index.py": "t'secret'",
    }
    client = site(files)
    answers = [await client.get(path) for path in ("/a", "/b", "/c")]
    assert [(answer.status_code, "secret" in answer.text) for answer in answers] == [(403, False)] * 3


async def test_code_that_ends_the_process_fails_its_request_only(site: Site) -> None:
    client = site({"a.py": "def end():\n    raise SystemExit\nx = end()\nt'x'", "b.py": "t'fine'"})
    assert [(await client.get(path)).status_code for path in ("/a", "/b")] == [500, 200]


async def test_other_uses_of_a_response_are_left_alone(write: Write) -> None:
    files = {f"r{number}.py": IMPORTS + source for number, source in enumerate([*MEANT.values(), *UNGUARDED.values()])}
    Hyper(routes=write({"_users.py": REQUIRE, **files}), static=None, settings=Settings(secret_key="x" * 40))


DENY = "def deny():\n    return PlainTextResponse('no', 401)\n"
OUTSIDE = {
    "def require(ok):\n    ok or HTTPException(403)": "answers by itself only in a route file",
    "async def check():\n    pass\ndef require():\n    if not check():\n        1 / 0": "`async def require(…)`",
    f"{DENY}def require():\n    user = deny()\n    return user.name": "isn't sent",
    "user = Cookie(None)\ndef require():\n    if user is None:\n        1 / 0": "`user` is Cookie() itself",
    "user = Cookie(None)\ndef require():\n    return f'{user}'": "`def require(user):`",
}


def test_modules_elsewhere_are_warned_about(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    imports = "from hyperpy import Cookie, HTTPException, PlainTextResponse\n"
    for number, source in enumerate(OUTSIDE):
        (tmp_path / f"outside_{number}.py").write_text(imports + source)
    modules = [f"outside_{number}" for number in range(len(OUTSIDE))]
    folder = write({"index.py": f"import {', '.join(modules)}\nx = [{', '.join(modules)}]\nt'x'"})
    with temporary_imports(tmp_path):
        warnings = load_routes(folder).warnings
    found = {Path(warning.place.file).stem: str(warning) for warning in warnings}
    assert [module for module, words in zip(modules, OUTSIDE.values(), strict=True) if words not in found[module]] == []
