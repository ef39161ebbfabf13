"""Which statements of a route file end the request with an answer of its own, and how they leave their blocks."""

import logging

import httpx
import pytest

from tests.support.sites import Site

SHARED = """
from contextlib import contextmanager, asynccontextmanager
from hyperpy import *

log = []

def returned(url="/login"):
    return redirect(url)

async def areturned():
    return redirect("/login")

@contextmanager
def transaction(failing=False):
    try:
        yield
    except BaseException:
        log.append("rollback")
        raise
    if failing:
        raise ValueError("the commit failed")
    log.append("commit")

@asynccontextmanager
async def atransaction():
    with transaction():
        yield
"""
IMPORTS = """
import asyncio
from typing import Annotated
from starlette.background import BackgroundTask
from hyperpy import *
from ._shared import areturned, atransaction, log, returned, transaction
"""
PAGE = "\nlog.append('after')\nt'<p>secret</p>'\n"


def function(*lines: str, keyword: str = "async def") -> str:
    return f"{keyword} load():\n    " + "\n    ".join(lines)


async def results(
    site: Site, sources: dict[str, str], **options: object
) -> dict[str, tuple[httpx.Response, list[str]]]:
    """The response of each file, and what it has logged."""
    files = {f"r{index}.py": IMPORTS + source for index, source in enumerate(sources.values())}
    logged = (
        "from ._shared import log\nfrom hyperpy import *\nfound = log[:]\nlog.clear()\nresponse = JSONResponse(found)\n"
    )
    client = site({"_shared.py": SHARED, "log.py": logged, **files})
    found = {}
    for index, name in enumerate(sources):
        answer = await client.get(f"/r{index}", **options)  # type: ignore[arg-type]
        found[name] = (answer, (await client.get("/log")).json())
    return found


REDIRECTS = {
    "a bare statement": "redirect('/login')",
    "raised": "raise redirect('/login')",
    "assigned": "user = redirect('/login')",
    "assigned from a guard": "user = returned()",
    "assigned to _": "_ = returned()",
    "assigned twice": "x = y = redirect('/login')",
    "assigned with an annotation": "user: object = returned()",
    "assigned to response": "response = redirect('/login')",
    "unpacked": "user, page = returned(), 1",
    "assigned to an attribute": "class A: pass\nA.x = returned()",
    "assigned by a conditional expression": "user = None if log else returned()",
    "assigned by `or`": "user = log or returned()",
    "a walrus": "(user := returned())",
    "a bare conditional expression": "redirect('/login') if not log else None",
    "a bare `or`": "log or redirect('/login')",
    "a bare name": "for answer in [returned()]:\n    answer",
    "a lambda": "guard = lambda: redirect('/login')\nguard()",
    "a function of the file": "def guard():\n    redirect('/login')\n    log.append('inside')\nguard()",
    "a method": "class Guard:\n    def check(self):\n        redirect('/login')\n        1 / 0\nGuard().check()",
    "a nested function": "def a():\n    def b():\n        redirect('/login')\n    b()\n    1 / 0\na()",
    "a decorated function": "def plain(f):\n    return lambda: f()\n@plain\n"
    "def guard():\n    redirect('/login')\nguard()",
    "a function that assigns it": "def guard():\n    user = returned()\n    1 / 0\nguard()",
    "a function that assigns it to an item": "def guard():\n    d = {}\n    d['u'] = returned()\n    1 / 0\nguard()",
    "a function in try": "try:\n    def guard():\n        redirect('/login')\nfinally:\n    pass\nguard()",
    "a generator": "def gen():\n    yield 1\n    redirect('/login')\n    1 / 0\n[].extend(gen())\nlog.clear()",
    "in a loop": "for n in range(3):\n    while True:\n        redirect('/login')\n        1 / 0",
    "in the else of a loop": "for n in range(3):\n    pass\nelse:\n    redirect('/login')",
    "in a loop that has an else": "for n in range(3):\n    redirect('/login')\nelse:\n    1 / 0",
    "in try": "try:\n    redirect('/login')\nexcept BaseException:\n    log.append('caught')\nelse:\n    1 / 0",
    "in except": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    redirect('/login')",
    "in except*": "try:\n    1 / 0\nexcept* ZeroDivisionError:\n    redirect('/login')\nlog.clear()\n",
    "in match": "match 1:\n    case 1:\n        redirect('/login')",
}
IN_FUNCTIONS_ONLY = {
    "returned": "return redirect('/login')",
    "in a class": "class A:\n    x = returned()\n    redirect('/login')\nlog.clear()",
    "a bare await": "await areturned()",
    "assigned from an await": "user = await areturned()",
    "an async function of the file": "async def guard():\n    redirect('/login')\nawait guard()",
    "in async with": "async with asyncio.timeout(9):\n    redirect('/login')\n    1 / 0",
    "in async for": "async def rows():\n    yield 1\nasync for row in rows():\n    redirect('/login')\n    1 / 0",
}


