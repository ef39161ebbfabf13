"""The error's attributes in an error page, and problem details for clients that ask for JSON."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.exceptions import display_path
from tests.support.clients import client_of
from tests.support.sites import write_files

PAGE = """
from hyperpy.exceptions import PageError
error: PageError
t"{error.status_code}|{error.title}|{error.detail}|{dict(error.fields)!r}|{error.log_id}"
"""
ROUTES = {
    "bug.py": "1 / 0\nt'page'\n",
    "group.py": "raise ExceptionGroup('two', [ValueError('secret'), KeyError('secret')])\nt'page'\n",
    "input.py": "from hyperpy import Query\npage: int = Query(1, ge=1)\nt'{page}'\n",
    "teapot.py": "from hyperpy import HTTPException\nraise HTTPException(418, 'Short and stout')\nt'page'\n",
    "conflict.py": "from hyperpy import HTTPException\n"
    "raise HTTPException(409, {'code': 'taken', 'status': 1})\nt'page'\n",
    "list.py": "from hyperpy import HTTPException\nraise HTTPException(409, [1, 2])\nt'page'\n",
    "own.py": """
from hyperpy import HTTPException
class Late(HTTPException):
    title = "Too late"
    fields = {"day": "is over"}
raise Late(410)
t"page"
""",
}
JSON = {"Accept": "application/json"}


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The routes twice: with an error page, and in `plain/` without."""
    plain = {f"plain/{name}": text for name, text in ROUTES.items()}
    pages = {f"paged/{name}": text for name, text in {**ROUTES, "_error.py": PAGE}.items()}
    write_files(tmp_path, {**plain, **pages})
    async with client_of(Hyper(tmp_path, static=None)) as client:
        yield client


PAGES = {
    "/paged/teapot": "418|I&#39;m a Teapot|Short and stout|{}|",
    "/paged/input?page=0": "422|Unprocessable Content|page: Input should be greater than or equal to 1|"
    "{&#39;page&#39;: &#39;Input should be greater than or equal to 1&#39;}|",
    "/paged/nothing": "404|Not Found|Not Found|{}|",
    "/paged/own": "410|Too late|Gone|{&#39;day&#39;: &#39;is over&#39;}|",
}


async def test_every_error_has_the_same_attributes(http: httpx.AsyncClient) -> None:
    for path, expected in PAGES.items():
        assert (await http.get(path)).text == expected


PROBLEMS: dict[str, dict[str, object]] = {
    "teapot": {"title": "I'm a Teapot", "status": 418, "detail": "Short and stout"},
    "input?page=0": {
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "Unprocessable Content",
        "fields": {"page": "Input should be greater than or equal to 1"},
    },
    "conflict": {"title": "Conflict", "status": 1, "detail": "Conflict", "code": "taken"},
    "list": {"title": "Conflict", "status": 409, "detail": "Conflict", "data": [1, 2]},
    "nothing": {"title": "Not Found", "status": 404, "detail": "Not Found"},
}


@pytest.mark.parametrize("folder", ["plain", "paged"])
async def test_problem_details(http: httpx.AsyncClient, folder: str) -> None:
    for path, expected in PROBLEMS.items():
        answer = await http.get(f"/{folder}/{path}", headers=JSON)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["vary"] == "Accept"
        assert answer.json() == {"type": "about:blank", **expected}, path


async def test_a_bug_has_the_id_of_its_log_entry(http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    shown = []
    for path in ("/paged/bug", "/paged/group", "/plain/bug"):
        shown.append(re.findall(r"[0-9a-f]{8}", (await http.get(path)).text)[-1])
        shown.append((await http.get(path, headers=JSON)).json()["log_id"])
        text = await http.get(path, headers={"Accept": "text/plain"})
        shown.append(text.text.removeprefix("Internal Server Error\nLog id: "))
        assert "secret" not in text.text
    logged = [re.findall(r"failed \[(\w+)\]$", record.getMessage()) for record in caplog.records if record.exc_info]
    assert [[each] for each in shown] == logged
    assert len(set(shown)) == 9


async def test_debug_mode_logs_why_requests_are_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    missing = "from hyperpy import HTTPException\nn: int\nif n > 1:\n    raise HTTPException(404)\nt'{n}'"
    optional = (
        "from datetime import date\nfrom typing import Annotated\nfrom hyperpy import Depends, Header, Query\n"
        "def page_of(number: int): return number\n"
    )
    declared = {
        "q": ("q: str", 'q: str = Query("")'),
        "late": ("late: bool", "late: bool = Query(False)"),
        "day": ("day: date", "day: date | None = Query()"),
        "number": ("page: Annotated[int, Depends(page_of)]", "number: int = Query(0)"),
        "top": ('x: int = Query(alias="top")', 'x: int = Query(0, alias="top")'),
        "x-a": ("x_a: list[int] = Header()", "x_a: list[int] = Header([])"),
    }
    files = {"input.py": ROUTES["input.py"], "items/{n}.py": missing}
    files |= {f"{name}.py": f"{optional}{source}\nt'{{1}}'" for name, (source, _) in declared.items()}
    write_files(tmp_path, files)
    caplog.set_level("INFO", "hyperpy")
    for debug in (False, True):
        async with client_of(Hyper(tmp_path, static=None, debug=debug)) as client:
            for url in ("/input?page=0", *(f"/{name}" for name in declared), "/items/7", "/items/x", "/nowhere"):
                await client.get(url)
    warnings = [record.getMessage() for record in caplog.records if record.name == "hyperpy"]
    place = display_path(str(tmp_path / "items/{n}.py"))
    assert warnings == [
        "GET /input: invalid inputs: page: Input should be greater than or equal to 1",
        *(
            f"GET /{name}: invalid inputs: {name}: is required\n  An input with a default may be missing: `{written}`."
            for name, (_, written) in declared.items()
        ),
        f"GET /items/7: 404, raised at {place}:4",
        "GET /items/x: 404, its path doesn't fit the annotations",
    ]
