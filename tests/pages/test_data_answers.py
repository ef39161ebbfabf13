"""Data that a loader returns is the answer as JSON, in a file without a template for the method."""

import json

import httpx
import pytest

from hyperpy.app.loaded_routes import BrokenRoute, load_routes
from tests.support.sites import Site, Write

HEAD = """
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from pydantic import BaseModel, RootModel
from hyperpy import *

@dataclass
class Point:
    x: int
    on: date

class User(BaseModel):
    name: str
    tags: set[str] = set()

class Names(RootModel[list[str]]):
    pass

class Pair(NamedTuple):
    a: int

response: Response
"""


def returning(value: str) -> str:
    return f"{HEAD}\nasync def load():\n    return {value}\n"


DATA = {
    "{'a': 1, 'é': None}": {"a": 1, "é": None},
    "{}": {},
    "[]": [],
    "[1, 'two', Point(3, date(2026, 1, 2))]": [1, "two", {"x": 3, "on": "2026-01-02"}],
    "Point(1, date(2026, 1, 2))": {"x": 1, "on": "2026-01-02"},
    "User(name='Ada')": {"name": "Ada", "tags": []},
    "[User(name='Ada')]": [{"name": "Ada", "tags": []}],
    "Names(['a'])": ["a"],
    "{'nan': float('nan'), 'pair': Pair(1), 'set': {2}}": {"nan": None, "pair": [1], "set": [2]},
}


async def test_a_json_response_takes_the_same_data(site: Site) -> None:
    client = site({f"r{n}.py": f"{HEAD}\nJSONResponse({value})\n" for n, value in enumerate(DATA)})
    answers = {value: json.loads((await client.get(f"/r{n}")).text) for n, value in enumerate(DATA)}
    assert answers == DATA


async def test_data_is_sent_as_json(site: Site) -> None:
    client = site({f"r{n}.py": returning(value) for n, value in enumerate(DATA)})
    answers = {value: await client.get(f"/r{n}") for n, value in enumerate(DATA)}
    assert {value: json.loads(answer.text) for value, answer in answers.items()} == DATA
    assert {(answer.status_code, answer.headers["content-type"]) for answer in answers.values()} == {
        (200, "application/json")
    }
    head = await client.head("/r0")
    assert (head.text, head.headers["content-length"]) == ("", answers["{'a': 1, 'é': None}"].headers["content-length"])


WRONG = {
    "1": "not int",
    "True": "not bool",
    "'text'": "not str",
    "1.5": "not float",
    "b'bytes'": "not bytes",
    "(1, 2)": "not tuple",
    "Pair(1)": "not Pair",
    "{1, 2}": "not set",
    "Point": "not type",
    "User": "not ModelMetaclass",
    "(n for n in [1])": "not generator",
    "[t'<p>'][0]": "not Template",
    "object()": "not object",
    "{'a': object()}": "be encoded as JSON",
    "['\\ud800']": "be encoded as JSON",
}


async def test_what_is_not_data_is_an_error(site: Site) -> None:
    client = site({f"r{n}.py": returning(value) for n, value in enumerate(WRONG)}, debug=True)
    line = len(HEAD.splitlines()) + 2
    for n, (value, why) in enumerate(WRONG.items()):
        answer = await client.get(f"/r{n}")
        assert (answer.status_code, why in answer.text, f"r{n}.py:{line}" in answer.text) == (500, True, True), value


async def test_status_headers_and_cookies_belong_to_it(site: Site) -> None:
    source = (
        f"{HEAD}\nresponse.headers['content-type'] = 'application/problem+json'\n"
        "async def load():\n    response.status_code = 201\n    response.set_cookie('a', '1')\n"
        "    response.headers['x-mine'] = 'yes'\n    return {'a': 1}\n"
    )
    answer = await site({"index.py": source}).get("/")
    assert (answer.status_code, answer.text, answer.headers["x-mine"]) == (201, '{"a":1}', "yes")
    assert (answer.headers["content-type"], answer.cookies["a"]) == ("application/problem+json", "1")