def redirecting() -> dict[str, str]:
    """Each case in the body, in the loader, and in a function that the loader awaits."""
    cases = {}
    for how, code in REDIRECTS.items():
        cases[f"{how}, in the body"] = code + PAGE
    for how, code in (REDIRECTS | IN_FUNCTIONS_ONLY).items():
        lines = [*code.split("\n"), "log.append('in the loader')"]
        cases[f"{how}, in the loader"] = function(*lines) + PAGE
        inner = "async def inner():\n    " + "\n    ".join(lines)
        cases[f"{how}, in a function"] = f"{inner}\n{function('await inner()', 'log.append(1)')}{PAGE}"
    return cases


async def test_a_redirect_ends_the_request_where_it_is(site: Site) -> None:
    """Where Python can't leave a block, in `except*` and in classes, the code after it still runs."""
    wrong = {}
    for how, (answer, log) in (await results(site, redirecting())).items():
        right = (answer.status_code, answer.headers.get("location")) == (303, "/login")
        if (
            not right
            or (log and not how.startswith(("in except*", "in a class", "a generator")))
            or "secret" in answer.text
        ):
            wrong[how] = (answer.status_code, answer.text, log)
    assert not wrong


ANSWERS = {
    "a call": "PlainTextResponse('x', 201)",
    "a function of the file": "def deny():\n    return PlainTextResponse('x', 201)\ndeny()",
    "a name": "found = PlainTextResponse('x', 201)\nfound",
    "an item": "found = [PlainTextResponse('x', 201)]\nfound[0]",
    "a conditional expression": "PlainTextResponse('x', 201) if not log else None",
    "a bare call in a function": "def deny():\n    PlainTextResponse('x', 201)\n    1 / 0\ndeny()",
    "a bare call that is lost": "def deny():\n    PlainTextResponse('x', 201)\n    1 / 0\nif deny():\n    log.clear()",
    "a class of its own": "class Mine(Response):\n    pass\nMine('x', 201)",
    "in with": "with transaction():\n    PlainTextResponse('x', 201)\nlog.clear()",
    "in finally": "try:\n    pass\nfinally:\n    PlainTextResponse('x', 201)\n",
}


async def test_a_bare_response_is_the_answer(site: Site) -> None:
    then = "\nt'<p>secret</p>'"
    cases = {f"{how}, in the body": code + then for how, code in ANSWERS.items()}
    for how, code in ANSWERS.items():
        cases[f"{how}, in the loader"] = function(*code.split("\n")) + then
    cases["awaited"] = f"async def deny():\n    PlainTextResponse('x', 201)\n{function('await deny()', '1 / 0')}{then}"
    cases["in a stream"] = "async def stream():\n    PlainTextResponse('x', 201)\n    yield 'secret'"
    cases["in a component"] = (
        "def Card():\n    deny()\n    return ''\ndef deny():\n    PlainTextResponse('x', 201)\nt'<{Card} />'"
    )
    for kind in ("def", "async def"):
        component = f"{kind} Card(a):\n    PlainTextResponse('x', 201)\n"
        cases[f"the result of a component, {kind}"] = f"{component}t'<p>secret</p><{{Card}} a=2 />'"
    later = "async def later(a):\n    await asyncio.sleep(0)\n    PlainTextResponse('x', 201)\n"
    cases["in a Suspense"] = f"{later}t'<{{Suspense}} fallback=\"…\">{{later(1)}}</{{Suspense}}>'"
    found = await results(site, cases)
    assert {
        how: answer.text for how, (answer, _) in found.items() if (answer.status_code, answer.text) != (201, "x")
    } == {}


