"""hyperpy's names mean the same in a route file however they are imported, and nothing else does."""

from collections.abc import Mapping

import httpx
import pytest

import hyperpy
from hyperpy import Hyper
from hyperpy.app.loaded_routes import PUBLIC_NAMES
from hyperpy.exceptions import HyperError
from hyperpy.pages.analysis.vocabulary import ANSWERS, QUICK_CALLS
from hyperpy.pages.facts import FLAGS
from tests.support.sites import Site, Write

NAMES = (
    "POST PUT Query Header Cookie render html fragment redirect Request Response JSONResponse HTTPException Event JSON "
    "Loaded request response"
)

# Ways to import a name: the statements, and the expression for the name after them.
SPELLINGS: Mapping[str, tuple[str, str]] = {
    "direct": ("from hyperpy import {name}", "{name}"),
    "the short package": ("from hyper import {name}", "{name}"),
    "renamed": ("from hyperpy import {name} as it", "it"),
    "a module": ("import hyperpy", "hyperpy.{name}"),
    "a renamed module": ("import hyperpy as h", "h.{name}"),
    "a star": ("from hyperpy import *", "{name}"),
    "a re-export": ("from ._common import {name}", "{name}"),
    "an absolute re-export": ("from routes._common import {name}", "{name}"),
    "a renamed re-export": ("from ._common import {name} as it", "it"),
    "a star re-export": ("from ._common import *", "{name}"),
    "a re-exporting module": ("from . import _common", "_common.{name}"),
    "a dotted module": ("import routes._common", "routes._common.{name}"),
    "a renamed dotted module": ("import routes._common as c", "c.{name}"),
    "a package of the package": ("from ._common import hyperpy", "hyperpy.{name}"),
    "a name of the other module's own": ("from ._common import my_{name}", "my_{name}"),
    "a class as a namespace": ("from ._common import Names", "Names.{name}"),
    "an object as a namespace": ("from ._common import names", "names.{name}"),
    "a module that computes its names": ("from . import _lazy", "_lazy.{name}"),
    "two modules on the way": ("from ._far import {name}", "{name}"),
    "another route file": ("from .other import {name}", "{name}"),
    "try": ("try:\n    from ._common import {name}\nexcept ImportError:\n    {name} = None", "{name}"),
    "try with a fallback": (
        "try:\n    from nowhere import x as it\nexcept ImportError:\n    from ._common import {name} as it",
        "it",
    ),
    "try with an assignment": (
        "try:\n    import nowhere\nexcept ImportError:\n    from . import _common\n    it = _common.{name}",
        "it",
    ),
    "if": ("import sys\nif sys.version_info >= (3, 14):\n    from ._common import {name}", "{name}"),
    "if with a call": ("import os\nif os.getenv('PATH'):\n    from ._common import {name}", "{name}"),
    "if with a constant": (
        "REAL = True\nif REAL:\n    from ._common import {name}\nelse:\n    {name} = None",
        "{name}",
    ),
    "with": (
        "from contextlib import suppress\nwith suppress(ImportError):\n    from ._common import {name}",
        "{name}",
    ),
    "an alias": ("from ._common import {name}\nit = {name}", "it"),
    "an alias of an attribute": ("from . import _common\nit = _common.{name}", "it"),
    "an alias of an alias": ("from ._common import {name}\nfirst = {name}\nit = first", "it"),
    "an annotated alias": ("from typing import Final\nfrom ._common import {name}\nit: Final = {name}", "it"),
    "a class of the file's own": ("from ._common import {name}\nclass Mine:\n    it = {name}", "Mine.it"),
    "unpacked": ("from . import _common\nit, other = _common.{name}, 1", "it"),
    "a chained assignment": ("from . import _common\nit = other = _common.{name}", "it"),
    "a module that Final names": (
        "from importlib import import_module\nfrom typing import Final\nh: Final = import_module('hyperpy')",
        "h.{name}",
    ),
    "after a statement": ("x = [1]\nfrom ._common import {name}", "{name}"),
}

COMMON = f"""
import hyperpy
from types import SimpleNamespace
from hyperpy import {NAMES.replace(" ", ", ")}
{"".join(f"my_{name} = {name}\n" for name in NAMES.split())}
class Names:
    {"".join(f"{name} = {name}\n    " for name in NAMES.split())}
names = SimpleNamespace({", ".join(f"{name}={name}" for name in NAMES.split())})
"""

