"""`hyper check`: planted mistakes are all found, and nothing is reported that isn't one."""

import shutil
from pathlib import Path

import pytest

from tests.check.conftest import Check, Findings
from tests.check.planted import PLANTED
from tests.support.sites import write_files

REPOSITORY = Path(__file__).resolve().parents[2]


def empty(folder: Path) -> None:
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink()


def test_all_planted_mistakes_are_found_and_nothing_else(tmp_path: Path, found_by: Findings) -> None:
    for name, (text, _) in PLANTED.items():
        write_files(tmp_path, {name: text})
    found = {(each["file"], each["line"], each["message"]) for each in found_by()}
    expected = {(file, line, part) for file, (_, mistakes) in PLANTED.items() for line, part in mistakes.items()}
    assert len(expected) >= 30
    matched = {
        (file, line, part): [each for each in found if each[:2] == (file, line) and part in each[2]]
        for file, line, part in expected
    }
    assert [mistake for mistake, findings in matched.items() if len(findings) != 1] == []
    assert found == {findings[0] for findings in matched.values()}


# Each is a site without mistakes: what is written can't be known to be wrong.
FINE: dict[str, dict[str, str]] = {
    "ids": {
        "index.py": "from routes._card import Card\nfrom routes._texts import NAME\nx = 'a'\n"
        "t'''<button hx-get=/ hx-target='#row-1'>1</button><p id='row-{x}'></p><p hx-target='#seen' hx-get=/></p>"
        "<p hx-target='#card' hx-get=/></p><{Card} name=card /><p hx-target='#cell-1' hx-get=/></p><p id={NAME}></p>"
        "<p hx-target='#named' hx-get=/></p><p hx-target='#{x}' hx-get=/></p><p hx-target='#raw' hx-get=/></p>"
        "<p hx-target='this' hx-include='.a #b, form' hx-get=/></p>'''",
        "seen.py": "t'<p id=seen></p>'",
        "_card.py": "def Card(name): return t'<p id={name}></p>{f\"cell-{name}\"}'",
        "_texts.py": "from hyperpy import Markup\nNAME = 'named'\nRAW = Markup('<p id=\"raw\">')\n",
    },
    "values in paths": {
        "index.py": "x = 'a/b'\nt'''<a href={x}>1</a><a href=\"{x}/edit\">2</a><a href=\"/a/{x}/edit\">3</a>"
        "<a href=\"/a/pre-{x}\">4</a><a href={f'/a/{x}/edit'}>5</a><a href='/a{x:safe}'>6</a><a href='/a/{x}'>7</a>'''",
        "a/{y}/{z}/edit.py": "y: str\nz: str\nt'{y}{z}'",
        "a/prefix-pre-1.py": "t'1'",
        "a/{...rest}.py": "rest: str\nt'{rest}'",
    },
    "other schemes": {
        "index.py": 't\'\'\'<a href="mailto:a@example.org">1</a><a href="//cdn.example.org/x.js">2</a>'
        '<a href="#top">3</a><a href="?page=2">4</a><a href="/#x">5</a><a href="">6</a><a href="/?q=1">7</a>\'\'\'',
    },
    "computed methods and actions of scripts": {
        "index.py": "m = 'post'\nmore: dict[str, str] = {}\nt'''<form method={m} action=\"/\"></form>"
        '<form action="/" {more:**}></form><form method="dialog"></form>'
        "<p data-on:click=\"@post('/' + path)\" data-init='@get(`/${{x}}`)'></p>"
        '<p x-data="{{}}" :href="\'/nowhere/\' + x"></p><a href="/users/{{id}}/:name"></a>\'\'\'',
        "users/{user}/{name}.py": "user: str\nname: str\nt'{user}{name}'",
    },
    "trailing slashes and encoded paths": {
        "index.py": 't\'<a href="/a/">1</a><a href="/%C3%A9t%C3%A9">2</a>\'\n',
        "other.py": 't\'<a href="/été">3</a><a href="/a&amp;b">4</a>\'\n',
        "a/index.py": "t'1'",
        "été.py": "t'1'",
        "a&b.py": "t'1'",
    },
    "relative URLs in fetched parts": {
        "a/index.py": "t'<div hx-get=\"/part\"></div>'",
        "part.py": "t'<a href=\"b/c\">1</a>'",
        "b/c.py": "t'1'",
    },
    "exclusive branches": {
        "index.py": "x = 1\nt'''{t'<p id=\"a\">1</p>' if x else t'<p id=\"a\">2</p>'}"
        "{t'<p id=\"b\"></p>' if x else ''}{t'<p id=\"b\"></p>' if not x else ''}"
        '<template><p id="c"></p></template><p id="c"></p><p id="d{x}"></p><p id="d{x}"></p>\'\'\'',
    },
    "fragments of components and with values": {
        "_parts.py": "from hyperpy import fragment\n\ndef Part(n): return t'<p id=\"part\" {fragment}>{n}</p>'",
        "index.py": "from hyperpy import fragment, render, request\nfrom ._parts import Part\nnames = ['a']\n"
        "if request.query_params:\n    render(fragments=['part', 'row-1', *names, names[0]])\n"
        "t'''<{Part} n=1 />{[t'<li id=\"row-{n}\" {fragment}>{n}</li>' for n in names]}'''",
    },
    "components that take anything or are chosen late": {
        "index.py": "from hyperpy import Markup\ndef Any(**rest): return t'<p>{rest}</p>'\n"
        "def Box(class_, children=''): return t'<p class={class_}>{children}</p>'\n"
        "chosen = Box if Markup else Any\nmore: dict[str, str] = {}\n"
        "t'''<{Any} x=1 data-y=2 /><{Box} class=\"a\" /><{Box} {more:**}>x</{Box}><{chosen} z=1 />"
        "<{Any}> {\"\"} </{Any}>'''",
    },
    "scripts that take over, and forms in parts of other pages": {
        "index.py": 't\'\'\'<a href="/out" hx-post="/out">1</a><a href="/out" data-turbo-method="post">2</a>'
        '<form method="post" @submit.prevent="f()"></form><form></form><p hx-get="/part"></p>\'\'\'',
        "out.py": "from hyperpy import POST, redirect\nif POST:\n    redirect('/')",
        "part.py": "t'<form method=\"post\"></form>'",
        "_parts.py": "def Part(): return t'<form method=\"post\"></form>'",
        "both.py": "from hyperpy import POST\nif POST:\n    t'1'\nelse:\n    t'<form method=\"post\"></form>'",
    },
    "what other hosts and the mounts of an application answer": {
        "../app.py": "from starlette.routing import Host\nfrom hyperpy import Hyper\napp = Hyper()\n"
        "app.router.routes.append(Host('api.example.org', app=Hyper(static=None)))",
        "index.py": "t'<a href=\"/v1/users\">1</a>'",
    },
    "mounts and parameters of Starlette": {
        "../app.py": "from starlette.routing import Mount, Route\nfrom hyperpy import Hyper\napp = Hyper()\n"
        "async def answer(scope, receive, send): ...\nasync def end(request): ...\n"
        "app.router.routes += [Mount('/files', answer), Route('/a/{id:int}', end), Route('/r/{x:path}', end)]",
        "index.py": 'x = 1\nt\'<a href="/files/{x}/y">1</a><a href="/a/{x}">2</a><a href="/r/{x}/y/z">3</a>\'',
    },
    "fragments in the components of a library": {
        "../app.py": "import sys\nfrom hyperpy import Hyper\nsys.path.append('site-packages')\napp = Hyper()",
        "../site-packages/widgets.py": "from hyperpy import fragment as f\ndef Rows(): return t'<p {f}=\"rows\">1</p>'",
        "index.py": "from hyperpy import render, request\nfrom widgets import Rows\n"
        "if request.query_params:\n    render(fragments='rows')\nt'<{Rows} />'",
    },
    "slots of custom elements": {
        "_parts.py": "def Card(children): return t'<my-card>{children}</my-card>'",
        "index.py": "from routes._parts import Card\nt'<{Card}><b slot=\"title\">1</b></{Card}>'",
        "own.py": "def Box(children): return t'<i>{children}</i>'\nt'<{Box}><x-a><b slot=\"c\">1</b></x-a></{Box}>'",
    },
    "scripts that decide what is there": {
        "index.py": 't\'\'\'<p id="a" v-if="x">1</p><p id="a" v-else>2</p>'
        '<p id="b"></p><noscript><p id="b"></p></noscript>\'\'\'',
    },
    "values that are read by another name, and constants that nothing sends": {
        "index.py": 't\'\'\'<a href="/a?page=2">1</a><a href="/b?page=2">2</a><a href="/c?page=2">3</a>'
        '<a href="/d/x?page=2">4</a><a href="/e?LIMIT=2&amp;size=2">5</a><a href="/f/{1}?page=2">6</a>'
        '<a href="/g?page=2" onclick="f()">7</a><form action="/g" data-on-submit="f()"><input name=page></form>'
        "<form method=post action=/h><input name=page></form><a href=\"https://example.org/g?page=2\">8</a>'''",
        "a.py": "from hyperpy import Query\npage = 1\nnumber: int = Query(1, alias='page')\nt'{page}{number}'",
        "b.py": "from hyperpy import request\npage = 1\nt'{request.query_params.get(\"page\", page)}'",
        "c.py": "from hyperpy import Depends\nfrom routes._pages import number\npage = 1\n"
        "n: int = Depends(number)\nt'{page}{n}'",
        "_pages.py": "from hyperpy import Query\ndef number(page: int = Query(1)) -> int: return page",
        "d/_guard.py": "from hyperpy import Query, session\npage: int = Query(1)\nsession['page'] = page",
        "d/x.py": "page = 1\nt'{page}'",
        "e.py": "LIMIT = 1\nsize = 1\nasync def load():\n    global size\n    size = 2\nt'{LIMIT}{size}'",
        "f/{x}.py": "x: str\npage: int = 1\nt'{x}{page}'",
        "f/1.py": "t'1'",
        "g.py": "page = 1\nt'{page}<script>new URLSearchParams(location.search)</script>'",
        "h.py": "from hyperpy import POST, Form\nfrom pydantic import BaseModel\nclass Pages(BaseModel):\n"
        "    page: int\npage = 1\nif POST:\n    pages: Pages = Form()\n    t'{page}{pages.page}'",
    },
    "streams with computed names": {
        "index.py": 't\'\'\'<div sse-connect="/feed"><p sse-swap="a,b"></p></div><p sse-swap="z"></p>'
        '<div sse-connect="/known"><p sse-swap="message, news, close"></p><div hx-sse:connect="/feed">'
        '<br><p sse-swap="other"></p></div><p sse-swap="news"></p></div>\'\'\'',
        "feed.py": "async def stream():\n    for name in ('a', 'b'):\n        yield name, 1",
        "known.py": "async def stream():\n    yield 'x'\n    yield 'news', 1",
    },
}