async def test_a_response_of_a_function_ends_the_request_where_it_is_assigned(site: Site) -> None:
    """But only if a statement of the function has made it the answer."""
    deny = "def deny():\n    PlainTextResponse('x', 201)\n    1 / 0\n"
    made = "def made():\n    return PlainTextResponse('x', 201)\n"
    guard = "def guard():\n    user = deny()\n    log.append('on')\n    return user\n"
    cases = {
        "in the body": f"{deny}user = deny()\nlog.append('on')\nt''",
        "in a block": f"{deny}if True:\n    user: object = deny()\n    log.append('on')\nt''",
        "in the loader": f"{deny}{function('user = deny()', "log.append('on')")}\nt''",
        "in a function": f"{deny}{guard}x = guard()\nlog.append('on')\nt''",
    }
    found = await results(site, cases)
    assert {how: (answer.text, log) for how, (answer, log) in found.items()} == dict.fromkeys(cases, ("x", []))
    found = await results(site, {"made": f"{made}user = made()\nlog.append('on')\nt'{{user.status_code}}'"})
    assert [(answer.text, log) for answer, log in found.values()] == [("201", ["on"])]


async def test_a_bare_http_exception_is_raised(site: Site) -> None:
    body = "try:\n    HTTPException(403)\nexcept HTTPException as error:\n    raise HTTPException(410) from error"
    cases = {
        "body": body,
        "loader": function(*body.split("\n")),
        "conditional": "log or HTTPException(410)",
        "a function": "def deny():\n    error = HTTPException(410)\n    error\ndeny()",
        "awaited": f"async def deny():\n    HTTPException(410)\n{function('await deny()')}",
        "a stream": "async def stream():\n    HTTPException(410)\n    yield 'secret'",
    }
    found = await results(
        site, {how: f"{code}\nt'secret'" if how != "a stream" else code for how, code in cases.items()}
    )
    assert {how: answer.status_code for how, (answer, _) in found.items() if answer.status_code != 410} == {}


async def test_a_function_call_that_is_not_awaited_is_reported(site: Site) -> None:
    """The guard would never run."""
    source = f"async def guard():\n    redirect('/login')\n{function('guard()')}\nt'secret'"
    answer = await site({"index.py": IMPORTS + source, "_shared.py": SHARED}, debug=True).get("/")
    assert answer.status_code == 500
    assert "the call of guard() is not awaited" in answer.text


FRAGMENTS = '\nt\'<p>secret</p><b {fragment}="b">{1 + 1}</b><i {fragment}="i">{x}</i>\'\n'
RENDERS = {
    "bare": "render(fragments='b')",
    "a list": "render(fragments=['b'])",
    "under a condition": "not log and render(fragments='b')",
    "a conditional expression": "render(fragments='b') if not log else None",
}
RENDERS_IN_LOADERS = RENDERS | {
    "returned": "return render(fragments='b')",
    "returned by a condition": "return render(fragments='b') if not log else None",
    "from a function": "return part()",
}


async def test_fragments_are_an_answer_of_the_body_and_the_loader(site: Site) -> None:
    part = "def part():\n    return render(fragments='b')\n"
    cases = {f"{how}, body": f"x = 1\n{code}\n1 / 0{FRAGMENTS}" for how, code in RENDERS.items()}
    for how, code in RENDERS_IN_LOADERS.items():
        cases[f"{how}, loader"] = f"{part}x = 1\n{function(code, '1 / 0')}{FRAGMENTS}"
        cases[f"{how}, reached"] = (
            f"{part}x = 1\nt'<b {{fragment}}=\"b\">{{0}}</b>'\nif x:{FRAGMENTS.replace(chr(10), chr(10) + '    ', 1)}"
            + function(code).replace("async def load", "\nasync def load")
        )
    found = await results(site, cases)
    assert {how: answer.text for how, (answer, _) in found.items() if answer.text != "<b>2</b>"} == {}
    assert all(answer.headers["content-type"] == "text/html; charset=utf-8" for answer, _ in found.values())


async def test_only_what_the_loader_may_return(site: Site) -> None:
    found = await results(
        site, {"a str": f"{function('return str(log)')}\nt''", "a list": f"{function('return log')}\nt''"}
    )
    assert [answer.status_code for answer, _ in found.values()] == [500, 500]


