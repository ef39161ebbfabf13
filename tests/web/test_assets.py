"""`asset()`: URLs that change with the content of a static file."""

import logging
import os
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hyperpy import Hyper, asset
from hyperpy.exceptions import HyperError, URLError
from hyperpy.web.static_files import StaticFolder
from tests.support.clients import client_of
from tests.support.sites import write_files
from tests.web.static_requests import ask

IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return write_files(
        tmp_path / "static",
        {
            "app.css": "a {}",
            "css/deep/app.min.css": "b {}",
            "css/größe 1.css": "c {}",
            "LICENSE": "text",
            "logo.0123456789abcdef.svg": "<svg/>",
            "archive.tar.gz": "x",
            ".well-known/security.txt": "Contact: x",
            ".well-known/.secret": "secret",
            ".env": "secret",
            "css/.hidden/a.css": "secret",
            "css/.well-known/a.css": "secret",
            "tool.py": "secret",
            "../outside.css": "secret",
        },
    )


def page_app(tmp_path: Path, static: Path | None, expression: str = 'asset("app.css")', **options: Any) -> Hyper:
    files = {"index.py": f"from hyperpy import asset\n\nt'{{{expression}}}'"}
    return Hyper(write_files(tmp_path / "routes", files), static, **options)


async def test_the_url_of_a_file_has_its_content(static: Path) -> None:
    folder = StaticFolder(static)
    wrong = []
    for name, pattern in (
        ("app.css", r"/static/app\.HASH\.css"),
        ("css/deep/app.min.css", r"/static/css/deep/app\.min\.HASH\.css"),
        ("css/größe 1.css", r"/static/css/gr%C3%B6%C3%9Fe%201\.HASH\.css"),
        ("LICENSE", r"/static/LICENSE\.HASH"),
        ("archive.tar.gz", r"/static/archive\.tar\.HASH\.gz"),
        ("logo.0123456789abcdef.svg", r"/static/logo\.0123456789abcdef\.HASH\.svg"),
        (".well-known/security.txt", r"/static/\.well-known/security\.HASH\.txt"),
    ):
        path = folder.url_path(name) or ""
        answer = await ask(static, path)
        same = await ask(static, path, headers={"If-None-Match": answer.headers.get("etag", "")})
        if not re.fullmatch(pattern.replace("HASH", "[0-9a-f]{16}"), path):
            wrong.append((name, path))
        if (answer.status, answer.body) != (200, (static / name).read_bytes()) or same.status != 304:
            wrong.append((name, answer))
        if {each.headers.get("cache-control") for each in (answer, same)} != {IMMUTABLE}:
            wrong.append((name, answer.headers))
    assert not wrong


async def test_a_url_of_another_content_is_revalidated(static: Path) -> None:
    """A browser that has the page of the new version may ask a machine that has the old file, and the reverse."""
    folder = StaticFolder(static)
    old = folder.url_path("app.css")
    (static / "app.css").write_text("new {}")
    new = folder.url_path("app.css")
    assert old
    assert new
    assert old != new
    answers = [await ask(static, path) for path in (old, new)]
    assert [answer.body for answer in answers] == [b"new {}", b"new {}"]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-cache", IMMUTABLE]


async def test_names_that_look_like_a_hashed_one(static: Path) -> None:
    real = await ask(static, "/static/logo.0123456789abcdef.svg")
    assert (real.status, real.body, real.headers["cache-control"]) == (200, b"<svg/>", "no-cache")
    digest = "0123456789abcdef"
    missing = (
        *(f"gone.{digest}.css", f".env.{digest}", f".{digest}.env", f"tool.{digest}.py", f"css.{digest}", digest),
        *(f"app.{digest[:-1]}.css", f"app.{digest.upper()}.css", f"app.{digest}.css/", f"../outside.{digest}.css"),
        *(f"css/.hidden/a.{digest}.css", f"css/.well-known/a.{digest}.css", f"css/app.{digest}.css"),
    )
    assert [name for name in missing if (await ask(static, f"/static/{name}")).status != 404] == []