def test_nothing_is_reported_that_may_be_right(tmp_path: Path, found_by: Findings) -> None:
    wrong = {}
    for title, files in FINE.items():
        empty(tmp_path)
        write_files(tmp_path, {f"routes/{name}": text for name, text in {"index.py": "t'1'", **files}.items()})
        if found := found_by():
            wrong[title] = found
    assert wrong == {}


SITES = ("tests/contacts/site", "tests/site", "hyperpy/cli/project")


def test_sites_of_this_repository_have_no_findings(tmp_path: Path, found_by: Findings) -> None:
    shutil.copytree(REPOSITORY / "routes_example", tmp_path / "routes")
    shutil.copytree(REPOSITORY / "static", tmp_path / "static")
    wrong = {"routes_example": found_by()}
    for site in SITES:
        empty(tmp_path)
        shutil.copytree(REPOSITORY / site, tmp_path, dirs_exist_ok=True)
        vendored = ("htmx.min.js", "sse.min.js")  # the tests of the site fetch them
        write_files(tmp_path, {f"static/vendor/{name}": "\n" for name in vendored})
        wrong[site] = found_by()
    assert {site: found for site, found in wrong.items() if found} == {}


def test_status_and_options(tmp_path: Path, check: Check) -> None:
    def status(text: str, *arguments: str) -> int:
        write_files(tmp_path, {"routes/index.py": text})
        return check(*arguments).exit_code

    warning = "t'<div><b>{1}</div>'"
    assert [status("t'<p>{1}</p>'"), status("t'<p>{1}</p>'", "--strict")] == [0, 0]
    assert [status(warning), status(warning, "--strict")] == [0, 1]
    assert status("t'<a href=\"/wiki/x\">{1}</a>'") == 1
    assert status("t'<a href=\"/wiki/x\">{1}</a>'", "--elsewhere", "/x", "--elsewhere", "/wiki/") == 0
    (tmp_path / "pyproject.toml").write_text('[tool.hyper]\nelsewhere = "/x,/wiki/"\n')
    assert status("t'<a href=\"/wiki/x\">{1}</a>'") == 0
    assert status("'<p>'") == 1
    (tmp_path / "routes/index.py").rename(tmp_path / "routes/about.py")
    (tmp_path / "routes/about.py").write_text("t'<a href=\"/\">{1}</a>'")
    assert "nothing answers `/`" in check().output


