"""Which function is the loader or stream of which method, and functions and conditions that would never run."""

from collections.abc import Mapping

from hyperpy import Hyper
from tests.pages.test_checked_names import PAGE, load_errors, unexpected
from tests.support.sites import Site, Write

NEVER_RUN = {
    "a second loader": (
        "async def load(): pass\nasync def more(): pass" + PAGE,
        "more() would never run: the loader of this file is load(), line 1",
    ),
    "a second stream": (
        "async def a():\n    yield 1\nasync def b():\n    yield 1",
        "b() would never run: the stream of this file is a(), line 1",
    ),
    "a loader with an argument": ("async def load(request): pass" + PAGE, "request: Request\n"),
    "a loader with a keyword": ("async def load(*, x): pass" + PAGE, "nothing gives it `x`"),
    "a stream with an argument": ("async def stream(room: int):\n    yield 1" + PAGE, "room: int\n"),
    "a loader and a helper with an argument": (
        "async def load(): pass\nasync def find(x): pass" + PAGE,
        "find() would never run",
    ),
    "a loader under another condition": ("x = [1]\nif x:\n    async def load(): pass" + PAGE, "load() would never run"),
    "a loader in a block": ("with open('x'):\n    async def load(): pass" + PAGE, "load() would never run"),
    "two loaders of a method": (
        "from hyperpy import POST\nif POST:\n    async def a(): pass\n    async def b(): pass" + PAGE,
        "b() would never run",
    ),
    "loaders of methods that overlap": (
        "from hyperpy import POST, PUT\nif POST:\n    async def a(): pass\nif POST or PUT:\n    async def b(): pass"
        + PAGE,
        "b() would never run",
    ),
    "a wrapped loader": ("async def load(): pass\nload = str(load)" + PAGE, "`load` is bound again here"),
    "a loader that another function replaces": ("async def load(): pass\ndef load(): pass" + PAGE, "is bound again"),
    "a loader that is deleted": ("async def load(): pass\ndel load" + PAGE, "is bound again here"),
    "a stream that is replaced": ("async def a():\n    yield 1\na = None", "so a() at line 1 may not run"),
    "a loader that may be looked up": (
        "async def on_start(): pass\nname = 'start'\nfound = globals()[f'on_{name}']" + PAGE,
        "on_start() may be the loader, or a function that the file looks up by its name",
    ),
    "a flag compared by identity": ("from hyperpy import POST\nx = POST is True" + PAGE, "compares the flag itself"),
    "a flag that is matched": ("from hyperpy import POST\nmatch POST:\n    case True: pass" + PAGE, "`match POST:`"),
}


def test_functions_that_would_never_run(write: Write) -> None:
    found = load_errors(write, {title: source for title, (source, _) in NEVER_RUN.items()})
    assert unexpected(found, {title: expected for title, (_, expected) in NEVER_RUN.items()}) == {}


HELPERS = {
    "a component": "async def Card(title): return t'<b>{title}</b>'",
    "named by another": "async def find(x): return x\nasync def load():\n    await find(1)",
    "named in __all__": "__all__ = ['find']\nasync def find(x): return x",
    "given to a decorator": "def on(f): return f\n@on\nasync def find(x): return x",
    "a second one with a decorator": "def on(f): return f\nasync def load(): pass\n@on\nasync def tick(): pass",
    "private": "async def _find(x): return x",
    "looked up as a string": "async def find(x): return x\nfound = globals()['find']",
    "looked up by a value": "async def find(x): return x\nname = 'find'\nfound = globals()[name]",
    "with defaults": "async def load(x=1, *, y=2, **z): pass",
    "called by the stream": (
        "async def load():\n    global x\n    x = 1\nasync def stream():\n    await load()\n    yield 1"
    ),
}


def test_functions_that_others_may_call(write: Write) -> None:
    found = load_errors(write, {title: source + PAGE for title, source in HELPERS.items()})
    assert {title: str(error) for title, error in found.items()} == {}


