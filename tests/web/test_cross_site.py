"""Requests that other sites send on behalf of a visitor: the rules of Go's CrossOriginProtection."""

import logging
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from hyperpy import Hyper, Settings
from hyperpy.exceptions import ConfigError
from tests.support.clients import client_of

OWN = "http://site.example"
OTHER = "https://evil.example"

PASSES: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": OTHER},  # a proxy may change the host; the browser knows best
    {"Sec-Fetch-Site": "", "Origin": OWN},
    {"Origin": OWN},
    {"Origin": "https://site.example"},
    {"Origin": "HTTP://SITE.example"},
    {"Origin": ""},
    {"Origin": "https://partner.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://partner.example"},
]
REFUSED: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "SAME-ORIGIN"},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": OWN},
    {"Sec-Fetch-Site": "unknown"},
    {"Origin": OTHER},
    {"Origin": "null"},
    {"Origin": "http://site.example:8080"},
    {"Origin": "http://site.example.evil.example"},
    {"Origin": "http://user@site.example"},
    {"Origin": "site.example"},
    {"Origin": "http://[::1"},
    {"Origin": "https://partner.example:444"},
    {"Origin": "http://partner.example"},
    {"Origin": "https://partner.example/"},
    {"Origin": f"{OTHER}\x1b"},
]
METHODS = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def app(tmp_path: Path) -> Hyper:
    """A page for every method, a page that anybody may post to, an explicit route and two mounts."""
    methods = "from hyperpy import *\nif POST or PUT or PATCH or DELETE: pass\n"
    for folder in ("own", "mounted"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.py").write_text(f"{methods}t'page'\n")
        (tmp_path / folder / "open.py").write_text(f"{methods}route(cross_site='allow')\nt'page'\n")
    settings = Settings(trusted_origins="https://partner.example, https://other.example")
    app = Hyper(tmp_path / "own", static=None, settings=settings)
    app.mount("/mounted", Hyper(tmp_path / "mounted", static=None, settings=settings))
    app.add_route("/explicit", _explicit, methods=["GET", *METHODS])
    return app


async def _explicit(request: Request) -> PlainTextResponse:
    return PlainTextResponse("page")


async def statuses(http: httpx.AsyncClient, method: str, path: str, rows: list[dict[str, str]]) -> set[int]:
    return {(await http.request(method, path, headers=row)).status_code for row in rows}


async def test_unsafe_requests(app: Hyper) -> None:
    async with client_of(app) as http:
        for path in ("/", "/explicit", "/mounted/"):
            for row in PASSES:
                assert (await http.post(path, headers=row)).status_code in (200, 308), (path, row)
            for row in REFUSED:
                assert (await http.post(path, headers=row)).status_code == 403, (path, row)
        for path in ("/open", "/mounted/open"):
            assert await statuses(http, "POST", path, PASSES + REFUSED) == {200}


async def test_methods(app: Hyper) -> None:
    async with client_of(app) as http:
        for path in ("/", "/explicit"):
            for method in METHODS:
                assert await statuses(http, method, path, REFUSED) == {403}, method
            for method in ("GET", "HEAD"):
                assert await statuses(http, method, path, REFUSED) == {200}, method
        assert await statuses(http, "OPTIONS", "/", REFUSED) == {204}
        assert await statuses(http, "POST", "/nothing-here", REFUSED) == {404}


async def test_two_headers_of_one_name(app: Hyper) -> None:
    async with client_of(app) as http:
        for name, values in {"Origin": (OWN, OTHER), "Sec-Fetch-Site": ("same-origin", "cross-site")}.items():
            for pair in (values, values[::-1]):
                answer = await http.post("/", headers=[(name, value) for value in pair])
                assert answer.status_code == 403, (name, pair)


async def test_the_log_names_the_origin_and_the_remedy(app: Hyper, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hyperpy"):
        async with client_of(app) as http:
            answer = await http.post("/", headers={"Origin": f"{OTHER}\x1b[2J"})
    assert "another site" in answer.text
    (record,) = caplog.records
    assert record.getMessage().startswith(rf"POST / refused: it came from {OTHER}\x1b[2J. ")
    assert "trusted-origins" in record.getMessage()
    assert record.exc_info is None


async def test_the_guard_does_not_run_and_the_error_page_answers(tmp_path: Path) -> None:
    (tmp_path / "_guard.py").write_text("raise RuntimeError('must not run')\n")
    (tmp_path / "index.py").write_text("from hyperpy import *\nif POST: pass\nt'page'\n")
    async with client_of(Hyper(tmp_path, static=None)) as http:
        answer = await http.post("/", headers={"Origin": OTHER})
        assert (answer.status_code, "another site" in answer.text) == (403, True)


async def test_an_asterisk_trusts_everybody(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("from hyperpy import *\nif POST: pass\nt'page'\n")
    async with client_of(Hyper(tmp_path, static=None, settings=Settings(trusted_origins="*"))) as http:
        assert await statuses(http, "POST", "/", PASSES + REFUSED) == {200}


def test_origins_that_no_browser_sends(tmp_path: Path) -> None:
    for origin in ("app.example.org", "https://", "https://a.example/", "https://a.example/x", "https://u@a.example"):
        with pytest.raises(ConfigError, match="invalid trusted origin"):
            Hyper(tmp_path, static=None, settings=Settings(trusted_origins=f"https://fine.example, {origin}"))