BLOCKS = {
    "a cookie": ("response = PlainTextResponse('x')\nresponse.set_cookie('a', '1')", "x", ["after"]),
    "in a block": ("if 1:\n    response = PlainTextResponse('x')\n    log.append('block')\n1 / 0", "x", ["block"]),
    "in an inner block": (
        "if 1:\n    if 1:\n        response = PlainTextResponse('x')\n        log.append('in')\n    1 / 0",
        "x",
        ["in"],
    ),
    "in a loop": (
        "for n in range(3):\n    response = PlainTextResponse(str(n))\n    log.append(n)\nelse:\n    1 / 0",
        "0",
        [0],
    ),
    "in an inner loop": (
        (
            "for n in range(3):\n    while True:\n        response = PlainTextResponse(str(n))\n"
            "        log.append(n)\n    1 / 0"
        ),
        "0",
        [0],
    ),
    "in with": (
        "with transaction():\n    response = PlainTextResponse('x')\n    log.append(1)\n1 / 0",
        "x",
        [1, "commit"],
    ),
    "in try": (
        (
            "try:\n    response = PlainTextResponse('x')\n    log.append(1)\n"
            "except BaseException:\n    1 / 0\nelse:\n    1 / 0\nfinally:\n    log.append('finally')\n1 / 0"
        ),
        "x",
        [1, "finally"],
    ),
    "twice": ("if 1:\n    response = PlainTextResponse('y')\n    response = PlainTextResponse('x')\n1 / 0", "x", []),
    "twice at the top": ("response = PlainTextResponse('y')\nresponse = PlainTextResponse('x')", "x", ["after"]),
    "redirects": (
        "response = redirect('/a')\nresponse.set_cookie('a', '1')\nresponse = PlainTextResponse('x')",
        "x",
        ["after"],
    ),
    "a bare answer after it": ("response = PlainTextResponse('y')\nPlainTextResponse('x')\n1 / 0", "x", []),
    "a walrus": ("if response := PlainTextResponse('x'):\n    log.append(1)", "x", [1, "after"]),
    "a walrus in a block": (
        "if 1:\n    if response := PlainTextResponse('x'):\n        log.append(1)\n1 / 0",
        "x",
        [1],
    ),
    "something else": ("if 1:\n    response = None\nPlainTextResponse('x')", "x", []),
    "nothing": (
        "for response in []:\n    pass\nif 1:\n    for response in []:\n        pass\nPlainTextResponse('x')",
        "x",
        [],
    ),
    "the loader runs": (
        f"response = PlainTextResponse('x')\n{function('log.append(1)', 'response.set_cookie(`a`, `1`)')}".replace(
            "`", "'"
        ),
        "x",
        [1, "after"],
    ),
    "the loader's answer is the last": (
        f"response = PlainTextResponse('y')\n{function('return PlainTextResponse(`x`)')}".replace("`", "'"),
        "x",
        [],
    ),
    "in the loader": (
        function("global response", "if 1:", "    response = PlainTextResponse('x')", "    log.append(1)", "1 / 0"),
        "x",
        [1],
    ),
    "in a loop of a function": (
        (
            "def f():\n    global response\n    for n in range(3):\n        response = PlainTextResponse('x')\n"
            "        log.append(n)\n    1 / 0\nf()\n1 / 0"
        ),
        "x",
        [0],
    ),
    "a function's": (
        "def f():\n    global response\n    response = PlainTextResponse('x')\n    log.append(1)\nf()\n1 / 0",
        "x",
        [1],
    ),
}


async def test_response_is_the_answer_after_its_block(site: Site) -> None:
    found = await results(site, {how: code + PAGE for how, (code, _, _) in BLOCKS.items()})
    wrong = {how: (a.text, log) for how, (a, log) in found.items() if (a.text, log) != BLOCKS[how][1:]}
    assert wrong == {}
    assert [how for how, (answer, _) in found.items() if "set-cookie" in answer.headers] == [
        "a cookie",
        "the loader runs",
    ]


