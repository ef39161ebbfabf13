"""The headers of every response, the nonce, and the names of a site."""

import re
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from hyperpy import Hyper, Settings
from hyperpy.exceptions import ConfigError
from tests.support.clients import BROWSER, EVENT_SOURCE, client_of

DEFAULTS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-frame-options": "SAMEORIGIN",
    "cross-origin-opener-policy": "same-origin",
}
NAMES = {*DEFAULTS, "content-security-policy"}
ALL_OFF = Settings(nosniff=False, referrer_policy="off", frame_options="off", opener_policy="off")

FILES = {
    "routes/index.py": "from hyperpy import csp_nonce\nt'<script nonce={csp_nonce}>1</script>'\n",
    "routes/own.py": "from hyperpy import response\nresponse.headers['X-Frame-Options'] = 'DENY'\nt'page'\n",
    "routes/text.py": "from hyperpy import PlainTextResponse\nPlainTextResponse('x')\n",
    "routes/stream.py": "async def stream():\n    yield t'x'\n",
    "routes/parts.py": "import asyncio\nfrom hyperpy import Suspense, csp_nonce\n"
    "async def late():\n    await asyncio.sleep(0.01)\n    return t'late'\n"
    "t'<script nonce={csp_nonce}>1</script><{Suspense}>{late()}</{Suspense}>'\n",
    "routes/broken.py": "1 / 0\nt'page'\n",
    "routes/files/index.py": "t'page'\n",
    "static/site.css": "p{}\n",
}
PATHS = (
    "/",
    "/text",
    "/parts",
    "/broken",
    "/nothing",
    "/files/",
    "/static/site.css",
    "/static/none",
    "/_hyper/stream.js",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def site(folder: Path, settings: Settings | None = None, *, explicit: bool = False) -> httpx.AsyncClient:
    app = Hyper(folder / "routes", folder / "static", settings=settings)
    if explicit:
        app.add_route("/explicit", lambda request: PlainTextResponse("x"))
        app.mount("/mounted", Hyper(folder / "routes", static=None, settings=settings))
    return client_of(app)


def sent(answer: httpx.Response) -> dict[str, str]:
    """The default headers of a response, each of which it may have once."""
    assert len(answer.headers.multi_items()) == len(answer.headers.items()), answer.headers
    return {name: value for name, value in answer.headers.items() if name in NAMES}


@pytest.mark.parametrize("explicit", [False, True])
async def test_every_response_has_them(folder: Path, explicit: bool) -> None:
    async with site(folder, explicit=explicit) as http:
        for path in (*PATHS, *(("/explicit", "/mounted/text", "/mounted/none") if explicit else ())):
            for method in ("GET", "HEAD", "POST"):
                assert sent(await http.request(method, path)) == DEFAULTS, (path, method)
        assert sent(await http.get("/stream", headers={"Accept": EVENT_SOURCE})) == DEFAULTS
        assert sent(await http.get("/own")) == {**DEFAULTS, "x-frame-options": "DENY"}
    async with site(folder, ALL_OFF, explicit=explicit) as http:
        pages = [path for path in PATHS if not path.startswith(("/static/", "/_hyper/"))]
        assert {path: sent(await http.get(path)) for path in pages} == {path: {} for path in pages}


async def test_a_policy_with_a_nonce(folder: Path) -> None:
    policy = "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'; frame-ancestors 'none'"
    nonces = []
    async with site(folder, Settings(csp=policy)) as http:
        for path in ("/", "/parts", "/"):
            answer = await http.get(path, headers={"Accept": BROWSER})
            inside = re.findall(r'nonce="([^"]*)"', answer.text)
            assert (len(inside) > 1) == (path == "/parts")
            assert len(set(inside)) == 1
            assert answer.headers["content-security-policy"] == policy.replace("{nonce}", inside[0])
            assert "x-frame-options" not in answer.headers
            nonces.append(inside[0])
        assert "nonce-" in (await http.get("/static/none")).headers["content-security-policy"]
    assert len(set(nonces)) == 3
    assert all(len(nonce) >= 22 for nonce in nonces)


async def test_a_policy_without_a_nonce(folder: Path) -> None:
    policy = "default-src 'self'; img-src https: data:;"
    async with site(folder, Settings(csp=policy)) as http:
        assert (await http.get("/text")).headers["content-security-policy"] == policy.rstrip(";")
        assert "nonce=" in (await http.get("/")).text


WRONG_POLICIES = {
    "default-src self": "`self` is read as the name of a host",
    "script-src 'self' nonce-{nonce}": "is not a nonce of the request",
    "script-src 'nonce-abc'": "is not a nonce of the request",
    "script-src {nonce}": "is not a nonce of the request",
    "scripts-src 'self'": "Did you mean `script-src`?",
    "default-src 'self', script-src 'self'": "by semicolons",
    "default-src 'self'\nx: y": "on one line",
}


def test_policies_that_browsers_read_differently(folder: Path) -> None:
    for policy, part in WRONG_POLICIES.items():
        with pytest.raises(ConfigError, match=re.escape(part)):
            Hyper(folder / "routes", static=None, settings=Settings(csp=policy))


HOSTS = {
    "site.example": True,
    "SITE.example:8000": True,
    "site.example.": True,
    "a.b.org": True,
    "x.a.b.org": True,
    "[::1]:80": True,
    "b.org": False,
    "evil.example": False,
    "site.example.evil.example": False,
    "evilsite.example": False,
    "a.b.org@evil.example": False,
    "": False,
}


async def test_the_names_of_a_site(folder: Path) -> None:
    settings = Settings(allowed_hosts="site.example, *.b.org, [::1]")
    for explicit in (False, True):
        async with site(folder, settings, explicit=explicit) as http:
            found = {host: (await http.get("/text", headers={"Host": host})).status_code == 200 for host in HOSTS}
            assert found == HOSTS
            refused = await http.get("/", headers={"Host": "evil.example"})
            assert (refused.status_code, sent(refused)) == (400, DEFAULTS)


def test_names_that_no_host_has(folder: Path) -> None:
    for name in ("https://site.example", "site.example:80", "site.example/x", "*", "a.*.org", "*example.org"):
        settings = Settings(allowed_hosts=f"fine.example,{name}")
        if name == "*":
            Hyper(folder / "routes", static=None, settings=settings)
        else:
            with pytest.raises(ConfigError, match="invalid host name"):
                Hyper(folder / "routes", static=None, settings=settings)