LOADED = "\nasync def load():\n    global x\n    x = 'loaded'\n"
NOT_CALLED = {
    "eval": "y = eval('1')",
    "eval of a variable": "e = '1'\ny = eval(e)",
    "exec in another namespace": "e = '1'\nexec(e, {})",
    "a lookup by a variable": "n = 'e'\ne = 1\ny = globals()[n]",
    "a lookup in the module": "import sys\nn = 'e'\ne = 1\ny = getattr(sys.modules[__name__], n)",
    "a lookup of another function": "import sys\ndef on_a(): pass\nn = 'a'\nglobals()[f'on_{n}']()",
    "the whole namespace": "y = vars()",
    "a question for its name": "y = 'load' in globals()",
    "run as a script": "if __name__ == '__main__':\n    import asyncio\n    asyncio.run(load())",
    "for type checkers": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    y = load",
    "its attributes": "load.author = 'Ada'",
    "an assertion": "assert load",
    "a comparison": "y = load is None",
    "inspection": "import inspect, typing\ny = inspect.getsource(load), typing.get_type_hints(load)",
    "its text": "y = str(load) + repr(load)",
    "an annotation": "def f(a: load) -> load: pass",
    "__all__": "__all__ = ['load']",
    "a helper that nothing calls": "def again():\n    return load()",
    "an async helper that nothing calls": "async def _again():\n    await load()",
    "a method that nothing calls": "class Api:\n    async def get(self):\n        await load()",
}


async def test_a_loader_runs_unless_something_else_runs_it(site: Site) -> None:
    """Code that only mentions it, or that never runs, does not take its place: a guard in it would be lost."""
    files = {f"r{i}.py": f"x = ''{LOADED}{code}\nt'{{x}}'\n" for i, code in enumerate(NOT_CALLED.values())}
    files |= {f"s{i}.py": f"x = ''\nasync def load():\n    yield 'x'\n{c}\n" for i, c in enumerate(NOT_CALLED.values())}
    client = site(files)
    wrong = {}
    for index, what in enumerate(NOT_CALLED):
        page = await client.get(f"/r{index}")
        events = await client.get(f"/s{index}", headers={"accept": "text/event-stream"})
        if page.text != "loaded" or not events.text.startswith("data: x"):
            wrong[what] = (page.text, events.text)
    assert wrong == {}


async def test_flags_compare_as_they_read(site: Site) -> None:
    source = (
        "from hyperpy import POST, request\nt'{str(POST == True)} {str(request.method == POST)} {str(POST != False)}'"
    )
    client = site({"index.py": source})
    assert [(await client.get("/")).text, (await client.post("/")).text] == ["False False False", "True True True"]