async def test_a_declared_response_may_be_replaced(site: Site) -> None:
    source = """
        from hyperpy import *
        late: str | None
        response: Response
        if late:
            response = PlainTextResponse("late", 503)
            response.headers["retry-after"] = "9"
        response.headers["x-page"] = "1"
        async def load():
            response.set_cookie("a", "1")
        t"<p>page</p>"
        """
    client = site({"index.py": source})
    page, late = await client.get("/"), await client.get("/?late=1")
    assert (page.text, page.headers["x-page"], page.headers["set-cookie"][:3]) == ("<p>page</p>", "1", "a=1")
    assert (late.status_code, late.text, late.headers["retry-after"]) == (503, "late", "9")
    assert "x-page" not in late.headers


WORKED_ON = {
    "in the loader": function("answer = redirect('/tasks')", "answer.set_cookie('a', '1')", "return answer"),
    "in the body": "answer = redirect('/tasks')\nanswer.set_cookie('a', '1')\nanswer",
    "as response": "if 1:\n    response = redirect('/tasks')\n    response.set_cookie('a', '1')\n1 / 0",
    "from a helper": function("answer = returned('/tasks')", "answer.headers['set-cookie'] = 'a=1'", "return answer"),
    "after a condition": function(
        "if log:\n        answer = redirect('/')\n    else:\n        answer = redirect('/tasks')",
        "answer.set_cookie('a', '1')",
        "return answer",
    ),
    "replaced": function(
        "answer = redirect('/')", "answer = redirect('/tasks')", "answer.set_cookie('a', '1')", "return answer"
    ),
    "not returned": function("answer = redirect('/tasks')", "answer.set_cookie('a', '1')"),
    "with the declared response": "answered: Response\nanswered.set_cookie('a', '1')\nredirect('/tasks')",
}


async def test_a_redirect_can_be_worked_on(site: Site) -> None:
    found = await results(site, {how: f"{code}\nt'secret'" for how, code in WORKED_ON.items()})
    wrong = {how: (answer.status_code, answer.headers) for how, (answer, _) in found.items()}
    for how, (answer, _) in found.items():
        if answer.headers.get("location") == "/tasks" and answer.headers.get("set-cookie", "")[:3] == "a=1":
            del wrong[how]
    assert wrong == {}


TRANSACTIONS = {
    "bare": ("with transaction():\n    log.append('save')\n    redirect('/done')", 303, ["save", "commit"]),
    "returned": (function("with transaction():", "    return redirect('/done')"), 303, ["commit"]),
    "bare in a function": (function("with transaction():", "    redirect('/done')", "1 / 0"), 303, ["commit"]),
    "assigned": (function("async with atransaction():", "    x = returned('/done')", "1 / 0"), 303, ["commit"]),
    "in a function inside": (
        f"def f():\n    redirect('/done')\n{function('with transaction():', '    f()')}",
        303,
        ["commit"],
    ),
    "raised": (function("with transaction():", "    raise redirect('/done')"), 303, ["rollback"]),
    "raised in the body": ("with transaction():\n    raise redirect('/done')", 303, ["rollback"]),
    "an HTTPException": ("with transaction():\n    HTTPException(409)", 409, ["rollback"]),
    "the commit fails": ("with transaction(failing=True):\n    redirect('/done')", 500, []),
    "the commit of a return fails": (function("with transaction(True):", "    return redirect('/done')"), 500, []),
    "the commit fails in a function": (function("with transaction(True):", "    redirect('/done')"), 500, []),
    "dropped, and the commit fails": (function("with transaction(True):", "    [returned('/done')]"), 303, []),
}


async def test_blocks_are_left_as_return_leaves_them(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "hyperpy")
    found = await results(site, {how: f"{code}\nt'secret'" for how, (code, _, _) in TRANSACTIONS.items()})
    wrong = {how: (a.status_code, log) for how, (a, log) in found.items()}
    assert {how: w for how, w in wrong.items() if w != TRANSACTIONS[how][1:]} == {}


GROUPS = {
    "an HTTPException": ("[ValueError(), HTTPException(404)]", 404),
    "a redirect": ("[HTTPException(404), redirect('/login'), ValueError()]", 303),
    "a nested redirect": ("[HTTPException(404), ExceptionGroup('', [ExceptionGroup('', [redirect('/login')])])]", 303),
    "a redirect made before the request": ("[HTTPException(404), LOGIN]", 303),
    "invalid inputs": ("[InputError({'q': 'is required'})]", 422),
    "a bug": ("[ValueError(), KeyError()]", 500),
}
GROUPED = {
    "the body": "raise ExceptionGroup('', {})\nt'secret'",
    "the loader": function("raise ExceptionGroup('', {})") + "\nt'secret'",
    "the page": "def fail(errors):\n    raise ExceptionGroup('', errors)\nt'secret{{fail({})}}'",
    "a deferred value": "async def fail(errors):\n    raise ExceptionGroup('', errors)\nt'{{fail({})}}'",
    "a stream": "async def stream():\n    raise ExceptionGroup('', {})\n    yield 'secret'",
}


