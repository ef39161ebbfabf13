"""Cached routes when the modules that they import change: compiled again if, and only if, it matters."""

import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from hyperpy.dev.watching import drop_bytecode
from tests.pages.cached_routes import Load, facts
from tests.support.sites import write_files

ASKING = "from hyperpy import request\n"
# Each asks something else about the names of `stock`.
ROUTES = {
    "value": "import stock\nt'{stock.VALUE}'",
    "constant": "from stock import VALUE\nX = VALUE\nt'{X}'",
    "attribute": "import stock\nX = stock.VALUE\nt'{X}'",
    "statement": "from stock import helper\nhelper()\nt''",
    "loader": "from stock import helper\nasync def load():\n    helper()\nt''",
    "dotted": "import stock\nasync def load():\n    stock.helper()\nt''",
    "inner": "def f():\n    from stock import helper\n    helper()\nt'{f()}'",
    "typed": "from stock import Page\npage: Page = 3\nt'{page}'",
    "dotted_type": "import stock\npage: stock.Page = 3\nt'{page}'",
    "marked": "import stock\npage: int = stock.QUERY\nt'{page}'",
    "alias": "import stock\nM = stock\nQ = stock.QUERY\npage: int = Q\nt'{page}{M}'",
    "in_class": "from stock import Inputs\npage: int = Inputs.QUERY\nt'{page}'",
    "star": "from stock import *\nname: str = ''\nt'{name}'",
    "bare_star": "from stock import *\nname: str\nt'{name}'",
    "component": "from stock import Card\nt'<{Card} />'",
    "answer": "from stock import Answer\nasync def load():\n    return Answer('x')",
    "flag": "from stock import IS\nfrom hyperpy import POST\nif POST or IS:\n    pass\nt''",
    "cached": "from stock import helper\nfrom functools import cache\n@cache\ndef f(): return helper()\nt'{f()}'",
    "compared": f"{ASKING}import stock\nx = request.method == stock.METHOD\nt'{{x}}'",
    "one_of": f"{ASKING}from stock import METHODS\nx = request.method in METHODS\nt'{{x}}'",
    "setting": f"{ASKING}from stock import settings\nx = request.method == settings.METHOD\nt'{{x}}'",
    "asking": f"{ASKING}from stock import is_post\nx = request.method\ny = is_post()\nt'{{x}}{{y}}'",
    "class_": "import stock\nclass C(stock.Base):\n    x = y\nt'{C}'",
    "problem": "from stock import Problem\ndef f():\n    Problem('x')\nt'{f()}'",
    "shared": "from stock import Client\nclient = Client()\nt'{client}'",
    "waiting": "from stock import wait\nasync def load():\n    wait(1)\nt''",
    "event": "from stock import make\nasync def stream():\n    yield make('x')",
    "quick": "import stock\nr: stock.Req\nx = r.url_for('y')\nt'{x}'",
    "form": "import stock\nform: stock.Make[stock.Item]\nt'{form}'",
    "fallback": "try:\n    from stock import Missing\nexcept ImportError:\n    Missing = 3\nt'{Missing}'",
    "step": "import stock\nfrom typing import Final\nA: Final = stock.VALUE\nB = A\nt'{B}'",
    "default": "import stock\ndef f(x=stock.VALUE): return x\nt'{f()}'",
    "guarded/page": "t''",
    "guarded/_guard": "from stock import helper\nasync def load():\n    helper()",
    "private": "from routes._shared import again\nasync def load():\n    again()\nt''",
    "_shared": "from stock import helper as again",
}
STOCK = """
    VALUE = 1
    METHOD = "GET"
    METHODS = ("GET",)
    QUERY = 3
    IS = False
    Page = int
    Card = int
    Answer = str
    Make = list
    Req = int
    class Item: pass
    class Base: pass
    class Problem: pass
    class Client: pass
    class Inputs:
        QUERY = 3
    class Settings:
        METHOD = "GET"
    settings = Settings()
    def helper(x=1): return 1
    def is_post(): return False
    def wait(seconds): return 1
    def make(text): return text
"""