IMPORTS = "from hyperpy import DELETE, POST, PUT\nlog = []\n"
LOADERS = """
async def load():
    global x
    x = "load"

log.append(1)

if POST:
    async def save():
        global x
        x = "save"

    log.append(x)
    def late(): return x
elif PUT:
    log.append(3)
    async def load():
        global x
        x = "put"

log.append(2)
t"{x} {log}"
"""
ELSE = """
if POST:
    t"posted"
elif not PUT:
    async def load():
        global x
        x = 1
    log.append(x)
    t"{log}"
else:
    t"put"
"""
STREAMS = """
if POST:
    async def stream():
        yield t"<p>{1}</p>"
else:
    t"page"
"""
INPUTS = """
from typing import Annotated
from hyperpy import Query
if POST:
    a: Annotated[int, Query()] = 1
    async def load():
        global a
        a += 1
    b: Annotated[int, Query()] = 2
    t"{a} {b}"
else:
    t"page"
"""
CONDITION = """
async def load():
    global x
    x = "load"
if POST and len(log):
    async def more():
        global x
        x = "more"
else:
    x = "else"
t"{x}"
"""
FOLLOWING = """
if POST:
    async def load():
        global x
        x = helper()
def helper(): return len(log)
if POST:
    t"{x}"
"""
ONLY_POST = """
from contextlib import suppress
from hyperpy import PlainTextResponse
def call(): return PlainTextResponse("called")
async def load():
    with suppress(KeyError):
        if POST:
            return {"saved": True}
"""
CASES = "async def load():\n    match len(log):\n        case 0 if PUT:\n            return {'put': 1}\n"
EARLY = "async def load():\n    if not POST:\n        return\n    return [1]\n"
REDIRECTS = "from hyperpy import PlainTextResponse, redirect\nasync def load():\n    if POST:\n        redirect('/')\n"
ASSIGNS = REDIRECTS + "    global response\n    response = PlainTextResponse('set')\n"
HELPED = REDIRECTS + "    x = helped()\ndef helped():\n    PlainTextResponse('helped')\n"
ANSWERS: Mapping[str, tuple[str, str, str]] = {
    "the usual loader": (LOADERS, "GET", "200 load 12"),
    "a loader of a method replaces it": (LOADERS, "POST", "200 save 1save2"),
    "a loader of the same name": (LOADERS, "PUT", "200 put 132"),
    "a loader under else": (ELSE, "GET", "200 1"),
    "another branch": (ELSE, "PUT", "200 put"),
    "a page of the first branch": (ELSE, "POST", "200 posted"),
    "a stream of a method": (STREAMS, "POST", "200 data: <p>1</p>"),
    "the page beside it": (STREAMS, "GET", "200 page"),
    "only a stream of a method": (STREAMS.partition("else")[0], "GET", "405 Method Not Allowed"),
    "inputs of a block that is split": (INPUTS, "POST", "200 2 2"),
    "a condition that isn't met": (CONDITION, "POST", "200 else"),
    "definitions that follow the block": (FOLLOWING, "POST", "200 0"),
    "a loader that answers only under a flag": (ONLY_POST, "GET", "405 Method Not Allowed"),
    "a loader that else returns None": (f"{ONLY_POST}\n    return None", "GET", "405 Method Not Allowed"),
    "the method of that flag": (ONLY_POST, "POST", '200 {"saved":true}'),
    "a flag that guards a case": (CASES, "GET", "405 Method Not Allowed"),
    "the method of the case": (CASES, "PUT", '200 {"put":1}'),
    "a page in a case": ("match len(log):\n    case 0 if POST:\n        t'x'", "GET", "405 Method Not Allowed"),
    "the page of the case": ("match len(log):\n    case 0 if POST:\n        t'x'", "POST", "200 x"),
    "a loader that returns early": (EARLY, "GET", "405 Method Not Allowed"),
    "the method that goes on": (EARLY, "POST", "200 [1]"),
    "a redirect in a loader, under a flag": (REDIRECTS, "GET", "405 Method Not Allowed"),
    "a loader that ends with an answer": (ONLY_POST + "    return [1]\n", "GET", "200 [1]"),
    "a loader that ends with a call": (ONLY_POST + "    call()\n", "GET", "200 called"),
    "a loader beside a call": (ONLY_POST + "call()\n", "GET", "200 called"),
    "a loader that assigns a response": (ASSIGNS, "GET", "200 set"),
    "a function that answers for a loader": (HELPED, "GET", "200 helped"),
    "a flag that is compared": ("if POST == True:\n    t'x'", "GET", "405 Method Not Allowed"),
    "a flag in bool()": ("if bool(POST) is not False:\n    t'x'", "POST", "200 x"),
    "a flag that is negated": ("if not POST:\n    t'x'\nelse:\n    t'y'", "POST", "200 y"),
    "a stream that isn't reached": (
        "response = None\nif POST and len(log):\n    async def stream():\n        yield 1\n",
        "POST",
        "500 Internal Server Error",
    ),
}


