"""Values of a request belong to it alone; values made at load time last."""

import asyncio
import re

import pytest

from tests.support.clients import EVENT_SOURCE, client_of, wait_for_items

LOG = """
    from hyper import JSONResponse
    from ._log import log

    response = JSONResponse(log)
"""

FRESH = {
    "a list": ("seen = []\nseen.append(word)", "seen"),
    "a dict": ("seen = {}\nseen[len(seen)] = word", "list(seen.values())"),
    "a global": ("count = 0\ndef up():\n    global count\n    count += 1\nup()", "[word] * count"),
    "a default argument": (
        "def put(x, box=[]):\n    box.append(x)\n    return box\nput(1)",
        "[word] * len(put(2)[1:])",
    ),
    "a keyword's default": (
        "def put(*, box={}):\n    box[len(box)] = 1\n    return box\nput()",
        "[word] * (len(put()) - 1)",
    ),
    "a class that names an input": (
        "class Box:\n    owner = word\n    items = []\nBox.items.append(Box.owner)",
        "Box.items",
    ),
    "a class that names a variable": (
        "mine = [word]\nclass Box:\n    items = mine\nBox.items.append(1)",
        "[Box.items[0]] * (len(Box.items) - 1)",
    ),
    "a class by way of another": (
        "class Base:\n    owner = word\nclass Box(Base):\n    items = []\nBox.items.append(Box.owner)",
        "Box.items",
    ),
    "a function's attribute": ("def f(): return word\nf.calls = getattr(f, 'calls', 0) + 1", "[f()] * f.calls"),
    "an annotated value": ("seen: list[str] = []\nseen.append(word)", "seen"),
    "an augmented value": ("seen = ()\nseen += (word,)", "seen"),
    "a walrus": ("[0, (seen := [])]\nseen.append(word)", "seen"),
    "a loop's variable": ("seen = []\nfor each in [word]:\n    seen.append(each)", "seen"),
    "a name that is not there yet": ("seen = [word]\nif 'old' in globals():\n    seen.append(old)\nold = word", "seen"),
    "a default of a lambda": (
        "seen = []\nadd = lambda x, box=[]: box.append(x) or box\nadd(1)",
        "[word] * (len(add(2)) - 1)",
    ),
    "an object": ("from types import SimpleNamespace\nbox = SimpleNamespace(n=0)\nbox.n += 1", "[word] * box.n"),
    "an iterator": ("from itertools import count\nnumbers = count(1)", "[word] * next(numbers)"),
}


@pytest.mark.parametrize("case", FRESH)
async def test_values_of_the_body_are_new_for_each_request(make, case):
    body, shown = FRESH[case]
    app = make({"index.py": f"word: str\n{body}\nt'{{{shown}}}'\n"})
    async with client_of(app) as client:
        for word in ("one", "two", "one"):
            assert (await client.get("/", params={"word": word})).text == word
        responses = await asyncio.gather(*(client.get("/", params={"word": str(n)}) for n in range(20)))
    assert [response.text for response in responses] == [str(n) for n in range(20)]


LASTING = {
    "a helper's list": ("from ._kept import kept\nkept.append(1)", "len(kept)"),
    "a class that names no variable": ("class Box:\n    items = []\nBox.items.append(1)", "len(Box.items)"),
    "a final value": ("from typing import Final\nbox: Final = []\nbox.append(1)", "len(box)"),
    "another route's definitions": ("from .other import Box\nBox.items.append(1)", "len(Box.items)"),
    "a cached function of constants": (
        "from functools import cache\n@cache\ndef box():\n    return []\nbox().append(1)",
        "len(box())",
    ),
}


@pytest.mark.parametrize("case", LASTING)
async def test_values_of_definitions_last(make, case):
    body, shown = LASTING[case]
    other = "class Box:\n    items = []\nt'other'\n"
    app = make({"_kept.py": "kept = []\n", "other.py": other, "index.py": f"{body}\nt'{{{shown}}}'\n"})
    async with client_of(app) as client:
        assert [(await client.get("/")).text for _ in range(3)] == ["1", "2", "3"]


