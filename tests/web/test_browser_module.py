"""The browser module, as served by an application."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

import hyperpy
from hyperpy import Hyper
from hyperpy.web import browser_module
from tests.support.clients import client_of

FOLDER = Path(hyperpy.__file__).parent / "web" / "client"
FILES = ("stream.js", "stream.d.ts", "sse-swap.js")


@pytest.fixture
def app(tmp_path: Path) -> Hyper:
    """An application with a route for any path and an error page, either of which could answer instead."""
    (tmp_path / "{...path}.py").write_text("from hyperpy import POST\npath: str\nt'any {path}'\nif POST: pass\n")
    (tmp_path / "_404.py").write_text("t'<h1>Nothing here</h1>'\n")
    return Hyper(tmp_path, static=None)


@pytest.fixture
async def client(app: Hyper) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "content_type"),
    [(name, f"text/{'plain' if name.endswith('.ts') else 'javascript'}; charset=utf-8") for name in FILES],
)
async def test_a_file(client: httpx.AsyncClient, name: str, content_type: str) -> None:
    answer = await client.get(f"/_hyper/{name}")
    assert (answer.status_code, answer.content) == (200, (FOLDER / name).read_bytes())
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = await client.head(f"/_hyper/{name}")
    assert (head.status_code, head.content, head.headers) == (200, b"", answer.headers)


def test_every_file_is_served() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FILES)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "stream",
        "stream.js/",
        "stream.js/x",
        "STREAM.js",
        "/stream.js",
        "%2e%2e/errors.py",
        "..%2ferrors.py",
        "%00",
    ],
)
async def test_other_paths_are_not_found(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, f"/_hyper/{path}")
    assert answer.status_code == 404
    assert method == "HEAD" or "Nothing here" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/_hyper/stream.js")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_current_copy_gets_304(client: httpx.AsyncClient) -> None:
    etag = (await client.get("/_hyper/stream.js")).headers["etag"]
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await client.get("/_hyper/stream.js", headers={"If-None-Match": held})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == "no-cache"
        assert "content-length" not in answer.headers
    for held in ('"other"', etag.strip('"'), (await client.get("/_hyper/stream.d.ts")).headers["etag"]):
        assert (await client.get("/_hyper/stream.js", headers={"If-None-Match": held})).status_code == 200


async def test_a_changed_file_has_another_tag(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = (await client.get("/_hyper/stream.js")).headers["etag"]
    folder = tmp_path / "client"
    folder.mkdir()
    for path in FOLDER.iterdir():
        (folder / path.name).write_bytes(path.read_bytes() + b"\n")
    monkeypatch.setattr(browser_module, "_FOLDER", folder)
    (tmp_path / "routes").mkdir()
    async with client_of(Hyper(tmp_path / "routes", static=None)) as newer:
        assert (await newer.get("/_hyper/stream.js")).headers["etag"] != etag


async def test_below_a_mount_point(app: Hyper) -> None:
    async with client_of(Starlette(routes=[Mount("/app", app)])) as client:
        assert (await client.get("/app/_hyper/stream.js")).headers["content-type"].startswith("text/javascript")
        assert (await client.get("/_hyper/stream.js")).status_code == 404


async def test_explicit_routes_take_precedence(app: Hyper) -> None:
    app.mount("/_hyper", Starlette())
    async with client_of(app) as client:
        assert (await client.get("/_hyper/stream.js")).text == "Not Found"


async def test_static_files_are_served_as_well(tmp_path: Path) -> None:
    (tmp_path / "routes").mkdir()
    (tmp_path / "static").mkdir()
    async with client_of(Hyper(tmp_path / "routes", static=tmp_path / "static")) as client:
        assert (await client.get("/_hyper/stream.js")).status_code == 200
