"""A site that is partly built and partly served."""

import gzip
import sys
from pathlib import Path

import pytest

from hyperpy import Hyper, Settings
from hyperpy.web.built.built_pages import stale_pages
from tests.build.conftest import Build
from tests.support.clients import client_of
from tests.support.sites import write_files

SITE = {
    "index.py": "t'<p>One</p>'",
    "about.py": "t'<p>About</p>'",
    "old.py": "from hyperpy import redirect\nredirect('/about', 308)",
    "cached.py": "from hyperpy import response\nresponse.headers['X-Own'] = 'yes'\nt'<p>Cached</p>'",
    "framed.py": "from hyperpy import response\nresponse.headers['X-Frame-Options'] = 'DENY'\nt'<p>Framed</p>'",
    "policy.py": "from hyperpy import response\nresponse.headers['Content-Security-Policy'] = 'sandbox'\nt'<p>CSP</p>'",
    "data.py": "async def load():\n    return {'a': 1}",
    "search.py": "from hyperpy import Query\nq: str = Query('all')\nt'<p>{q}</p>'",
    "closed/index.py": "t'<p>Open</p>'",
    "form.py": "from hyperpy import POST, route\nroute(dynamic=True)\nif POST:\n    a = 1\nt'<p>Form</p>'",
}


async def test_a_server_prefers_what_was_built(build: Build) -> None:
    assert not (await build(SITE)).fails
    built = Path("dist")
    for name in ("index.html", "about/index.html", "search/index.html", "closed/index.html", "cached/index.html"):
        (built / name).write_text(f"built {name}")
    (built / "about/index.html.gz").write_bytes(gzip.compress(b"compressed"))
    # After the build, a guard closes a folder, and a route changes.
    write_files(Path("routes"), {"closed/_guard.py": "from hyperpy import redirect\nredirect('/', 303)"})
    app = Hyper(routes="routes", static=None, settings=Settings(built="dist"))
    async with client_of(app) as client:
        answers = {
            path: (await client.get(path, headers={"Accept-Encoding": "identity"}))
            for path in (
                "/",
                "/?x=1",
                "/search",
                "/search?q=2",
                "/about",
                "/old",
                "/cached",
                "/framed",
                "/policy",
                "/data",
                "/form",
                "/closed",
                "/nowhere",
            )
        }
        assert {path: (answer.status_code, answer.text) for path, answer in answers.items()} == {
            "/": (200, "built index.html"),
            "/?x=1": (200, "<p>One</p>"),
            "/search": (200, "built search/index.html"),
            "/search?q=2": (200, "<p>2</p>"),
            "/about": (200, "built about/index.html"),
            "/old": (308, ""),
            "/cached": (200, "<p>Cached</p>"),
            "/framed": (200, "<p>Framed</p>"),
            "/policy": (200, "<p>CSP</p>"),
            "/data": (200, '{"a":1}'),
            "/form": (200, "<p>Form</p>"),
            "/closed": (303, ""),
            "/nowhere": (404, answers["/nowhere"].text),
        }
        assert answers["/framed"].headers["x-frame-options"] == "DENY"
        assert answers["/policy"].headers["content-security-policy"] == "sandbox"
        home = answers["/"]
        assert home.headers["content-type"] == "text/html; charset=utf-8"
        assert home.headers["x-frame-options"] == "SAMEORIGIN"
        again = await client.get("/", headers={"If-None-Match": home.headers["etag"]})
        assert again.status_code == 304
        assert (await client.head("/")).headers["etag"] == home.headers["etag"]
        assert (await client.post("/")).status_code == 405
        assert (await client.get("/", headers={"If-Match": '"other"'})).status_code == 412
        compressed = await client.get("/about", headers={"Accept-Encoding": "gzip"})
        assert (compressed.headers["content-encoding"], compressed.text) == ("gzip", "compressed")


async def test_changes_after_the_build_are_told(build: Build) -> None:
    await build(SITE)
    settings = Settings(built="dist")
    assert stale_pages(settings) == ""
    Path("routes/about.py").write_text("t'<p>New</p>'")
    Path("routes/old.py").unlink()
    assert stale_pages(settings) == (
        "routes/about.py and 1 more changed after dist was built. Run `hyper build` again."
    )
    assert stale_pages(Settings()) == ""
    app = Hyper(routes="routes", static=None, settings=settings)
    async with client_of(app) as client:
        assert (await client.get("/about")).text == "<p>New</p>"


DEPENDENT = {
    "_base.py": "from hyperpy import asset\ndef Layout(children): return t'<link href={asset(\"a.css\")}>{children}'",
    "_words.py": "from words import WORD",
    "plain.py": "t'<p>Plain</p>'",
    "laid_out.py": "from routes._base import Layout\nt'<{Layout}>Laid out</{Layout}>'",
    "imported.py": "def word():\n    from ._words import WORD\n    return WORD\nt'<p>{word()}</p>'",
    "styled.py": "from hyperpy import asset\nt'<link href={asset(\"b.css\")}>'",
    "guarded/_guard.py": (
        "from hyperpy import HTTPException\nfrom routes._words import WORD\nif not WORD:\n    raise HTTPException(404)"
    ),
    "guarded/index.py": "t'<p>Guarded</p>'",
    "post/{slug}.py": (
        "from hyperpy import asset\nslug: str\nstatic_paths = [{'slug': 'a'}, {'slug': 'b'}]\n"
        "t'<link href={asset(slug + \".css\")}>'"
    ),
}
PATHS = ("plain", "laid_out", "imported", "styled", "guarded", "post/a", "post/b")


@pytest.mark.parametrize(
    ("changed", "from_routes"),
    [
        (None, set()),
        ("routes/_base.py", {"laid_out"}),
        ("words.py", {"imported", "guarded"}),
        ("static/a.css", {"laid_out", "post/a"}),
        ("static/b.css", {"styled", "post/b"}),
        ("static/c.css", set()),
        ("routes/guarded/_guard.py", {"guarded"}),
    ],
)
async def test_a_page_is_left_to_its_route_if_a_file_that_it_depends_on_has_changed(
    build: Build, changed: str | None, from_routes: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "words", raising=False)
    write_files(tmp_path, {"words.py": "WORD = 'one'", **{f"static/{name}.css": name for name in "abc"}})
    assert not (await build(DEPENDENT, static="static")).fails
    for path in PATHS:
        (Path("dist") / path / "index.html").write_text("built")
    if changed:
        Path(changed).write_text(f"{Path(changed).read_text()}\n")
    settings = Settings(built="dist")
    assert stale_pages(settings) == (
        f"{changed} changed after dist was built. Run `hyper build` again." if from_routes else ""
    )
    app = Hyper(routes="routes", static="static", settings=settings)
    async with client_of(app) as client:
        answers = {path: (await client.get(f"/{path}")).text for path in PATHS}
    assert {path for path, text in answers.items() if text != "built"} == from_routes