async def test_the_answer_is_found_in_exception_groups(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    files = {"_login.py": "from hyperpy.exceptions import *\nfrom hyperpy import *\nLOGIN = redirect('/login')\n"}
    cases = {}
    for place, code in GROUPED.items():
        for what, (errors, status) in GROUPS.items():
            files[f"r{len(cases)}.py"] = f"from ._login import *\n{IMPORTS}{code.format(errors)}"
            cases[f"{what} in {place}"] = status
    client = site({"_shared.py": SHARED} | files)
    answers = [await client.get(f"/r{index}", headers={"accept": "text/event-stream"}) for index in range(len(cases))]
    found = dict(zip(cases, answers, strict=True))
    assert {how: a.status_code for how, a in found.items() if a.status_code != cases[how] or "secret" in a.text} == {}
    assert caplog.text.count("ValueError") > 0, "what else went wrong is logged"


SHARED_RESPONSES = {
    "PlainTextResponse('x')": "x",
    "JSONResponse([1])": "[1]",
    "redirect('/')": "",
    "FileResponse(__file__)": "from hyperpy import *\n",
    "Mine('x')": "x",
}


async def test_one_response_for_several_requests(site: Site) -> None:
    """Nothing that one request adds to it reaches another, whether by the declared response or by middleware."""
    files = {
        f"r{index}.py": "from hyperpy import *\nfrom ._made import made\nuser: str\nanswer: Response\n"
        f"answer.set_cookie('user', user)\nasync def load():\n    return made[{index}]\nt''"
        for index in range(len(SHARED_RESPONSES))
    }
    made = "from hyperpy import *\nclass Mine(Response):\n    __slots__ = ('extra',)\n"
    client = site({"_made.py": f"{made}made = [{', '.join(SHARED_RESPONSES)}]", **files})
    for index, text in enumerate(SHARED_RESPONSES.values()):
        for user in ("ann", "bob", "ann"):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, f"/r{index}?user={user}")
                assert answer.headers.get_list("set-cookie") == [f"user={user}; HttpOnly; Path=/; SameSite=lax"]
                assert method == "HEAD" or text in answer.text


async def test_a_streaming_response_is_sent_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    made = "from hyperpy import *\nmade = StreamingResponse(iter('ab'))"
    client = site({"_made.py": made, "index.py": "from ._made import made\nmade"})
    assert (await client.head("/")).status_code == 200
    assert (await client.get("/")).text == "ab"
    assert (await client.get("/")).status_code == 500
    assert "Make a new one for each request" in caplog.text


LEGAL = {
    "locals": "def f(a):\n    b = str(a)\n    b.strip()\n    return locals()\nt'{str(sorted(f(1)))}'",
    "a method that returns nothing": "class A:\n    def __init__(self):\n        list()\n        self.x = dict()\n"
    "t'{len(A().x)}'",
    "a generator": "def g():\n    x = yield 1\n    str(x)\n    return 2\nt'{str(list(g()))}'",
    "a docstring": "def f():\n    'Doc.'\n    ...\nt'{f.__doc__}'",
    "the declared response": "resp: Response\ndef f(r):\n    r.body = b''\n    return r\nf(resp)\nt'ok'",
    "a recursion": "def f(n):\n    f(n - 1) if n else None\n    return n\nt'{f(3)}'",
    "names of a class": "class A:\n    int('1')\n    b = int('2')\n"
    "t'{sorted(n for n in vars(A) if not n.startswith(\"__\"))}'",
}
LEGAL_PAGES = ["[&#39;a&#39;, &#39;b&#39;]", "0", "[1]", "Doc.", "ok", "3", "b"]


async def test_what_is_no_answer_works_as_ever(site: Site) -> None:
    found = await results(site, LEGAL)
    assert [answer.text for answer, _ in found.values()] == LEGAL_PAGES