HELPERS = {
    "_common.py": COMMON,
    "_far.py": "from ._common import *\n",
    "_lazy.py": "def __getattr__(name):\n    from . import _common\n    return getattr(_common, name)\n",
    "other.py": f"from ._common import {NAMES.replace(' ', ', ')}\nt'<p>'\n",
}


def spelled(source: str, name: str, spelling: str) -> str:
    """A route file that imports a name in one way; `NAME` in its source becomes the spelling."""
    imports, expression = (part.format(name=name) for part in SPELLINGS[spelling])
    return f"from typing import Annotated\nfrom hyperpy import PlainTextResponse\n{imports}\n{source}".replace(
        "NAME", expression
    )


async def answers(
    site: Site, name: str, source: str, method: str = "GET", query: str = "", **options: object
) -> dict[str, str]:
    """Status and text of the response, by the way in which the file imports the name."""
    files = {f"r{number}.py": spelled(source, name, spelling) for number, spelling in enumerate(SPELLINGS)}
    client = site(HELPERS | files)
    found = {}
    for number, spelling in enumerate(SPELLINGS):
        answer = await client.request(method, f"/r{number}{query}", **options)  # type: ignore[arg-type]
        found[spelling] = f"{answer.status_code} {answer.text}"
    return found


FRAGMENTS = """t'''<p id="a" {NAME}>x</p><p>rest</p>'''"""

USES = {
    "an input": ("Query", "q: Annotated[int, NAME()] = 1\nt'{q}'", "GET", "?q=7", "200 7"),
    "an input as a value": ("Query", "q: int = NAME(1, ge=1)\nt'{q}'", "GET", "?q=7", "200 7"),
    "a default": ("Query", "q: int = NAME(1 + 1, ge=1)\nt'{q}'", "GET", "", "200 2"),
    "what is loaded": ("Loaded", "q: int = NAME()\nq = 3\nt'{q}'", "GET", "?q=7", "200 3"),
    "the request": ("request", "t'{NAME.url.query}'", "GET", "?q=7", "200 q=7"),
    "a block that reads the request": (
        "request",
        "if NAME.url.query:\n    N = 1\nelse:\n    N = 2\nt'{N}'",
        "GET",
        "?q=7",
        "200 1",
    ),
    "an input's own name": ("Query", "q: Annotated[int, NAME(alias='page')] = 1\nt'{q}'", "GET", "?page=7", "200 7"),
    "an input in quotes": ("Query", "q: 'Annotated[int, NAME()]' = 1\nt'{q}'", "GET", "?q=7", "200 7"),
    "a type": ("Query", "Q = Annotated[int, NAME()]\nq: Q = 1\nt'{q}'", "GET", "?q=7", "200 7"),
    "a type statement": ("Query", "type Q = Annotated[int, NAME()]\nq: Q = 1\nt'{q}'", "GET", "?q=7", "200 7"),
    "a marker": ("Query", "m = NAME(alias='n')\nq: Annotated[int, m] = 1\nt'{q}'", "GET", "?n=7", "200 7"),
    "a method": ("POST", "saved = []\nif NAME:\n    saved.append(1)\nt'{len(saved)}'", "POST", "", "200 1"),
    "a method that guards definitions": ("POST", "if NAME:\n    saved = True\nt'<p>'", "POST", "", "200 <p>"),
    "only a method": ("POST", "if NAME:\n    t'<p>'", "POST", "", "200 <p>"),
    "no other method": ("POST", "if NAME:\n    t'<p>'", "GET", "", "405 Method Not Allowed"),
    "a redirect": ("redirect", "NAME('/there')\nt'secret'", "GET", "", "303 "),
    "a response": ("JSONResponse", "NAME([1])\nt'secret'", "GET", "", "200 [1]"),
    "a function's redirect": ("redirect", "def f():\n    NAME('/there')\nf()\nt'secret'", "GET", "", "303 "),
    "a function's response": ("JSONResponse", "def f():\n    NAME([1])\nf()\nt'secret'", "GET", "", "200 [1]"),
    "a function's error": ("HTTPException", "def f():\n    NAME(403)\nf()\nt'secret'", "GET", "", "403 Forbidden"),
    "an exception": ("HTTPException", "NAME(403)\nt'secret'", "GET", "", "403 Forbidden"),
    "html": ("html", "def Card(x):\n    return NAME(t' <b>{x}</b> ')\nt'{Card(1)}'", "GET", "", "200 <b>1</b>"),
}


@pytest.mark.parametrize("use", USES)
async def test_a_name_means_the_same_however_it_is_imported(site: Site, use: str) -> None:
    name, source, method, query, expected = USES[use]
    found = await answers(site, name, source, method, query, headers={"accept": "*/*"})
    assert {spelling: answer for spelling, answer in found.items() if answer != expected} == {}


