"""Which statements of a route file end the request with an answer of its own, and how they leave their blocks."""

from tests.pages.answering import IMPORTS, PAGE, SHARED, function, results
from tests.support.sites import Site

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


async def test_a_call_that_is_not_awaited_is_reported(site: Site) -> None:
    """The guard would never run. What is called is not known before the request."""
    guards = "class Guards:\n    async def check(self):\n        redirect('/login')\nguards = [Guards()]\n"
    source = guards + function("guards[0].check()") + "\nt'secret'"
    answer = await site({"index.py": IMPORTS + source, "_shared.py": SHARED}, debug=True).get("/")
    assert answer.status_code == 500
    assert "the call of Guards.check() is not awaited" in answer.text


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