def test_the_content_is_read_once_for_each_version(static: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = (static / "app.css").stat().st_mtime_ns - 10**10
    monkeypatch.setattr("hyperpy.web.static_files.entity_tags._UNSETTLED", -(2**62))
    folder = StaticFolder(static)
    first = folder.url_path("app.css")
    monkeypatch.setattr("hyperpy.web.static_files.folder.entity_tag", lambda *_: '"ffffffffffffffffffff"')
    assert folder.url_path("app.css") == first
    os.utime(static / "app.css", ns=(past, past))
    assert folder.url_path("app.css") == "/static/app.ffffffffffffffff.css"


def test_in_production_a_file_is_looked_at_once_in_a_while(static: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hyperpy.web.static_files.entity_tags._UNSETTLED", -(2**62))
    now = 100.0
    monkeypatch.setattr("hyperpy.web.static_files.folder.monotonic", lambda: now)
    folder = StaticFolder(static, look_again=1)
    first = folder.url_path("app.css")
    (static / "app.css").write_text("another content")
    now = 100.9
    assert folder.url_path("app.css") == first
    now = 101.0
    second = folder.url_path("app.css")
    assert second not in (None, first)
    (static / "app.css").unlink()
    now = 102.0
    assert folder.url_path("app.css") is None


def test_unknown_files(static: Path, tmp_path: Path) -> None:
    (static / "out.css").symlink_to("../outside.css")
    folder = StaticFolder(static)
    cases = {
        "ap.css": "Did you mean `app.css`?",
        "app.min.css": "Did you mean `css/deep/app.min.css`?",
        "/app.css": 'Write asset("app.css").',
        "/static/app.css": 'Write asset("app.css").',
        "static/css/größe 1.css": 'Write asset("css/größe 1.css").',
        "app.css?v=1": 'Write asset("app.css") + "?v=1".',
        "./app.css": "",
        "css//deep/app.min.css": "",
        "css": "",
        "css/": "",
        "": "",
        ".": "",
        "out.css": "",
        "\0": "",
        "\ud800": "",
        "css/../app.css": "leads out of",
        "../outside.css": "leads out of",
        "css\\deep": "",
        ".env": "is never served",
        "css/.hidden/a.css": "is never served",
        "css/.well-known/a.css": "is never served",
        ".well-known/.secret": "is never served",
        "tool.py": "is never served",
        str(static / "app.css"): "",
    }
    found = {name: folder.problem(name) for name in cases}
    assert [name for name, problem in found.items() if not problem or cases[name] not in "\n".join(problem)] == []
    assert [name for name in cases if folder.url_path(name) is not None] == []


async def test_it_works_wherever_a_request_is_answered(static: Path, tmp_path: Path) -> None:
    files = {
        "_base.py": """
            from hyperpy import asset
            def Layout(children): return t'<link href={asset("app.css")}>{children}'
            """,
        "index.py": "from routes._base import Layout\nt'<{Layout}>page</{Layout}>'",
        "sub/index.py": "import hyperpy as h\nasync def load(): ...\nt'<a href={h.asset(str(\"app.css\"))}>x</a>'",
        "_404.py": "from routes._base import Layout\nt'<{Layout}>gone</{Layout}>'",
    }
    app = Hyper(write_files(tmp_path / "routes", files), static)
    mounted = Starlette(routes=[Mount("/shop", app=app)])
    path = StaticFolder(static).url_path("app.css")
    wrong = []
    for site, prefix in ((app, ""), (mounted, "/shop")):
        async with client_of(site) as client:
            for url in ("/", "/sub", "/none"):
                answer = await client.get(prefix + url, headers={"Accept": "text/html"})
                if f'href="{prefix}{path}"' not in answer.text:
                    wrong.append((prefix + url, answer.text))
            sent = await client.get(f"{prefix}{path}")
            if sent.headers["cache-control"] != IMMUTABLE:
                wrong.append((prefix, sent))
    assert not wrong


async def test_changes_show_at_once(static: Path, tmp_path: Path) -> None:
    app = page_app(tmp_path, static, debug=True)
    async with client_of(app) as client:
        first = (await client.get("/")).text
        (static / "app.css").write_text("changed {}")
        second = (await client.get("/")).text
        assert first != second
        (static / "app.css").unlink()
        assert "there is no file `app.css`" in (await client.get("/")).text
        (static / "app.css").write_text("again {}")
        assert (await client.get("/")).text.startswith("/static/app.")


def test_a_literal_name_is_checked_when_its_file_is_loaded(static: Path, tmp_path: Path) -> None:
    (tmp_path / "routes").mkdir()
    for folder, expression, expected in (
        (static, 'asset("ap.css")', "Did you mean `app.css`?"),
        (None, 'asset("app.css")', 'Hyper(static="static")'),
    ):
        with pytest.raises(HyperError) as caught:
            page_app(tmp_path, folder, expression)
        assert re.search(r"index\.py:3 +there is|index\.py:3 +this app", str(caught.value))
        assert expected in str(caught.value)
    page_app(tmp_path, static, 'asset("".join(["ap", ".css"]))')


def test_under_a_condition_a_file_may_be_missing(static: Path, tmp_path: Path) -> None:
    """The condition may be that it exists."""
    for number, body in enumerate(
        (
            "if False: asset('none.css')\nt''",
            "if False: pass\nelse: x = lambda: asset('none.css')\nt''",
            't\'{asset("none.css") if False else asset("app.css")}\'',
            "t'{False and asset(\"none.css\")}'",
            "try: x = asset('none.css')\nexcept Exception: x = ''\nt'{x}'",
            "match 1:\n    case 2: asset('none.css')\nt''",
        )
    ):
        Hyper(write_files(tmp_path / f"routes{number}", {"index.py": f"from hyperpy import asset\n{body}"}), static)
    with pytest.raises(HyperError, match=r"none\.css"):
        page_app(tmp_path, static, "asset('none.css') and 1")


async def test_errors_name_the_line_of_the_call(static: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = page_app(tmp_path, static, 'asset("".join(["ap", ".css"]))')
    async with client_of(app) as client:
        with caplog.at_level(logging.ERROR):
            assert (await client.get("/")).status_code == 500
    assert re.search(r"index\.py:3\S* +asset\(\): there is no file `ap\.css`", caplog.text)
    assert "Did you mean `app.css`?" in caplog.text
    with pytest.raises(URLError, match="needs a request"):
        asset("app.css")


async def test_well_known_files(static: Path, tmp_path: Path) -> None:
    routes = {".well-known/x.py": "t'route'", "{...path}.py": "path: str\nt'{path}'", "index.py": "t'home'"}
    async with client_of(Hyper(write_files(tmp_path / "routes", routes), static)) as client:
        wrong = []
        for path, status, body in (
            ("/.well-known/security.txt", 200, "Contact: x"),
            ("/static/.well-known/security.txt", 200, "Contact: x"),
            ("/.well-known/x", 200, "route"),
            ("/.well-known/.secret", 200, ".well-known/.secret"),  # the value of the parameter
            ("/static/.well-known/.secret", 404, None),
            ("/static/css/.well-known/a.css", 404, None),
            ("/.well-known/%2e%2e/app.css", 404, None),
            ("/.well-known/..%2fapp.css", 404, None),
            ("/.env", 200, ".env"),
            ("/static/.env", 404, None),
            ("/static/.well-known", 404, None),
        ):
            answer = await client.get(path)
            text = answer.text if body is not None else None
            if answer.status_code != status or text != body:
                wrong.append((path, answer.status_code, answer.text))
        assert (await client.post("/.well-known/security.txt")).status_code == 405
    assert not wrong