async def test_a_bare_render_answers_however_its_names_are_imported(site: Site) -> None:
    source = "NAME(fragments='a')\n" + FRAGMENTS.replace("NAME", "fragment")
    found = await answers(site, "render", f"from hyperpy import fragment\n{source}")
    assert {spelling: answer for spelling, answer in found.items() if answer != '200 <p id="a">x</p>'} == {}


async def test_fragments_are_marked_however_the_marker_is_imported(site: Site) -> None:
    whole = await answers(site, "fragment", FRAGMENTS)
    assert {spelling: answer for spelling, answer in whole.items() if answer != '200 <p id="a">x</p><p>rest</p>'} == {}
    part = await answers(site, "fragment", f"from hyperpy import render\nrender(fragments='a')\n{FRAGMENTS}")
    assert {spelling: answer for spelling, answer in part.items() if answer != '200 <p id="a">x</p>'} == {}


PRIVATE = {
    "html": "def Card(x):\n    return NAME(t' <b>{x}</b> ')",
    "fragment": "def Card(x):\n    return t'<b id=\"a\" {NAME}>{x}</b>'",
    "JSONResponse": "def Card(x):\n    return NAME('x', 303).status_code",
}


@pytest.mark.parametrize("name", PRIVATE)
async def test_names_in_private_files(site: Site, name: str) -> None:
    expected = {"html": "<b>1</b>", "fragment": '<b id="a">1</b>', "JSONResponse": "303"}[name]
    # A private file is compiled when it reaches its first annotation or definition.
    spellings = [spelling for spelling, (imports, _) in SPELLINGS.items() if "h: Final" not in imports]
    files = {f"_p{number}.py": spelled(PRIVATE[name], name, spelling) for number, spelling in enumerate(spellings)}
    pages = {f"r{n}.py": f"from ._p{n} import Card\nt'{{Card(1)}}'" for n in range(len(spellings))}
    client = site(HELPERS | files | pages)
    found = {spelling: (await client.get(f"/r{number}")).text for number, spelling in enumerate(spellings)}
    assert {spelling: text for spelling, text in found.items() if text != expected} == {}


OTHERS = {
    "another module's": "from ._other import NAME",
    "assigned": "from hyperpy import NAME\nNAME = mine",
    "a function of the file": "from hyperpy import NAME\ndef NAME(*arguments, **keywords):\n    return ''",
    "a class of the file": "from hyperpy import NAME\nclass NAME(str):\n    def __new__(cls, **_):\n        return ''",
    "set by a function": "from hyperpy import NAME\ndef swap():\n    global NAME\n    NAME = mine\nswap()",
    "a loop's variable": "from hyperpy import NAME\nfor NAME in [mine]:\n    pass",
    "an attribute of the file's own": "NAME = mine",
    "an import of another's afterwards": "from hyperpy import NAME\nfrom ._other import NAME",
    "a star of another's": "from hyperpy import NAME\nfrom ._other import *",
}


@pytest.mark.parametrize("name", ["render", "redirect", "JSONResponse", "HTTPException", "POST"])
async def test_a_name_that_is_only_spelled_alike_is_not_hyperpys(site: Site, name: str) -> None:
    source = "def mine(*arguments, **keywords):\n    return ''\n{}\n"
    page = (
        f"if {name} is not None:\n    x = 1\nt'<p>page</p>'"
        if name == "POST"
        else f"{name}(fragments='a')\nt'<p>page</p>'"
    )
    other = f"def {name}(*arguments, **keywords):\n    return ''\n"
    files = {f"r{n}.py": source.format(text).replace("NAME", name) + page for n, text in enumerate(OTHERS.values())}
    client = site({"_other.py": other, **files})
    found = {how: await client.get(f"/r{n}") for n, how in enumerate(OTHERS)}
    assert {how: answer.text for how, answer in found.items() if answer.text != "<p>page</p>"} == {}
    allowed = {how: (await client.options(f"/r{n}")).headers["allow"] for n, how in enumerate(OTHERS)}
    assert {how: allow for how, allow in allowed.items() if allow != "GET, HEAD, OPTIONS"} == {}


LOCAL = {
    "a parameter": "def f(NAME):\n    NAME()\n    return 1\nx = f(print)",
    "a variable": "def f():\n    NAME = print\n    NAME()\n    return 1\nx = f()",
    "an outer function's": "def f(NAME):\n    def g():\n        NAME()\n    g()\n    return 1\nx = f(print)",
    "a local import": "def f():\n    from builtins import print as NAME\n    NAME()\n    return 1\nx = f()",
}


