"""`Depends`: what can be one, what it is called with, and how often."""

import asyncio
from typing import Any

import pytest

from hyperpy.exceptions import HyperError, RouteError
from tests.support.sites import Files, Site

# A module of dependencies of every kind, each of which returns or yields the text `made`.
KINDS = """
import functools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

def function() -> str:
    return "made"

async def async_function() -> str:
    return "made"

def generator() -> Iterator[str]:
    yield "made"

async def async_generator() -> AsyncIterator[str]:
    yield "made"

@contextmanager
def context() -> Iterator[str]:
    yield "made"

@asynccontextmanager
async def async_context() -> AsyncIterator[str]:
    yield "made"

def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

wrapped_async = wrapped(async_function)
wrapped_generator = wrapped(generator)
wrapped_async_generator = wrapped(async_generator)
partial = functools.partial(lambda text: text, "made")
keyword_partial = functools.partial(lambda *, text: text, text="made")
async def _echo(text):
    return text
async_partial = functools.partial(_echo, "made")

class Callable:
    def __call__(self) -> str:
        return "made"
    def method(self) -> str:
        return "made"
    async def async_method(self) -> str:
        return "made"
    @classmethod
    def of_class(cls) -> str:
        return "made"
    @staticmethod
    def static() -> str:
        return "made"

class AsyncCallable:
    async def __call__(self) -> str:
        return "made"

class CallableGenerator:
    def __call__(self) -> Iterator[str]:
        yield "made"

class Made(str):
    def __new__(cls):
        return super().__new__(cls, "made")

class Pair(NamedTuple):
    def __str__(self):
        return "made"

instance, async_instance, generator_instance = Callable(), AsyncCallable(), CallableGenerator()
lambda_ = lambda: "made"
"""
CALLABLES = (
    "function",
    "async_function",
    "generator",
    "async_generator",
    "context",
    "async_context",
    "wrapped_async",
    "wrapped_generator",
    "wrapped_async_generator",
    "partial",
    "keyword_partial",
    "async_partial",
    "instance",
    "async_instance",
    "generator_instance",
    "instance.method",
    "instance.async_method",
    "Callable.of_class",
    "Callable.static",
    "Made",
    "Pair",
    "lambda_",
)


async def test_any_callable_is_a_dependency_in_each_spelling(site: Site) -> None:
    files = {"_kinds.py": KINDS}
    for index, name in enumerate(CALLABLES):
        imports = f"from typing import Annotated\nfrom hyperpy import Depends\nfrom ._kinds import *\nf = {name}\n"
        files[f"value{index}.py"] = f"{imports}made: str = Depends({name})\nt'{{str(made)}}'"
        files[f"annotated{index}.py"] = f"{imports}made: Annotated[str, Depends({name})]\nt'{{str(made)}}'"
        files[f"nested{index}.py"] = (
            f"{imports}def outer(inner: str = Depends({name})):\n    return str(inner)\n"
            "made: str = Depends(outer)\nt'{made}'"
        )
    wrong = []
    async with site(files) as client:
        for index, name in enumerate(CALLABLES):
            for spelling in ("value", "annotated", "nested"):
                response = await client.get(f"/{spelling}{index}")
                if response.text != "made":
                    wrong.append((name, spelling, response.text))
    assert not wrong


IMPORTS = (
    "from typing import Annotated\n"
    "from hyperpy import Cookie, Depends, Header, HTTPException, Path, POST, PlainTextResponse, Query, Request, "
    "Response, redirect, request, response\n"
)

