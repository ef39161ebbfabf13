"""The links of built pages: each leads to a page, a file, an element, or a route that needs a server."""

from pathlib import Path

import pytest

from hyperpy import Settings
from hyperpy.build import Layout
from hyperpy.build.html_references import references
from tests.build.conftest import Build
from tests.support.sites import write_files

# For a link of the page /docs/guide: what is wrong with it; empty if it is right.
LINKS = {
    "/": "",
    "/docs/guide": "",
    "/docs/guide/": "",
    "/docs/guide#first": "",
    "/docs/guide?page=2": "",
    "#first": "",
    "#": "",
    "#top": "",
    "#/inbox": "",
    "/docs/guide#:~:text=first": "",
    "?page=2": "",
    "https://example.com/nowhere": "",
    "//example.com/nowhere": "",
    "mailto:ada@example.com": "",
    "/static/site.css": "",
    "/p/a": "",
    "/d%C3%A9j%C3%A0": "",
    "/déjà": "",
    "/form": "",
    "/live?_stream": "",
    "/feed.xml": "",
    "/outside/x": "",
    "/docs/guide/index.html": "",
    "https://example.org/docs/guide#first": "",
    "https://example.org/nowhere": "nothing answers `/nowhere`",
    "/docs/guid": "nothing answers `/docs/guid`",
    "/docs/guide#second": 'no element there has id="second"',
    "#second": 'no element there has id="second"',
    "/p/b": "/p/{slug} has no page /p/b",
    "/static/site.cs": "there is no file `site.cs` in `static/`",
    "guide": "it means /docs/guide at /docs/guide, and /docs/guide/guide at /docs/guide/, where hosts show this page",
    "../": "it means / at /docs/guide, and /docs/ at /docs/guide/, where hosts show this page",
    "/a//b": "no URL of a site is like this",
}
SITE = {
    "index.py": "t'<h1>Home</h1>'",
    "déjà.py": "t'<h1>Vu</h1>'",
    "p/{slug}.py": "slug: str\nstatic_paths = [{'slug': 'a'}]\nt'<h1>{slug}</h1>'",
    "form.py": "from hyperpy import POST, route\nroute(dynamic=True)\nif POST:\n    a = 1\nt'<p></p>'",
    "live.py": "from hyperpy import route\nroute(dynamic=True)\nasync def stream():\n    yield {'a': 1}",
    "feed.xml.py": "from hyperpy import Response\nresponse = Response('<rss/>', media_type='text/xml')",
}


async def test_where_links_lead(build: Build) -> None:
    links = "".join(f'<a href="{link}">link</a>' for link in LINKS)
    write_files(Path("static"), {"site.css": "body {}"})
    page = f"t'''<h1 id=first>Guide</h1>\n{links}'''"
    report = await build(
        SITE | {"docs/guide.py": page},
        static="static",
        origin="https://example.org",
        settings=Settings(elsewhere="/outside, /more"),
    )
    start = "leads nowhere: "
    found = {
        finding.what.partition("href='")[2].partition("' of /docs/guide")[0]: finding.what.partition(start)[2]
        for finding in report.errors
    }
    assert found == {link: problem for link, problem in LINKS.items() if problem}
    assert {str(finding.place) for finding in report.errors} == {"routes/docs/guide.py:2"}


async def test_relative_links_of_other_layouts_and_of_the_error_page(build: Build) -> None:
    pages = {"index.py": "t'<a href=docs/guide>Guide</a>'", "docs/guide.py": "t'<a href=other>Other</a>'"}
    files = pages | {"docs/other.py": "t'<p></p>'", "_404.py": "t'<a href=docs/guide>Guide</a>'"}
    report = await build(files, layout=Layout.FILES)
    assert [str(finding.place) for finding in report.errors] == ["routes/_404.py:1"]
    assert "the error page is shown at any URL" in report.errors[0].what


async def test_relative_links_of_a_page_with_a_base(build: Build) -> None:
    base = "t'<base href=/docs/docs/><a href=guide>A</a><a href=nothing>B</a>'"
    pages = {"index.py": base, "docs/guide.py": "t'<p></p>'"}
    report = await build(pages | {"away.py": "t'<base href=https://example.com/><a href=x>C</a>'"}, root="/docs")
    assert [e.what for e in report.errors] == ["href='nothing' of / leads nowhere: nothing answers `/docs/nothing`"]


async def test_links_outside_the_path_in_front(build: Build) -> None:
    files = {"index.py": "t'<a href=/about>About</a><a href=/docs/about>About</a>'", "about.py": "t'<p></p>'"}
    report = await build(files, root="/docs")
    assert [finding.what for finding in report.errors] == ["href='/about' of / leads nowhere: it is outside of /docs"]
    assert not (await build(files, root="/docs", settings=Settings(elsewhere="/about"))).errors


@pytest.mark.parametrize(
    ("page", "urls"),
    [
        ('<a href="/a">', ["/a"]),
        ("<a title='>' href='/a?x=1&amp;y=2'>", ["/a?x=1&y=2"]),
        ("<A HREF=/a>", ["/a"]),
        ("<!-- <a href=/a> --><p>", []),
        ("<script>'<a href=/a>'</script><a href=/b>", ["/b"]),
        ('<script src="/a.js"></script>', ["/a.js"]),
        ("<style>a { b: '<a href=/a>' }</style>", []),
        ("<textarea><a href=/a></textarea>", []),
        ('<img src="/a.png" srcset="/b.png 2x, /c.png 3x">', ["/a.png", "/b.png", "/c.png"]),
        ("<form action=/a><button formaction=/b>", ["/a", "/b"]),
        ("<object data=/a></object><p data-a=/b data=/c>", ["/a"]),
        ("<p hx-get=/a data-hx-post=/b sse-connect=/c>", ["/a", "/b", "/c"]),
        ("<link rel=preconnect href=/a><link rel='icon' href=/b>", ["/b"]),
        ("<base href=/docs/><a href=a>", ["a"]),
        ("<p>it's a < b <a href=/a>", ["/a"]),
        ("<svg><use xlink:href='#a'/></svg>", ["#a"]),
    ],
)
def test_the_urls_of_a_page(page: str, urls: list[str]) -> None:
    assert [url for _, url in references(page).urls] == urls