async def test_functions_under_a_method(site: Site) -> None:
    client = site({f"r{n}.py": IMPORTS + source for n, (source, _, _) in enumerate(ANSWERS.values())})
    found = {}
    for number, (title, (_, method, _)) in enumerate(ANSWERS.items()):
        answer = await client.request(method, f"/r{number}")
        found[title] = f"{answer.status_code} {answer.text.partition('\nLog id')[0].partition('\n\n')[0]}"
    assert {title: text for title, text in found.items() if text != ANSWERS[title][2]} == {}


REQUEST = "import http\nfrom http import HTTPMethod\nfrom hyperpy import Request\nrequest: Request\n"
REFUSED = (
    "if request.method == 'POST': pass",
    "if 'POST' == request.method: pass",
    "if request.method != 'POST': pass",
    "if request.method in ('GET', 'POST'): pass",
    "if request.method in {'PUT'}: pass",
    "x = 1 if request.method == 'POST' else 2",
    "match request.method:\n    case 'POST': pass",
    "match request.method:\n    case 'GET' | 'PUT': pass",
    "match request.method:\n    case HTTPMethod.POST: pass",
    "m = request.method\nif m == 'POST': pass",
    "r = request\nif r.method == 'DELETE': pass",
    "if (m := request.method) == 'POST': pass",
    "if request.method == HTTPMethod.POST: pass",
    "if request.method == http.HTTPMethod.POST.value: pass",
    "if request.method.lower() == 'post': pass",
    "if str(request.method) == 'POST': pass",
    "if request.scope['method'] == 'PATCH': pass",
    "if request['method'] == 'PATCH': pass",
    "UNSAFE = ('POST', 'PUT')\nif request.method in UNSAFE: pass",
    "UNSAFE: frozenset = frozenset({'POST', 'PUT'})\nif request.method in UNSAFE: pass",
    "def save(r: Request):\n    return r.method == 'POST'",
    "async def load():\n    if request.method == 'POST': pass",
    "{'POST': print}.get(request.method)",
    "table = {'POST': print}\ntable[request.method]()",
)
ACCEPTED = (
    "if request.method == 'GET': pass",
    "if request.method not in ('GET', 'HEAD', 'OPTIONS'): pass",
    "form = type('F', (), {'method': 'POST'})\nif form.method == 'POST': pass",
    "from hyperpy import POST\nif request.method == 'POST' and POST: pass",
    "x = request.url.path == 'POST'",
    "methods = ('POST',)\nprint('POST' in methods)",
    "a = ('x',)\nb = a\na = b\nif request.method in a: pass",
)


def test_comparisons_with_a_method_that_the_route_refuses(write: Write) -> None:
    sources = {source: REQUEST + source + PAGE for source in (*REFUSED, *ACCEPTED)}
    found = load_errors(write, sources)
    assert unexpected(found, dict.fromkeys(REFUSED, "this route refuses")) == {}


def test_helpers_that_ask_for_a_method_that_the_route_refuses(write: Write) -> None:
    helpers = """
        from hyperpy import POST, PUT
        def is_post(): return bool(POST)
        def is_write():
            "Whether it changes anything."
            return POST or PUT
        def posted(request): return request.method == "POST"
        def number():
            if POST: return 1
            return 2
        """
    refused = ("is_post()", "is_write()", "posted(request)", "not is_post()")
    accepted = ("number()", "POST and is_post()")
    imports = "from ._helpers import *\nfrom hyperpy import Request\nrequest: Request\n"
    files = {f"r{n}.py": f"{imports}if {test}: pass{PAGE}" for n, test in enumerate(refused + accepted)}
    files[f"r{len(refused) + 1}.py"] = f"from hyperpy import POST\n{files[f'r{len(refused) + 1}.py']}"
    folder = write({"_helpers.py": helpers} | files)
    errors = Hyper(routes=folder, static=None, debug=True).load_errors
    assert [error.what.partition("(")[0] for error in errors] == ["is_post", "is_write", "posted", "is_post"]