# What a dependency declares, and what it gets in a request for /items/7?page=3&tag=a&tag=b with a header and a cookie.
INPUTS = {
    "def f(request: Request): return request.method": "GET",
    "def f(): return request.method": "GET",
    "def f(response: Response): response.headers['x-set'] = 'yes'; return 'set'": "set",
    "def f(item_id: int): return item_id + 1": "8",
    "def f(item_id): return item_id + '!'": "7!",
    "def f(item_id: int = 5): return item_id": "7",
    "def f(key: int = Path(alias='item_id')): return key": "7",
    "def f(page: int): return page + 1": "4",
    "def f(page: int = Query(1, ge=1)): return page": "3",
    "def f(size: int = Query(20)): return size": "20",
    "def f(page: Annotated[int, Query(ge=1)] = 1): return page": "3",
    "def f(size: Annotated[int, Query()] = 20): return size": "20",
    "def f(size: int | None): return size is None": "True",
    "def f(tag: list[str] = Query()): return '+'.join(tag)": "a+b",
    "def f(x_token: str = Header()): return x_token": "secret",
    "def f(theme: Annotated[str, Cookie()]): return theme": "dark",
    "def f(page: int = 1): return page": "1",  # a default without a marker is never from the request
    "def f(*args, **kwargs): return len(args) + len(kwargs)": "0",
    "def f(page: int, /, size=2, *, tag: str): return f'{page}{size}{tag}'": "32b",
    "def f(page: 'int'): return page + 1": "4",
}


async def test_a_dependency_has_inputs_of_its_own(site: Site) -> None:
    files = {
        f"{n}/{{item_id}}.py": f"{IMPORTS}{f}\nx: object = Depends(f)\nt'{{str(x)}}'" for n, f in enumerate(INPUTS)
    }
    wrong = []
    async with site(files) as client:
        client.cookies["theme"] = "dark"
        for index, (declared, expected) in enumerate(INPUTS.items()):
            path = f"/{index}/7?page=3&tag=a&tag=b"
            answer = await client.get(path, headers={"x-token": "secret"})
            if answer.text != expected:
                wrong.append((declared, answer.text))
    assert not wrong


async def test_a_mutable_default_of_a_marker_is_each_requests_own(site: Site) -> None:
    source = "def f(tag: list[str] = Query([])):\n    tag.append('x')\n    return len(tag)\n"
    async with site({"index.py": f"{IMPORTS}{source}n: int = Depends(f)\nt'{{n}}'"}) as client:
        assert [(await client.get("/")).text for _ in range(3)] == ["1", "1", "1"]


async def test_the_invalid_inputs_of_all_dependencies_are_in_one_422(site: Site) -> None:
    source = (
        "def inner(size: int = Query(le=9)): log.append('inner')\n"
        "def outer(token: int = Header(), i=Depends(inner)): log.append('outer')\n"
        "def fine(): log.append('fine')\n"
        "page: int\na: None = Depends(outer)\nb: None = Depends(inner)\nc: None = Depends(fine)\n"
    )
    files = {
        "_log.py": "log = []\n",
        "index.py": f"from ._log import log\n{IMPORTS}{source}t''",
    }
    files["log.py"] = "from ._log import log\nt'{log}'"
    async with site(files) as client:
        response = await client.get("/?page=x&size=10", headers={"accept": "application/json", "token": "t"})
        assert response.status_code == 422
        assert [name in response.text for name in ("page", "size", "token")] == [True, True, True]
        assert (await client.get("/log")).text == "fine"


async def test_answers_depend_on_what_their_dependencies_have_read(site: Site) -> None:
    source = (
        f"{IMPORTS}def f(theme: str = Cookie(''), lang: str = Header('', alias='Accept-Language')): pass\nDepends(f)\n"
    )
    async with site({"index.py": f"{source}t'x'", "away.py": f"{source}redirect('/')"}) as client:
        for path in ("/", "/away"):
            assert (await client.get(path)).headers["vary"].lower().endswith("cookie, accept-language")


COUNTING = """
from hyperpy import Depends
made = []
class User: pass
def current_user():
    made.append(User())
    return made[-1]
def name_of(user: User = Depends(current_user)):
    return user
"""