def test_formats(tmp_path: Path, check: Check, found_by: Findings) -> None:
    write_files(tmp_path, {"routes/index.py": "x = 1\n\nt'<a href=\"/b%\">{x}</a>'"})
    text = check().output
    assert text.startswith("routes/index.py:3  error: href leads nowhere: nothing answers `/b%`\n")
    assert text.endswith("\n1 error in 1 file.\n")
    annotation, summary = check("--format", "github").output.splitlines()
    assert annotation.startswith(
        "::error file=routes/index.py,line=3,col=6,title=hyper check%3A link::href leads nowhere"
    )
    assert "`/b%25`%0A" in annotation
    assert summary == "1 error in 1 file."
    assert found_by() == [
        {
            "severity": "error",
            "rule": "link",
            "file": "routes/index.py",
            "line": 3,
            "column": 6,
            "message": "href leads nowhere: nothing answers `/b%`",
            "hint": found_by()[0]["hint"],
        }
    ]


def test_conflicts_and_invalid_settings_hide_nothing(
    tmp_path: Path, found_by: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPER_PING", "often")
    monkeypatch.setenv("HYPER_PIGN", "5")
    files = {
        "pyproject.toml": "[tool.hyper]\nport = 'x'\nchannels = 'carrier-pigeon://'\ncolour = 1\n",
        "routes/a/{x}.py": "x: str\nt'<a href=\"/nowhere\">{x}</a>'",
        "routes/a/{y}.py": "y: str\nt'<a href=\"/nowhere\">{y}</a>'",
        "routes/about.py": "t'1'",
        "routes/about/index.py": "t'{'",
        "routes/static/x.py": "t'1'",
        "routes/b/{1}.py": "t'1'",
        "routes/c/_404.py": "t'1'",
        "routes/{c}/_404.py": "t'1'",
        "routes/{d}/_404.py": "t'1'",
    }
    write_files(tmp_path, files)
    found = sorted((each["file"] or "", each["line"] or 0, each["message"][:30]) for each in found_by())
    assert found == [
        ("", 0, "HYPER_PING: 'often' is not a n"),
        ("", 0, "unknown setting HYPER_PIGN"),
        ("pyproject.toml", 2, "`port` in [tool.hyper]: 'x' is"),
        ("pyproject.toml", 3, "`channels` in [tool.hyper]: in"),
        ("pyproject.toml", 4, "unknown setting `colour` in [t"),
        ("routes/a/{x}.py", 2, "href leads nowhere: nothing an"),
        ("routes/a/{y}.py", 0, "answers the same URLs as `rout"),
        ("routes/a/{y}.py", 2, "href leads nowhere: nothing an"),
        ("routes/about/index.py", 0, "answers the same URLs as `rout"),
        ("routes/about/index.py", 1, "Python can't read this: t-stri"),
        ("routes/b/{1}.py", 0, "`1` is not a valid Python iden"),
        ("routes/static/x.py", 0, "this file can't answer: URLs b"),
        ("routes/{d}/_404.py", 0, "answers for the same URLs as `"),
    ]


def test_a_site_that_cannot_be_loaded_at_all(tmp_path: Path, found_by: Findings) -> None:
    (finding,) = found_by("--routes", "nowhere")
    assert (finding["rule"], finding["message"]) == ("load", "the routes folder does not exist")
