"""What becomes of each kind of route."""

from contextlib import asynccontextmanager

import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hyperpy.build import Layout, recorded_request
from tests.build.conftest import Build, written

SITE = {
    "_base.py": """
        def Layout(title, children):
            return t"<!doctype html><title>{title}</title>{children}"
    """,
    "_posts.py": "POSTS = {'first': 'One', 'zwölf': 'Twelve', 'a b': 'Space'}\n",
    "_404.py": "from ._base import Layout\nt'<{Layout} title=Missing>Nothing here</{Layout}>'",
    "index.py": "from ._base import Layout\nt'<{Layout} title=Home><a href=/about>About</a></{Layout}>'",
    "about.py": "t'<p>About</p>'",
    "v1.2.py": "t'<p>A version</p>'",
    "page.html.py": "t'<p>A file</p>'",
    "posts/{slug}.py": """
        from .._posts import POSTS

        slug: str

        async def load():
            global text
            text = POSTS[slug]

        async def every_post():
            for name in POSTS:
                yield name

        async def static_paths():
            async for name in every_post():
                yield {"slug": name}

        t"<p>{text}</p>"
    """,
    "years/{year}/{...rest}.py": """
        year: int
        rest: str
        static_paths = [{"year": year, "rest": "a/b"} for year in (2024, 2025)]
        t"<p>{year + 1} {rest}</p>"
    """,
    "feed.xml.py": "from hyperpy import Response\nresponse = Response('<rss/>', media_type='text/xml')",
    "robots.txt.py": "from hyperpy import PlainTextResponse\nresponse = PlainTextResponse('User-agent: *')",
    "api/posts.json.py": "async def load():\n    return {'posts': [1, 2]}",
    "old.py": "from hyperpy import redirect, url\nredirect(url('/about'), 308)",
    "out.py": "from hyperpy import redirect\nredirect('https://example.org/?a=1&b=2', 302, external=True)",
    "search.py": "from hyperpy import Query\nq: str = Query('all')\nt'<p>{q}</p>'",
    "late.py": """
        import asyncio
        from hyperpy.components import Suspense

        async def slow(text):
            await asyncio.sleep(0)
            return t"<b>{text}</b>"

        t"<body>{slow('in place')}<{Suspense} fallback='wait'>{slow('suspended')}</{Suspense}></body>"
    """,
    "report.py": """
        async def stream():
            yield t"<!doctype html><title>Report</title>"
            yield t"<p>All of it</p>"
    """,
}

FILES = {
    "404.html": "<!doctype html><title>Missing</title>Nothing here",
    "index.html": '<!doctype html><title>Home</title><a href="/about">About</a>',
    "about/index.html": "<p>About</p>",
    "v1.2/index.html": "<p>A version</p>",
    "page.html": "<p>A file</p>",
    "posts/first/index.html": "<p>One</p>",
    "posts/zwölf/index.html": "<p>Twelve</p>",
    "posts/a b/index.html": "<p>Space</p>",
    "years/2024/a/b/index.html": "<p>2025 a/b</p>",
    "years/2025/a/b/index.html": "<p>2026 a/b</p>",
    "feed.xml": "<rss/>",
    "robots.txt": "User-agent: *",
    "api/posts.json": '{"posts":[1,2]}',
    "search/index.html": "<p>all</p>",
    "late/index.html": "<body><b>in place</b><b>suspended</b></body>",
    "report/index.html": "<!doctype html><title>Report</title><p>All of it</p>",
    "_redirects": "/old /about 308\n/out https://example.org/?a=1&b=2 302\n",
}


async def test_each_kind_of_route_becomes_a_file(build: Build) -> None:
    report = await build(SITE)
    assert not report.fails, report.text(0)
    files = written()
    old, out = files.pop("old/index.html"), files.pop("out/index.html")
    assert files == FILES
    assert '<link rel="canonical" href="/about">' in old
    assert 'content="0; url=/about"' in old
    assert 'content="0; url=https://example.org/?a=1&amp;b=2"' in out
    assert [finding.what for finding in report.notes] == ["/search reads `q` from the query, which a file doesn't see"]