# By what it shows, the lines to add to the module.
CHANGES = {
    "async": "async def helper(x=1): return 1",
    "a generator": "def helper(x=1): yield 1",
    "an async generator": "async def helper(x=1): yield 1",
    "a partial": "import functools\nasync def f(): pass\nhelper = functools.partial(f)",
    "a special partial": "import functools\nclass P(functools.partial): pass\nasync def f(): pass\nhelper = P(f)",
    "a method": "class A:\n    async def f(self): pass\nhelper = A().f",
    "a cache": "import functools\nhelper = functools.cache(helper)",
    "a context manager": "import contextlib\n@contextlib.contextmanager\ndef helper(): yield",
    "a class": "class helper: pass",
    "a reader of the request": "from hyperpy import request\ndef helper(x=1): return request.url",
    "indirectly": "from hyperpy import request\ndef inner(): return request.url\ndef helper(x=1): return inner()",
    "a name of hyperpy": "from hyperpy import html as helper, JSONResponse as Answer",
    "nothing": "del helper, VALUE, Page, QUERY, Card, METHOD, Req",
    "mutable": "VALUE = [1]",
    "a t-string": "VALUE = Card = t'<p>'",
    "a path": "from pathlib import Path\nVALUE = Path('x')",
    "an enum": "import enum\nclass E(enum.Enum):\n    A = 1\nVALUE = E.A",
    "a marked type": "from typing import Annotated\nfrom hyperpy import Query\nPage = Annotated[int, Query()]",
    "a marked alias": "from typing import Annotated\nfrom hyperpy import Query\ntype Page = Annotated[int, Query()]",
    "a marked list": "from hyperpy import Query\nPage = list[Query()]",
    "an alias": "type Page = int",
    "a marker": "from hyperpy import Query\nQUERY = Query()",
    "a marker in a class": "from hyperpy import Query\nInputs.QUERY = Query()",
    "a class of markers": "from hyperpy import InputMarker\nclass QUERY(InputMarker): pass",
    "the function of a marker": "from hyperpy import Query as QUERY",
    "a dependency": "from hyperpy import Depends\nQUERY = Depends(helper)\nInputs.QUERY = Depends(helper)",
    "a component": "def Card(): return t'<p>'",
    "a response": "from hyperpy import JSONResponse\nclass Answer(JSONResponse): pass",
    "a redirect": "from hyperpy import redirect as Answer",
    "a flag": "from hyperpy import PUT as IS",
    "a method of a form": "METHOD = 'DELETE'",
    "an enumerated method": "from http import HTTPMethod\nMETHOD = HTTPMethod.PUT",
    "more methods": "METHODS = ('GET', 'DELETE')",
    "a method in an object": "settings.METHOD = 'PUT'",
    "a method in its class": "Settings.METHOD = 'PUT'",
    "a question": "from hyperpy import POST\ndef is_post(): return bool(POST)",
    "another question": "from hyperpy import request\ndef is_post(): return request.method == 'DELETE'",
    "a metaclass": "class M(type):\n    def __prepare__(name, bases): return {'y': 1}\nclass Base(metaclass=M): pass",
    "a metaclass without names": "class M(type): pass\nclass Base(metaclass=M): pass",
    "an unhashable class": "class M(type):\n    def __eq__(a, b): 1 / 0\nclass Base(metaclass=M): pass\nIS = Base()",
    "an exception": "class Problem(Exception): pass",
    "a lock": "from asyncio import Lock as Client",
    "a function that blocks": "from time import sleep as wait",
    "a function that doesn't": "from asyncio import sleep as wait",
    "a function of Datastar": "from hyperpy.datastar import script as make",
    "the request": "from starlette.requests import Request as Req",
    "an alias of the request": "from starlette.requests import Request\ntype Req = Request",
    "the name of a function that blocks": "wait.__name__, wait.__module__ = 'sleep', 'time'",
    "an impostor": "class Request: __module__ = 'starlette.requests'\nReq = Request",
    "a form": "from hyperpy import Form as Make",
    "one that was missing": "Missing = 1",
    "a name": "name = 'x'",
    "fewer names": "__all__ = ['VALUE']",
}
UNCHANGED = {
    "a value": "VALUE = 2",
    "a comment": "# something",
    "the body of a function": "def helper(x=1):\n    for y in range(x): pass\n    return y",
    "a default": "def helper(x=2): return 1",
    "a field": "class Item:\n    name: str",
    "another line": "\n\n\ndef helper(x=1): return 1",
    "a private name": "def _f(): pass",
    "the question as it was": "def is_post(): return 1 > 2",
}


@pytest.fixture
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield write_files(tmp_path / "routes", {f"{name}.py": source for name, source in ROUTES.items()})
    forget_module()


def forget_module() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "stock"]:
        del sys.modules[name]


def write_module(folder: Path, more: str = "") -> None:
    """Write the module as a new process would find it."""
    forget_module()
    drop_bytecode(folder / "stock.py")
    linecache.clearcache()
    (folder / "stock.py").write_text(f"{dedent(STOCK)}\n{more}\n")


def test_cached_routes_are_like_new_ones(routes: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    write_module(routes.parent)
    load(routes)
    wrong = []
    for what, more in CHANGES.items():  # from each change to the next
        write_module(routes.parent, more)
        warm, _ = load(routes)
        monkeypatch.setattr(sys, "pycache_prefix", str(routes.parent / "elsewhere" / what))
        write_module(routes.parent, more)
        cold, _ = load(routes)
        monkeypatch.setattr(sys, "pycache_prefix", None)
        wrong += [(what, old, new) for old, new in zip(facts(warm), facts(cold), strict=True) if old != new]
    assert wrong == []


def test_what_concerns_no_route_compiles_none(routes: Path, load: Load) -> None:
    write_module(routes.parent)
    load(routes)
    compiled = {}
    for what, more in UNCHANGED.items():
        write_module(routes.parent, more)
        compiled[what] = load(routes)[1]
    assert {what: files for what, files in compiled.items() if files} == {}


def test_a_module_that_becomes_a_package(routes: Path, load: Load) -> None:
    write_module(routes.parent)
    load(routes)
    write_module(routes.parent)
    (routes.parent / "stock").mkdir()
    (routes.parent / "stock.py").rename(routes.parent / "stock/__init__.py")
    assert load(routes)[1] == set()
    write_module(routes.parent)
    (routes.parent / "stock/sub.py").write_text("async def helper(): pass")
    with (routes.parent / "stock/__init__.py").open("a") as stock:
        stock.write("from stock.sub import helper")
    assert "loader.py" in {Path(error.place.file).name for error in load(routes)[0].errors if error.place}
