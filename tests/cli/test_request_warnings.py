"""What `hyper dev` warns about when it sees the requests: queries without effect, and redirects that never end."""

import logging
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.dev.browser import Following
from hyperpy.dev.problems import Editor, ProblemLayer
from hyperpy.dev.terminal import RequestWarnings
from tests.support.sites import write_files

GUARD = """
from hyperpy import redirect, request
if request.url.path not in ("/fine", "/open"):
    redirect("/in/login")
"""
FILES = {
    "cups.py": "from hyperpy import Query\ncups: int = 2\nname = 'x'\nLIMIT = 3\npage: int = Query(1)\n"
    "size: str | None = None\ntwice = 1\ntwice = 2\nt'{cups}{page}{size}{twice}'",
    "many.py": "from hyperpy import Query\nids: list[int] = Query([])\nt'{ids}'",
    "brackets.py": "from hyperpy import Query\nids: list[int] = Query([], alias='ids[]')\nt'{ids}'",
    "again.py": "cups: int = 2\ncups = max(1, cups)\nt'{cups}'",
    "reads.py": "from hyperpy import request\ncups = 2\nt'{request.query_params.get(\"cups\", cups)}'",
    "in/_guard.py": GUARD,
    "in/login.py": "t'<form>'",
    "in/other.py": "t'other'",
    "a.py": "from hyperpy import redirect\nredirect('/b')",
    "b.py": "from hyperpy import redirect\nredirect('/a?n=1')",
    "once.py": "from hyperpy import redirect, request, response\nif 'seen' not in request.cookies:\n"
    "    response.set_cookie('seen', '1')\n    redirect('/once')\nt'seen'",
    "to.py": "from hyperpy import redirect\nredirect('/cups')",
    "away.py": "from hyperpy import redirect\nredirect('https://example.org/away')",
}


class Site:
    def __init__(self, log: pytest.LogCaptureFixture) -> None:
        following = Following(Hyper(debug=True))
        self.warnings = RequestWarnings(following, Editor())
        layer = ProblemLayer(self.warnings, Editor(), following.updates)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(layer), base_url="http://localhost")
        self.log = log

    async def warned(self, *paths: str) -> str:
        """The warnings about a visit that follows redirects up to five times."""
        self.log.clear()
        self.warnings.forget()
        for path in paths:
            response = await self.client.get(path)
            for _ in range(5):
                if (target := response.headers.get("location", "")).startswith("/"):
                    response = await self.client.get(target)
        return "\n".join(record.getMessage() for record in self.log.records if record.levelno == logging.WARNING)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Site:
    write_files(tmp_path / "routes", FILES)
    monkeypatch.chdir(tmp_path)
    return Site(caplog)


async def test_requests_that_show_a_mistake(site: Site):
    expected = {
        ("/cups?cups=3",): "routes/cups.py:2  `?cups=` has no effect: `cups` is always 2",
        ("/many?ids[]=1&ids[]=2",): "many.py:2  `?ids[]=` has no effect: the name of the input is `ids`",
        ("/again?cups=3",): "`cups` starts as 2, since an assignment is never an input",
        ("/cups?cups",): "write `cups: int = Query(2)`",
        ("/cups?name=a&cups=3",): "write `name: str = Query('x')`",
        ("/in/login",): "routes/in/_guard.py:3  these redirects never end: /in/login → /in/login",
        ("/in/other",): 'let it through: `if request.url.path != "/in/login":`',
        ("/a",): "routes/a.py:2  these redirects never end: /a → /b → /a\n",
    }
    wrong = {}
    for paths, said in expected.items():
        if said not in (text := await site.warned(*paths)):
            wrong[paths] = text
    assert not wrong
    assert "<h1>" in (answer := await site.client.get("/a", headers={"accept": "text/html"})).text
    assert (answer.status_code, "these redirects never end" in answer.text) == (500, True)
    assert (await site.warned("/cups?cups=3", "/cups?cups=4")).count("has no effect") == 1
    assert (await site.warned("/a", "/a", "/b")).count("never end") == 1


async def test_requests_that_show_none(site: Site):
    fine = [
        *("/cups", "/cups?other=1", "/cups?page=2", "/cups?LIMIT=1", "/cups?size=1", "/cups?twice=1", "/reads?cups=1"),
        *("/once", "/none?cups=1", "/many?ids=1", "/brackets?ids[]=1", "/none?ids[]=1"),
    ]
    assert {path: text for path in fine if (text := await site.warned(path))} == {}
    assert await site.warned(*["/to"] * 5) == ""
    assert await site.warned(*["/away"] * 5) == ""
