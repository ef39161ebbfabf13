"""Changed files of the routes are loaded again in the running process; everything else keeps its state."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from hyperpy import Hyper
from hyperpy.app.reloading import changed_files, reload_routes
from hyperpy.pages import temporary_imports
from hyperpy.testing import client
from tests.support.sites import write_files
from tests.support.until import until

FILES = {
    "routes/_base.py": """
        from routes._words import GREETING
        def Layout(children): return t"<main>{GREETING}: {children}</main>"
        """,
    "routes/_words.py": "GREETING = 'hello'\n",
    "routes/index.py": 'from routes._base import Layout\nt"<{Layout}>start</{Layout}>"\n',
    "routes/counted.py": """
        from routes._count import seen
        seen.append(1)
        t"{len(seen)}"
        """,
    "routes/_count.py": "seen = []\n",
    "routes/blog/__init__.py": "TITLE = 'blog'\n",
    "routes/blog/index.py": 'from . import TITLE\nt"{TITLE}"\n',
    "routes/_user.py": """
        from dataclasses import dataclass
        @dataclass
        class User: name: str
        """,
    "routes/_make.py": "from routes._user import User\ndef make(): return User('Ann')\n",
    "routes/user.py": """
        from routes._user import User
        from routes._make import make
        t"{str(isinstance(make(), User))} {make().name}"
        """,
    "routes/_a.py": "import routes._b\nA = 'a'\n",
    "routes/_b.py": "import routes._a\nB = 'b'\n",
    "routes/circle.py": 'from routes._a import A\nfrom routes._b import B\nt"{A}{B}"\n',
    "routes/v1/_text.py": "TEXT = 'one'\n",
    "routes/v2/_text.py": "TEXT = 'two'\n",
}

# What is done (None deletes a file), and the text of each URL afterwards, or its status.
STEPS = [
    (
        "a page is edited",
        {"index.py": 'from routes._base import Layout\nt"<{Layout}>new</{Layout}>"\n'},
        {"/": "hello: new"},
    ),
    ("a helper of the layout is edited", {"_words.py": "GREETING = 'hi'\n"}, {"/": "hi: new"}),
    ("the layout is edited", {"_base.py": 'def Layout(children): return t"{children}!"\n'}, {"/": "new!"}),
    ("the layout is broken", {"_base.py": "def Layout(\n"}, {"/": 500, "/blog": "blog"}),
    ("it is fixed", {"_base.py": 'def Layout(children): return t"{children}?"\n'}, {"/": "new?"}),
    ("a page is added", {"fresh.py": 't"fresh"\n'}, {"/fresh": "fresh"}),
    ("a page is renamed", {"fresh.py": None, "newer.py": 't"fresh"\n'}, {"/fresh": 404, "/newer": "fresh"}),
    ("a package is edited", {"blog/__init__.py": "TITLE = 'posts'\n"}, {"/blog": "posts"}),
    (
        "a module of a class is edited",
        {"_user.py": "class User:\n    def __init__(self, name): self.name = name * 2\n"},
        {"/user": "True AnnAnn"},
    ),
    ("a part of a circle is edited", {"_a.py": "import routes._b\nA = 'A'\n"}, {"/circle": "Ab"}),
    ("a guard is added", {"blog/_guard.py": "from hyperpy import redirect\nredirect('/user')\n"}, {"/blog": 303}),
    ("a guard is broken", {"blog/_guard.py": "redirect(\n"}, {"/blog": 500, "/": "new?"}),
    ("a guard is removed", {"blog/_guard.py": None}, {"/blog": "posts"}),
    ("a helper is deleted", {"_words.py": None, "_make.py": None}, {"/": "new?", "/user": 500}),
    (
        "it comes back",
        {"_make.py": "from routes._user import User\ndef make(): return User('Bo')\n"},
        {"/user": "True BoBo"},
    ),
]


def change(routes: Path, files: dict[str, str | None]) -> list[Path]:
    for name, text in files.items():
        if text is None:
            (routes / name).unlink()
        else:
            (routes / name).parent.mkdir(exist_ok=True)
            (routes / name).write_text(text)
    return [Path(os.path.normpath(routes / name)) for name in files]


@pytest.fixture
def routes(tmp_path, monkeypatch):
    monkeypatch.chdir(write_files(tmp_path, FILES))
    with temporary_imports(tmp_path / "routes"):
        yield tmp_path / "routes"


async def test_each_kind_of_change_is_taken_over(routes):
    app = Hyper(static=None, debug=True)
    wrong = []
    async with client(app) as site:
        for counted, (what, files, expected) in enumerate(STEPS, 1):
            assert await reload_routes(app, change(routes, files)), what
            for url, answer in {**expected, "/counted": str(counted)}.items():
                response = await site.get(url, follow_redirects=False)
                shown = response.status_code if isinstance(answer, int) else response.text
                if shown != answer and (isinstance(answer, int) or answer not in str(shown)):
                    wrong.append((what, url, answer, shown))
    assert not wrong


async def test_folders_and_links_are_taken_over(routes):
    write_files(routes, {"linked.py": "from routes._text import TEXT\nt'{TEXT}'\n"})
    os.symlink("v1/_text.py", routes / "_text.py")
    app = Hyper(static=None, debug=True)
    async with client(app) as site:
        (routes / "blog").rename(routes / "posts")
        (routes / "_text.py").unlink()
        os.symlink("v2/_text.py", routes / "_text.py")
        assert await reload_routes(app, [routes / "blog/index.py", routes / "posts/index.py", routes / "_text.py"])
        assert [(await site.get(url)).status_code for url in ("/blog", "/posts")] == [404, 200]
        assert "two" in (await site.get("/linked")).text


# Sites, changes of them, and what the pages show after each.
RARE = {
    "a package that is loaded again has its loaded modules": (
        {
            "index.py": "import rare._p.a\nimport rare.users.page\nt'{rare._p.a.X} {rare.users.page.C}'\n",
            "_p/__init__.py": "",
            "_p/a.py": "X = 'a'\n",
            "users.py": "t'users'\n",
            "users/page.py": "from typing import Final\nC: Final = 'c'\nt'page'\n",
        },
        [
            ({"_p/__init__.py": "Y = 1\n"}, {"/": "a c"}),
            ({"_p/__init__.py": None}, {"/": "a c"}),
            ({"users.py": "t'people'\n"}, {"/": "a c", "/users": "people"}),
            ({"__init__.py": ""}, {"/": "a c"}),
        ],
    ),
    "a new file takes the name of a folder or package": (
        {"index.py": "from ._p import a\nfrom ._q import X\nimport rare._p as p\nt'{getattr(p, \"Y\", 0)} {X}'\n"}
        | {"_p/a.py": "", "_q/__init__.py": "X = 1\n"},
        [
            ({"_p/__init__.py": "Y = 5"}, {"/": "5 1"}),
            ({"_q.py": "X = 2\n"}, {"/": "5 2"}),
            ({"_q.py": None}, {"/": "5 1"}),
        ],
    ),
    "modules are imported by functions": (
        {
            "index.py": "from ._menu import items\nt'{items}'\n",
            "_menu.py": """
                from importlib import import_module
                from pathlib import Path
                files = sorted((Path(__file__).parent / "_items").glob("*.py"))
                items = "".join(import_module(f"rare._items.{file.stem}").T for file in files)
                """,
            "_items/a.py": "T = 'a'\n",
        },
        [({"_items/a.py": "T = 'A'\n"}, {"/": "A"}), ({"_items/b.py": "T = 'b'\n"}, {"/": "Ab"})],
    ),
    "a page has a link to a page that goes": (
        {"index.py": "from ._nav import nav\nt'{nav()}'\n", "a.py": "t'a'\n"}
        | {"_nav.py": "from hyperpy import url\nON = 0\ndef nav(): return url('/a') if ON else 'off'\n"},
        [({"a.py": None}, {"/": 500}), ({"a.py": "t'a'\n"}, {"/": "off"})],
    ),
}


@pytest.mark.parametrize("what", RARE)
async def test_rare_changes_are_taken_over(what, tmp_path, monkeypatch):
    files, steps = RARE[what]
    routes = write_files(tmp_path, {f"rare/{name}": text for name, text in files.items()}) / "rare"
    monkeypatch.chdir(tmp_path)
    with temporary_imports(routes):
        app = Hyper("rare", static=None, debug=True)
        async with client(app) as site:
            for changes, expected in steps:
                assert await reload_routes(app, change(routes, changes)), changes
                for url, shown in expected.items():
                    page = await site.get(url)
                    seen = page.text if page.status_code == 200 else page.status_code
                    assert shown == seen, (changes, url)


async def test_a_file_with_its_old_size_and_time_is_loaded_again(routes):
    before = (routes / "_words.py").stat()
    os.utime(routes / "_words.py", (1, 1))
    app = Hyper(static=None, debug=True)
    async with client(app) as site:
        changed = change(routes, {"_words.py": "GREETING = 'HELLO'\n"})
        os.utime(routes / "_words.py", (1, 1))
        assert (routes / "_words.py").stat().st_size == before.st_size
        assert await reload_routes(app, changed)
        assert "HELLO" in (await site.get("/")).text


@pytest.mark.parametrize("outside", ["from rare._a import A", "m = __import__('rare._a')"])
async def test_modules_outside_are_left_to_another_process(outside, tmp_path, monkeypatch):
    """Even if they have been imported before the folder is known, as at the top of app.py."""
    name = f"outside{abs(hash(outside))}"
    files = {"rare/_a.py": "A = 1\n", f"{name}.py": outside}
    routes = write_files(tmp_path, files | {"rare/index.py": "from ._a import A\nt'{A}'\n"}) / "rare"
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with temporary_imports(routes):
        importlib.import_module(name)
        try:
            app = Hyper("rare", static=None, debug=True)
            assert await reload_routes(app, [])
            assert not await reload_routes(app, change(routes, {"_a.py": "A = 2\n"}))
        finally:
            del sys.modules[name]


async def test_only_what_imports_a_changed_file_is_outdated(routes):
    app = Hyper(static=None, debug=True)
    async with client(app):
        before = app.loaded_routes
        assert await reload_routes(app, change(routes, {"_words.py": "GREETING = 'hey'\n"}))
        assert {Path(file).name for file in changed_files(before, app.loaded_routes)} == {"index.py"}


async def test_a_reload_tells_whether_urls_have_changed(routes):
    app = Hyper(static=None, debug=True)
    async with client(app):
        for files, expected in (({"index.py": "t'x'\n"}, False), ({"x.py": "t'x'\n"}, True), ({"x.py": None}, True)):
            reloaded = await reload_routes(app, change(routes, files))
            assert reloaded is not None
            assert reloaded.is_moved == expected, files


async def test_changes_that_need_another_process_are_left_to_it(routes):
    app = Hyper(static=None, debug=True)
    async with client(app) as site:
        for what, files in {
            "outside": {"../models.py": "x = 1\n"},
            "settings": {"pyproject.toml": ""},
            "conflict": {"{a}.py": "t'a'\n", "{b}.py": "t'b'\n"},
        }.items():
            assert not await reload_routes(app, change(routes, files)), what
            assert "hello: start" in (await site.get("/")).text, what


async def test_only_the_streams_of_changed_routes_end(routes):
    stream = """
        import asyncio
        {line}
        async def stream():
            yield {{"data": "open"}}
            await asyncio.Event().wait()
        """
    old = stream.format(line="from routes._words import GREETING")
    write_files(routes, {"old.py": old, "same.py": stream.format(line="")})
    app = Hyper(static=None, debug=True)
    async with client(app) as site, site.stream("/old") as first, site.stream("/same") as second:
        await first.next()
        await second.next()
        assert await reload_routes(app, change(routes, {"_words.py": "GREETING = 'hey'\n"}))
        await until(lambda: len(app.streams) == 1)
        assert [Path(record.file).name for record in app.streams] == ["same.py"]
        assert [event async for event in first] == []
        assert first.retry == 20


async def test_routes_whose_files_and_imports_are_unchanged_stay_the_same_objects(routes):
    write_files(
        routes,
        {"in/_guard.py": "1\n", "in/a.py": "t'a'\n", "in/{x}/b.py": "from routes._words import GREETING\nt'b'\n"},
    )
    app = Hyper(static=None, debug=True)
    before = {entry.file: entry for entry in app.loaded_routes.entries}
    assert await reload_routes(app, change(routes, {"_words.py": "GREETING = 'hey'\n", "new.py": "t'new'\n"}))
    after = {entry.file: entry for entry in app.loaded_routes.entries}
    renewed = {Path(file).name for file, entry in after.items() if entry is not before.get(file)}
    assert renewed == {"index.py", "b.py", "new.py"}