# Conditions of the template, and the methods for which there is one.
CONDITIONS = {
    "POST": "POST",
    "not POST": "DELETE GET PATCH PUT",
    "GET": "GET",
    "POST or PUT": "POST PUT",
    "POST and x": "POST",
    "POST or x": "DELETE GET PATCH POST PUT",
    "not (GET or DELETE)": "PATCH POST PUT",
    "x": "DELETE GET PATCH POST PUT",
    "POST and PUT": "",
    "request.method == 'POST'": "DELETE GET PATCH POST PUT",
}


async def test_a_file_may_have_templates_for_other_methods(site: Site) -> None:
    files = {
        f"r{n}.py": f"{HEAD}request: Request\nx = True\n_ = [GET, POST, PUT, PATCH, DELETE]\n"
        f"if {test}:\n    t'page'\nasync def load():\n    return dict(data=1)\n"
        for n, test in enumerate(CONDITIONS)
    }
    client = site(files, debug=True)
    found = {}
    for n, test in enumerate(CONDITIONS):
        answers = {
            method: await client.request(method, f"/r{n}") for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        }
        found[test] = " ".join(method for method, answer in answers.items() if answer.status_code == 500)
        assert all("nothing or a Response, not dict" in a.text for a in answers.values() if a.status_code == 500)
        assert all(a.text == '{"data":1}' for a in answers.values() if a.status_code != 500)
    assert found == CONDITIONS


@pytest.mark.parametrize(
    ("source", "methods"),
    [
        ("if POST:\n    pass\nelse:\n    t'<p>'", "DELETE GET PATCH PUT"),
        ("if POST:\n    pass\nelif GET:\n    t'<p>'", "GET"),
        ("if not x:\n    if POST:\n        t'<p>'", "POST"),
        ("match x:\n    case 1:\n        t'<p>'", "DELETE GET PATCH POST PUT"),
        ("try:\n    x()\nexcept KeyError:\n    t'<p>'", "DELETE GET PATCH POST PUT"),
    ],
)
async def test_elsewhere(site: Site, source: str, methods: str) -> None:
    client = site(
        {"index.py": f"from hyperpy import *\nx = abs\nresponse = PlainTextResponse('')\n{source}\n"}, debug=True
    )
    (route,) = client._transport.app.loaded_routes.working()  # type: ignore[attr-defined]
    assert " ".join(sorted(route.page_methods)) == methods


async def test_an_error_page_may_be_json(site: Site) -> None:
    source = "error: Exception\nasync def load():\n    return {'detail': error.detail}\n"
    client: httpx.AsyncClient = site({"_404.py": source})
    for method in ("GET", "POST", "PROPFIND"):
        answer = await client.request(method, "/nothing")
        assert (answer.status_code, answer.text) == (404, '{"detail":"Not Found"}')


BESIDE_PAGE = {
    "async def find(): return [1]\nt'{1}'": "call it in the loader: `found = await find()`",
    "async def load():\n    rows = {'a': 1}\n    return rows\nt'{1}'": "global rows\n          rows = …",
    "async def load():\n    if 1: return f'{1}'\nif 1: t'{1}'": "returns data beside the page",
    "async def load(): return None\nt'{1}'": "",
    "async def load():\n    rows = [1]\n    rows = None\n    return rows\nt'{1}'": "",
    "def on(f): return f\n@on\nasync def load(): return [1]\nt'{1}'": "",
    "from hyperpy import POST\nasync def load(): return [1]\nif not POST: t'{1}'": "",
}


def test_data_that_a_loader_visibly_returns_beside_a_page(write: Write) -> None:
    folder = write({f"r{number}.py": source for number, source in enumerate(BESIDE_PAGE)})
    errors = {e.file: str(e.error) if isinstance(e, BrokenRoute) else "" for e in load_routes(folder).entries}
    found = {source: errors[str(folder / f"r{number}.py")] for number, source in enumerate(BESIDE_PAGE)}
    wrong = {s: found[s] for s, text in BESIDE_PAGE.items() if text not in found[s] or bool(text) != bool(found[s])}
    assert wrong == {}