async def test_files_instead_of_folders_and_a_path_in_front(build: Build) -> None:
    files = SITE | {"index.py": "from hyperpy import url\nt'<a href={url(\"/about\")}>About</a>'"}
    report = await build(files, layout=Layout.FILES, root="/docs")
    assert not report.fails, report.text(0)
    found = written()
    assert found["index.html"] == '<a href="/docs/about">About</a>'
    assert found["_redirects"].startswith("/docs/old /docs/about 308\n")
    assert {"about.html", "posts/first.html", "page.html", "feed.xml", "404.html"} <= found.keys()


# The file and its text, with why it is not built, and where that shows.
NEEDS_A_SERVER = {
    "posting.py": ("from hyperpy import POST\nif POST:\n    ok = 1\nt'<p></p>'", "answers POST", 2),
    "stream.py": ("async def stream():\n    yield {'a': 1}", "is a stream", 1),
    "both.py": ("async def stream():\n    yield 1\nt'<p></p>'", "has a stream beside its page", 1),
    "needed.py": ("q: int\nt'<p>{q}</p>'", "needs `q` in the query", 1),
    "header.py": ("from hyperpy import Header\nagent: str = Header('')\nt'<p></p>'", "reads the header `agent`", 2),
    "cookie.py": ("from hyperpy import Cookie\n\nc: str = Cookie('')\nt'<p></p>'", "reads the cookie `c`", 3),
    "read.py": (
        "from hyperpy import request\nt'<p>{request.cookies.get(\"theme\")}</p>'",
        "reads headers or cookies of the request",
        2,
    ),
    "address.py": ("from hyperpy import request\nt'{request.client.host}'", "reads the visitor's address", 2),
    "session.py": ("from hyperpy import session\nt'<p>{session.get(\"name\")}</p>'", "reads the session", 2),
    "sets.py": ("from hyperpy import response\nresponse.set_cookie('a', 'b')\nt'<p></p>'", "sets a cookie", 0),
    "nonce.py": (
        "from hyperpy import csp_nonce\nt'<script nonce={csp_nonce}></script>'",
        "uses a nonce, which must be new for each response",
        0,
    ),
    "private.py": (
        "from hyperpy import response\nresponse.headers['Cache-Control'] = 'no-store'\nt'<p></p>'",
        "says Cache-Control: no-store",
        0,
    ),
    "htmx.py": (
        "from hyperpy import HTMX\nhtmx: HTMX\nt'<p>{htmx.request}</p>'",
        "reads headers of the request, for `htmx`",
        2,
    ),
    "thread.py": (
        "from hyperpy import request\nopen(__file__).close()\nname = request.headers.get('x')\nt'<p></p>'",
        "reads headers or cookies of the request",
        3,
    ),
    "{slug}.py": ("slug: str\nt'<p></p>'", "has parameters, and no `static_paths` that lists its pages", 0),
    "mine/index.py": ("t'<p>secret</p>'", "has a guard, and was answered 303", 0),
    "yours/index.py": ("t'<p>secret</p>'", "has a guard, routes/yours/_guard.py, that reads the cookie `c`", 2),
}
GUARDS = {
    "mine/_guard.py": "from hyperpy import redirect\nredirect('/', 303)",
    "yours/_guard.py": "from hyperpy import Cookie\nc: str = Cookie('')\nok = c",
}


async def test_what_needs_a_server_is_told_with_its_line(build: Build) -> None:
    report = await build({name: text for name, (text, *_) in NEEDS_A_SERVER.items()} | GUARDS)
    assert report.fails
    assert report.written is None
    assert not report.errors, report.text(0)
    places = {
        "mine/index.py": ("mine/_guard.py", 0),
        "yours/index.py": ("yours/_guard.py", 2),
    }
    expected = {}
    for name, (_, why, line) in NEEDS_A_SERVER.items():
        file, line = places.get(name, (name, line))
        expected[f"/{name.removesuffix('.py').removesuffix('/index')}"] = (
            why,
            f"routes/{file}" + f":{line}" * bool(line),
        )
    assert {each.url: (each.why, str(each.place)) for each in report.dynamic} == expected
    assert "reads the session" in report.text(0)


async def test_a_route_may_say_that_it_is_dynamic(build: Build) -> None:
    dynamic = "from hyperpy import POST, route\nroute(dynamic=True)\nif POST:\n    a = 1\nt'<p></p>'"
    report = await build({"form.py": dynamic, "index.py": "t'<a href=/form>Form</a>'"})
    assert not report.fails, report.text(0)
    assert written() == {"index.html": '<a href="/form">Form</a>'}
    undeclared = {"form.py": dynamic.replace("route(dynamic=True)\n", "")}
    assert (await build(undeclared)).fails
    assert not (await build(undeclared, allow_dynamic=True)).fails