async def test_a_request_has_one_value_of_each_dependency(site: Site) -> None:
    files = {
        "_auth.py": COUNTING,
        "_again.py": "from ._auth import current_user as who\n",
        "_guard.py": (
            "from ._again import who\nfrom hyperpy import Depends\nguard_user: object = Depends(who)\n"
            "who.seen = guard_user\n"
        ),
        "index.py": (
            "from hyperpy import Depends\nfrom ._auth import *\nfrom . import _auth\n"
            "a: User = Depends(current_user)\nb: User = Depends(name_of)\nc: User = Depends(_auth.current_user)\n"
            "t'{str(a is b is c is current_user.seen)} {len(made)}'"
        ),
        "missing.py": "from hyperpy import HTTPException\nraise HTTPException(404)",
        "_404.py": (
            "from hyperpy import Depends\nfrom ._auth import *\n"
            "a: User = Depends(current_user)\nt'{str(a is current_user.seen)} {len(made)}'"
        ),
    }
    async with site(files) as client:
        assert (await client.get("/")).text == "True 1"
        assert (await client.get("/")).text == "True 2"
        assert (await client.get("/missing", headers={"accept": "text/html"})).text == "True 3"


async def test_requests_in_flight_share_no_dependency(site: Site) -> None:
    files = {
        "_db.py": (
            "import asyncio\n"
            "class Session:\n    def __init__(self, n): self.n, self.seen = n, []\n"
            "async def session(n: int):\n    await asyncio.sleep(0.001 * (n % 7))\n    yield Session(n)\n"
            "def sync(n: int):\n    yield Session(n)\n"
        ),
        "index.py": (
            "import asyncio\nfrom hyperpy import Depends\nfrom ._db import *\nn: int\n"
            "a: Session = Depends(session)\nb: Session = Depends(sync)\n"
            "async def load():\n    for _ in range(5):\n        a.seen.append(n)\n        b.seen.append(n)\n"
            "        await asyncio.sleep(0)\n"
            "t'{str(a.n == b.n == n and set(a.seen + b.seen) == {n})}'"
        ),
    }
    async with site(files) as client:
        answers = await asyncio.gather(*(client.get(f"/?n={n}") for n in range(60)))
        assert {answer.text for answer in answers} == {"True"}


# What a dependency answers, and the status and the end of the answer.
ANSWERS: dict[str, tuple[int, str]] = {
    "def f(): redirect('/x')": (303, ""),
    "def f(): return redirect('/x')": (303, ""),
    "def f(): raise redirect('/x')": (303, ""),
    "async def f(): redirect('/x')": (303, ""),
    "def f():\n    redirect('/x')\n    yield": (303, ""),
    "async def f():\n    yield redirect('/x')": (303, ""),
    "def f(): raise HTTPException(403, 'no')": (403, "no"),
    "def f(): return HTTPException(403, 'no')": (403, "no"),
    "def f(): return response": (200, "page"),
    "def f(response: Response):\n    response.status_code = 202\n    return response": (202, "page"),
    "def f(): return PlainTextResponse('refused', 403)": (500, "Internal Server Error"),
    "async def g(): pass\ndef f(): return g()": (500, "Internal Server Error"),
    "def f():\n    if False: yield": (500, "Internal Server Error"),
}


@pytest.mark.parametrize("where", ["index.py", "_guard.py"])
async def test_what_a_dependency_answers_is_the_answer(site: Site, where: str) -> None:
    files: Files = {}
    for index, declared in enumerate(ANSWERS):
        imported = {f"{index}/_f.py": f"{IMPORTS}{declared}\n", f"{index}/index.py": "t'page'"}
        used = f"from hyperpy import Depends\nfrom ._f import f\nDepends(f)\n{"t'page'" if where == 'index.py' else ''}"
        files |= imported | {f"{index}/{where}": used}
    wrong = []
    async with site(files) as client:
        for index, (declared, (status, end)) in enumerate(ANSWERS.items()):
            answer = await client.get(f"/{index}")
            if answer.status_code != status or end not in answer.text:
                wrong.append((declared, answer.status_code, answer.text))
    assert not wrong