@pytest.mark.parametrize("how", LOCAL)
async def test_a_local_variable_hides_a_name(site: Site, how: str) -> None:
    source = f"from hyperpy import redirect\n{LOCAL[how].replace('NAME', 'redirect')}\nt'{{x}}'"
    assert (await site({"index.py": source}).get("/")).text == "1"


async def test_an_import_in_a_function_counts_there(site: Site) -> None:
    source = """
        async def load():
            global saved
            from hyperpy import POST as P
            saved = bool(P)
        t"{str(saved)}"
        """
    client = site({"index.py": source})
    assert [(await client.request(method, "/")).text for method in ("GET", "POST")] == ["False", "True"]


def load_error(write: Write, files: Mapping[str, str]) -> HyperError:
    with pytest.raises(HyperError) as caught:
        Hyper(routes=write(files), static=None)
    return caught.value


def test_a_method_at_load_is_an_error_with_its_place(write: Write) -> None:
    error = load_error(
        write, {"index.py": "from hyperpy import POST\nfrom typing import Final\nX: Final = bool(POST)\nt''"}
    )
    assert str(error.place).endswith("index.py:3")


def test_an_error_of_a_private_file_names_that_file(write: Write) -> None:
    files = {"_base.py": "from hyperpy import render\nX = 1\nX = render()", "index.py": "from ._base import X\nt''"}
    assert str(load_error(write, files).place).endswith("_base.py:3")


def test_an_import_that_fails_is_the_users_own_error(write: Write) -> None:
    error = load_error(write, {"index.py": "x = 1\nfrom ._common import missing\nt''", "_common.py": ""})
    assert str(error.place).endswith("index.py:2")
    assert isinstance(error.__cause__, ImportError)


async def test_no_definition_runs_twice(site: Site) -> None:
    files = {
        "_log.py": "LOG = []\n",
        "a.py": "from .z import ran\nfrom ._log import LOG\nt'{LOG}'",
        "z.py": (
            "from typing import Final\nfrom ._log import LOG\nran: Final = LOG.append('z') or 1\n"
            "if LOG.append('block') is None:\n    import json\n"
            "t'{LOG}'"
        ),
    }
    client = site(files)
    assert [(await client.get(path)).text for path in ("/a", "/z", "/z")] == ["zblock"] * 3


@pytest.mark.parametrize("first", ["a", "z"])
async def test_one_file_is_one_module_in_any_order(site: Site, first: str) -> None:
    other = {"a": "z", "z": "a"}[first]
    files = {
        f"{first}.py": f"from .{other} import Thing\nfrom routes.{other} import Thing as T\nt'{{str(Thing is T)}}'",
        f"{other}.py": "class Thing:\n    count = 0\nThing.count += 1\nt'{Thing.count}'",
        "x.py": f"import routes.{other}\nt'{{routes.{other}.Thing.count}}'",
    }
    client = site(files)
    assert (await client.get(f"/{first}")).text == "True"
    assert [(await client.get(f"/{other}")).text for _ in range(2)] == ["1", "2"]
    assert (await client.get("/x")).text == "2"


async def test_a_route_that_is_imported_first_knows_its_parameters(site: Site) -> None:
    files = {
        "_user.py": (
            "from importlib import import_module\nLIMIT = import_module(f'{__package__}.users.{{user_id}}').LIMIT"
        ),
        "a.py": "from ._user import LIMIT\nt'{LIMIT}'",
        "users/{user_id}.py": "LIMIT = 3\nuser_id: int\nif LIMIT > 5:\n    user_id = 5\nt'{user_id + LIMIT}'",
    }
    client = site(files)
    assert [(await client.get(path)).text for path in ("/a", "/users/4")] == ["3", "7"]


async def test_a_file_that_has_changed_is_loaded_again(write: Write) -> None:
    for text in ("one", "two"):
        app = Hyper(routes=write({"index.py": f"t'{text}'"}), static=None)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://site")
        assert (await client.get("/")).text == text


def test_a_star_import_is_searched_for_the_names_of_the_page(write: Write) -> None:
    error = load_error(write, {"_base.py": "title = 'x'", "index.py": "from ._base import *\nt'{titel}'"})
    assert error.what == "the template uses `titel`, which nothing in this file sets"
    assert "Did you mean `title`?" in error.hint


async def test_a_name_that_a_star_import_sets_is_not_an_input(site: Site) -> None:
    client = site({"_base.py": "title = 'x'", "index.py": "from ._base import *\ntitle: str\nt'{title}'"})
    assert (await client.get("/?title=y")).text == "x"