# A file that fails, with the message and the line.
ERRORS = {
    "raises.py": ("value = 0\nt'<p>{1 / value}</p>'", "/raises raised ZeroDivisionError: division by zero", 2),
    "missing.py": (
        "from hyperpy import HTTPException\nraise HTTPException(404)",
        "/missing was answered with status 404",
        0,
    ),
    "suspended.py": (
        """
        from hyperpy.components import Suspense

        async def fail():
            raise ValueError("late")

        t"<{Suspense} fallback=x>{fail()}</{Suspense}>"
        """,
        "/suspended raised ValueError: late",
        4,
    ),
    "streamed.py": (
        "async def stream():\n    yield t'<!doctype html>'\n    raise ValueError('late')",
        "/streamed raised ValueError: late",
        3,
    ),
    "origin.py": (
        "from hyperpy import request\nt'<p>{request.url}</p>'",
        "/origin has the address of the site in it, which is unknown",
        0,
    ),
    "every/{n}.py": (
        "n: int\nstatic_paths = [{'n': n} for n in range(3)]\nzero = 0\nt'<p>{n / zero}</p>'",
        "/every/0 and 2 other pages raised ZeroDivisionError: division by zero",
        4,
    ),
    "{name}.py": (
        "name: str\nstatic_paths = [{'name': '.hyper-build.json'}]\nt'<p></p>'",
        "/.hyper-build.json would be the file .hyper-build.json/index.html, which is in the way of the list of files",
        2,
    ),
    "n/{n}.py": ("n: int\nstatic_paths = [{'n': 'x'}]\nt'<p></p>'", "/n/x was answered with status 404", 2),
}


async def test_all_errors_are_told_at_once(build: Build) -> None:
    report = await build({name: text for name, (text, *_) in ERRORS.items()})
    expected = {(what, f"routes/{name}" + f":{line}" * bool(line)) for name, (_, what, line) in ERRORS.items()}
    assert {(finding.what, str(finding.place)) for finding in report.errors} == expected
    assert report.written is None
    origin = {"origin.py": "from hyperpy import request\nt'<a href={str(request.url)}>Here</a>'"}
    report = await build(
        dict.fromkeys(ERRORS, "t'<p></p>'")
        | origin
        | dict.fromkeys(("{name}.py", "n/{n}.py", "every/{n}.py"), "static_paths = []\nt''"),
        origin="https://example.org",
    )
    assert not report.fails, report.text(0)
    assert written()["origin/index.html"] == '<a href="https://example.org/origin">Here</a>'


# `static_paths` of `{slug}.py`, with what is wrong.
MISTAKES = {
    "[{'slug': 'a'}, {'slug': 'a'}]": "`static_paths` has /p/a twice",
    "[{'slug': 'a', 'x': 1}]": "an item of `static_paths` has an unknown `x`: {'slug': 'a', 'x': 1}",
    "[{}]": "an item of `static_paths` lacks `slug`: {}",
    "['a']": "`static_paths` has 'a', which is not a dict",
    "7": "`static_paths` is a int, not a list",
    "[{'slug': None}]": "`static_paths`: the parameter `slug` can't be None",
    "[{'slug': 'a/b'}]": "`static_paths` has a slash in `slug`: 'a/b'",
    "[{'slug': '..'}]": "`static_paths` has {'slug': '..'}, which no URL can have",
    "[{'slug': 'a\\0'}]": "`static_paths` has {'slug': 'a\\x00'}, which no URL can have",
    "[{'slug': 'x' * 300}]": "is too long for the name of a file",
    "[{'slug': 1 / 0}]": "`static_paths` raised ZeroDivisionError: division by zero",
    "[{'slug': 'A'}, {'slug': 'a'}]": "in the way of",
    "[{'slug': 'é'}, {'slug': 'e\u0301'}]": "in the way of",
    "[{'slug': 'taken'}]": "in the way of",
}