async def test_a_generators_finally_sees_its_own_request(make):
    app = make(
        {
            "_log.py": "log = []\n",
            "{token}.py": """
                import asyncio

                from hyper import Request, render, fragment
                from ._log import log

                token: str
                request: Request
                latest = ""

                t'<b {fragment}="mine">{token} {latest}</b>'

                async def stream():
                    global latest
                    try:
                        yield "begun"
                        await asyncio.sleep(0.001)
                        latest = token
                        if token.endswith("7"):
                            raise LookupError(token)
                    finally:
                        await asyncio.sleep(0.001)
                        log.append((token, request.url.path, str(render(fragments="mine"))))
            """,
            "log.py": LOG,
        }
    )
    async with client_of(app) as client:
        accept = {"accept": EVENT_SOURCE}
        await asyncio.gather(*(client.get(f"/user{n}", headers=accept) for n in range(40)))
        log = (await client.get("/log")).json()
    assert sorted(log) == sorted([f"user{n}", f"/user{n}", f"<b>user{n} user{n}</b>"] for n in range(40))


BROKEN = {
    "body": "import time\ntoken: str\nsecret = [token]\ntime.sleep(0.001)\n1 / (len(secret) - 1)\nt'never'\n",
    "loader": """
        import asyncio
        token: str
        async def load():
            secret = token
            await asyncio.sleep(0.001)
            raise LookupError(f"nothing for {secret}")
        t'never'
    """,
    "page": "token: str\nboth = [token, 0]\nt'{both[0] / both[1]}'\n",
    "always the same exception": """
        from ._shared import ERROR
        token: str
        async def load():
            mine = token
            raise ERROR from LookupError(mine)
        t'never'
    """,
}


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("where", BROKEN)
async def test_an_error_page_shows_only_its_own_request(make, where, debug):
    app = make({"{token}.py": BROKEN[where], "_shared.py": "ERROR = ValueError('always')\n"}, debug=debug)
    tokens = [f"token-{number:02}" for number in range(40)]
    async with client_of(app) as client:
        responses = await asyncio.gather(*(client.get(f"/{token}?password={token}") for token in tokens))
    for token, response in zip(tokens, responses, strict=True):
        assert response.status_code == 500
        assert set(re.findall(r"token-\d\d", response.text)) <= ({token} if debug else set())
        assert ("Traceback" in response.text) == debug


async def test_tasks_and_threads_keep_the_request_that_started_them(make):
    app = make(
        {
            "_log.py": "log = []\n",
            "{token}.py": """
                import asyncio
                from functools import partial

                from hyper import GET, POST, Response, fragment, html, render
                from starlette.background import BackgroundTask
                from ._log import log

                token: str
                response: Response

                def note(kind):
                    log.append((kind, token, bool(POST), str(render(fragments="mine"))))

                async def note_soon(kind):
                    await asyncio.sleep(0.002)
                    note(kind)

                async def load():
                    asyncio.create_task(note_soon("task"))
                    asyncio.get_running_loop().call_later(0.001, note, "callback")
                    await asyncio.to_thread(note, "thread")
                    response.background = BackgroundTask(note_soon, "background")

                t'<b {fragment}="mine">{token}</b>'

                GET or POST
            """,
            "answer/{token}.py": """
                import asyncio

                from hyper import GET, POST, HTMLResponse, fragment, render
                from starlette.background import BackgroundTask
                from .._log import log

                token: str

                def note(kind):
                    log.append((kind, token, bool(POST), str(render(fragments="mine"))))

                t'<b {fragment}="mine">{token}</b>'

                GET or POST
                response = HTMLResponse(token, background=BackgroundTask(note, "of the answer"))
            """,
            "log.py": LOG,
        }
    )
    kinds = ["background", "callback", "of the answer", "task", "thread"]
    async with client_of(app) as client:
        for method in ("GET", "POST"):
            requests = [client.request(method, f"/{prefix}u{n}") for n in range(10) for prefix in ("", "answer/")]
            await asyncio.gather(*requests)
        log = await wait_for_items(client, "/log", "", len(kinds) * 20)
    expected = [[kind, f"u{n}", post, f"<b>u{n}</b>"] for kind in kinds for n in range(10) for post in (False, True)]
    assert sorted(log) == expected