async def test_inputs_of_a_method_are_prepared_for_that_method_only(site: Site) -> None:
    files = {
        "_log.py": (
            "log = []\nasync def made():\n    log.append('made')\n    return 'made'\ndef now():\n    return 'now'\n"
        ),
        "index.py": (
            f"{IMPORTS}from ._log import *\nwhere: str = Query('')\n"
            "if POST:\n    value: str = Depends(made)\n    t'{value}'\nelse:\n    value = ''\n    t'page {len(log)}'\n"
        ),
        "sync.py": (
            f"{IMPORTS}from ._log import *\nflag: bool = Query(False)\n"
            "if flag:\n    v: str = Depends(now)\n    t'{v}'\nelse:\n    t'-'"
        ),
    }
    async with site(files) as client:
        assert [(await client.request(m, "/")).text for m in ("GET", "HEAD", "POST", "GET")] == [
            "page 0",
            "",
            "made",
            "page 1",
        ]
        assert [(await client.get(f"/sync?flag={flag}")).text for flag in (0, 1)] == ["-", "now"]


# What can't be loaded: the route file after the imports, and what the error says.
BAD: dict[str, str] = {
    "def f(x): pass\nDepends(f)\nt''": "the parameter `x` of f() has no type",
    "def f(x: dict): pass\nDepends(f)\nt''": "`x: dict` can't be taken from the request",
    "def f(x: int = Path()): pass\nDepends(f)\nt''": "has no parameter `x`",
    "def f(x: 'Missing'): pass\nDepends(f)\nt''": "can't be evaluated",
    "def f(x: Missing): pass\nDepends(f)\nt''": "can't be evaluated",
    "type T = Missing\ndef f(x: T): pass\nDepends(f)\nt''": "can't be evaluated: NameError: name 'Missing'",
    "def f(x: int = Query): pass\nDepends(f)\nt''": "is not called",
    "def f(): pass\nDepends(f())\nt''": "depends on a value of the type NoneType",
    "Depends()\nt''": "needs a class as its type",
    "x: int | str = Depends()\nt''": "needs a class as its type",
    "def f(): pass\nx: Annotated[int, Depends(f)] = 1\nt''": "the default of `x` would never be used",
    "async def f(): pass\nx: int\nif x:\n    y: int = Depends(f)\nt''": "can't be awaited under a condition",
    "async def g(): yield\ndef f(a=Depends(g)): pass\nx: int\nif x:\n    y: int = Depends(f)\nt''": "can't be awaited",
    "def f(): pass\nasync def load():\n    Depends(f)\nt''": "is not read in a function",
    "def Card(page: int = Query(1)): return t''\nDepends(str)\nt'<{Card} />'": "is not read in the parameters",
    "x: dict = Depends(dict.fromkeys)\nt''": "`iterable` of dict.fromkeys() has no type",
    "class A:\n    def __init__(self, b: Annotated['B', Depends()]): pass\n"
    "class B:\n    def __init__(self, a: Annotated['A', Depends()]): pass\nx: A = Depends()\nt''": "A → B → A",
}


def test_what_cannot_be_injected_is_a_load_error(site: Site) -> None:
    wrong: list[Any] = []
    for source, expected in BAD.items():
        try:
            site({"index.py": f"{IMPORTS}{source}"})
        except HyperError as error:
            if expected not in str(error) or "index.py:" not in str(error).split("  ")[0]:
                wrong.append((source, str(error)))
        else:
            wrong.append((source, "loaded"))
    assert not wrong, "\n\n".join(map(str, wrong))


def test_a_load_error_names_the_parameter_and_the_route(site: Site) -> None:
    files = {
        "_auth.py": "def user(name: dict): pass\n",
        "index.py": "from hyperpy import Depends\nfrom ._auth import user\n\nDepends(user)\nt''",
    }
    with pytest.raises(RouteError) as caught:
        site(files)
    assert caught.value.place is not None
    assert (caught.value.place.file.endswith("_auth.py"), caught.value.place.line) == (True, 1)
    assert "routes/index.py:4 depends on it" in caught.value.hint


def test_a_guard_does_not_take_a_parameter_of_its_routes_from_the_query(site: Site) -> None:
    files = {"_guard.py": "from hyperpy import Depends\ndef f(item: int): pass\nDepends(f)\n", "{item}.py": "t''"}
    with pytest.raises(RouteError, match="not in the path of the guard"):
        site(files)