@pytest.mark.parametrize("value", MISTAKES)
async def test_mistakes_in_static_paths(build: Build, value: str) -> None:
    report = await build(
        {"p/{slug}.py": f"slug: str\nstatic_paths = {value}\nt'<p></p>'", "p/taken/index.html.py": "t''"}
    )
    assert len(report.errors) == 1, report.text(0)
    assert MISTAKES[value] in report.errors[0].what
    assert str(report.errors[0].place) in ("routes/p/{slug}.py:2", "routes/p/taken/index.html.py")


async def test_what_pages_and_static_paths_raise_alike_is_told_once(build: Build) -> None:
    texts = "def texts():\n    raise ValueError('money.md')\n"
    paths = "from routes._texts import texts\nslug: str\nstatic_paths = texts\nt'<p></p>'"
    page = "from routes._texts import texts\nt'<p>{texts()}</p>'"
    routes = {"_texts.py": texts, "a/{slug}.py": paths, "b/{slug}.py": paths}
    for pages, subject in (
        ([], "`static_paths`"),
        (["index.py"], "/ and `static_paths`"),
        (["index.py", "c.py", "d.py"], "/ and 2 other pages and `static_paths`"),
    ):
        report = await build(routes | dict.fromkeys(pages, page))
        assert [finding.what for finding in report.errors] == [f"{subject} raised ValueError: money.md"]
        assert str(report.errors[0].place) == "routes/_texts.py:2"


async def test_a_page_that_never_ends(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_request, "LONGEST", 0.05)
    text = "import asyncio\n\nasync def stream():\n    yield t'<!doctype html>'\n    await asyncio.Event().wait()"
    report = await build({"endless.py": text, "index.py": "t'<!doctype html><a href=/endless>not dead</a>'"})
    assert [finding.what for finding in report.errors] == ["/endless: the page was not complete after 0.05 seconds"]


async def test_what_middleware_reads_and_sets_is_of_no_page(build: Build) -> None:
    class Middleware(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            request.state.visitor = request.cookies.get("visitor")
            answer = await call_next(request)
            answer.headers["x-id"] = request.headers.get("x-id", "none")
            return answer

    files = {
        "index.py": "t'<p>Home</p>'",
        "mine.py": "from hyperpy import response\nresponse.headers['x-mine'] = '1'\nt'<p>Mine</p>'",
        "yours.py": "from hyperpy import request\nt'<p>{request.state.visitor}</p>'",
        "own.py": "from hyperpy import request\nrequest.state.own = 1\nt'{request.state.own} {request.app.debug}'",
    }
    report = await build(files, middleware=[Middleware], routes=[Route("/health", PlainTextResponse("ok"))])
    assert [(each.url, each.why, str(each.place)) for each in report.dynamic] == [
        ("/yours", "reads `visitor`, which middleware has set for the request", "routes/yours.py:2"),
        ("/health", "is a route or mount of the application, not a file", "None"),
    ]
    assert [finding.what for finding in report.notes] == ["/mine sets x-mine, which a file doesn't have"]


async def test_what_is_read_from_a_copy_of_the_scope_is_noted(build: Build) -> None:
    class Copying:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app({**scope}, receive, send)

    copies = (
        *("dict(request.scope)", "{**request.scope}", "[*request.scope.items()]", "request.headers.get('x')"),
        *("request.scope.copy()", "request.scope | {}", "request.scope.pop('client')"),
        # By default, a thread doesn't know the context of the one that starts it.
        *("ThreadPoolExecutor(1).submit(lambda: request.headers.get('x')).result()",),
    )
    start = "from concurrent.futures import ThreadPoolExecutor\nfrom hyperpy import Request\nrequest: Request\n"
    files = {f"p{n}.py": f"{start}x = {copy}\nt'p'" for n, copy in enumerate(copies)}
    for middleware in ([], [Copying]):
        report = await build({"index.py": "t'i'", **files}, middleware=middleware)
        assert [each.url for each in report.dynamic] == [f"/p{n}" for n in range(len(copies))]


async def test_the_lifespan_runs_around_the_build(build: Build) -> None:
    seen = []

    @asynccontextmanager
    async def lifespan(app):
        seen.append("start")
        yield {"database": ["a", "b"]}
        seen.append("stop")

    report = await build({"index.py": "from hyperpy import request\nt'{request.state.database}'"}, lifespan=lifespan)
    assert not report.fails, report.text(0)
    assert written() == {"index.html": "ab"}
    assert seen == ["start", "stop"]