def test_all_public_names_are_known_as_objects() -> None:
    names = {
        *FLAGS,
        *QUICK_CALLS,
        *ANSWERS,
        "fragment",
        "Query",
        "Header",
        "Cookie",
        "Path",
        "Loaded",
        "request",
        "response",
    }
    assert {name for name in names if PUBLIC_NAMES.name_of(getattr(hyperpy, name)) != name} == set()


async def test_typing_names_count_as_objects_too(site: Site) -> None:
    source = """
        from ._types import *
        from . import _types as t
        COUNT: Once = [0]
        COUNT[0] += 1
        q: An[int, Q()] = 1
        r: t.An[int, t.Q(alias="s")] = 2
        if t.CHECKING:
            from nowhere import nothing
        t"{q} {r} {COUNT[0]}"
        """
    types = (
        "from typing import TYPE_CHECKING as CHECKING, Annotated as An, Final as Once\nfrom hyperpy import Query as Q\n"
    )
    client = site({"_types.py": types, "index.py": source})
    assert [(await client.get("/?q=5&s=6")).text for _ in range(2)] == ["5 6 1", "5 6 2"]


STREAMS = {
    "yield Event(1)": "text/event-stream",
    "yield JSON(1)": "text/event-stream",
    "yield html(t'<p>')": "text/html",
    "yield Markup('<p>')": "text/html",
}


@pytest.mark.parametrize("statement", STREAMS)
async def test_what_a_stream_yields_is_known_by_its_objects(site: Site, statement: str) -> None:
    common = "from hyperpy import Event, JSON, html, Markup\n"
    name = statement.split()[1].partition("(")[0]
    files = {
        "_common.py": common,
        "a.py": f"from ._common import *\nasync def stream():\n    {statement}\n",
        "b.py": f"from . import _common as c\nasync def stream():\n    {statement.replace(name, f'c.{name}')}\n",
        "c.py": f"from ._common import {name} as n\nasync def stream():\n    {statement.replace(name, 'n')}\n",
    }
    client = site(files)
    kinds = [(await client.get(f"/{path}", headers={"accept": "text/html"})).headers["content-type"] for path in "abc"]
    assert kinds == [f"{STREAMS[statement]}; charset=utf-8"] * 3


def test_a_lost_answer_is_a_load_error_however_it_is_imported(write: Write) -> None:
    for imports, expression in SPELLINGS.values():
        source = f"{imports}\ndef guard():\n    {expression}('/')\nt''".format(name="render")
        error = load_error(write, HELPERS | {"index.py": source})
        assert "inside a function, a bare `" in error.what, source


@pytest.mark.parametrize(("base", "status"), [("HTTPException", 403), ("JSONResponse", 200)])
async def test_an_answer_of_a_class_of_its_own(site: Site, base: str, status: int) -> None:
    files = {
        "_no.py": f"from hyperpy import *\nclass No({base}):\n    pass",
        "index.py": "from ._no import No\ndef guard():\n    No(403)\nguard()\nt'secret'",
    }
    answer = await site(files).get("/")
    assert answer.status_code == status
    assert "secret" not in answer.text


async def test_error_pages_and_folders_resolve_names_too(site: Site) -> None:
    files = {
        "_common.py": "from hyperpy import POST, Query as Q, HTTPException as E\nfrom typing import Annotated as A\n",
        "shop/_404.py": "from .._common import *\nerror: E\nq: A[int, Q()] = 1\nt'{error.status_code} {q}'",
        "shop/deep/index.py": "from ..._common import POST as P\nif P:\n    t'posted'",
    }
    client = site(files)
    assert (await client.get("/shop/nope?q=3")).text == "404 3"
    assert (await client.post("/shop/deep")).text == "posted"
    assert (await client.get("/shop/deep")).status_code == 405


async def test_quick_calls_are_known_by_their_objects(site: Site) -> None:
    now = "from ._common import current\nclass N:\n    def __html__(self):\n        return current().name\nnow = N()\n"
    client = site(
        {
            "_common.py": "from hyperpy import html as h\nfrom threading import current_thread as current\n",
            "_now.py": now,
            "quick.py": "from ._common import h\nfrom ._now import now\nt'{h(t\"x\")}{now}'",
            "slow.py": "from ._common import current\nfrom ._now import now\ncurrent()\nt'{now}'",
        }
    )
    assert (await client.get("/quick")).text == "xMainThread"
    assert (await client.get("/slow")).text.startswith("AnyIO worker thread")
