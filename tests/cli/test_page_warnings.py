"""Which warnings the page of a route gets under `hyper dev`, and who gets them."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.check.site_checks import _checked, check_loaded
from hyperpy.dev.background_check import BackgroundCheck
from hyperpy.dev.browser import Following, Update
from hyperpy.dev.own_requests import UnloggedOwn
from hyperpy.dev.page_warnings import ENDS_WITH_UPDATE, RUN_WARNING, WarningLayer
from hyperpy.dev.problems import Editor, ProblemLayer
from hyperpy.exceptions import Place
from hyperpy.inspector import warnings_about
from hyperpy.pages import LoadWarning
from hyperpy.server.access import UNLOGGED
from tests.support.sites import write_files
from tests.support.until import until

FILES = {
    "routes/plain.py": "t'<p>plain'",
    "routes/two.py": "t'<Card></Card><Box></Box>'",
    "routes/inner/_guard.py": "import time\nasync def check():\n    time.sleep(0)\n",
    "routes/inner/page.py": "t'<p>'",
    "routes/broken.py": "t'{nothing}'",
    "routes/_base.py": "def Layout(children): return t'<Card></Card>{children}'",
    "routes/page.py": "from routes._base import Layout\nt'<{Layout}>a</{Layout}>'",
    "shared.py": "one\ntwo\nthree\n",
    "mounted/sub.py": "t'<Card></Card>'",
}


class Site:
    def __init__(self, folder: Path) -> None:
        app = Hyper(debug=True)
        app.mount("/mounted", Hyper("mounted", debug=True))
        following = Following(app)
        self.updates = following.updates
        layer = ProblemLayer(following, Editor(), self.updates)
        self.layer = WarningLayer(layer, Editor(), self.updates, lambda file: warnings_about(app, file))
        self.folder = folder
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.layer), base_url="http://localhost")

    async def get(self, name: str, **headers: str) -> httpx.Response:
        sent = {header.replace("_", "-"): value for header, value in headers.items()}
        return await self.client.get("/_hyper/dev/warnings", params={"route": str(self.folder / name)}, headers=sent)

    async def shown(self, name: str) -> list[str]:
        return re.findall(r">([\w./]+:\d+)</a>", (await self.get(name)).text)

    def warn(self, line: int, **extra: bool) -> None:
        warning = LoadWarning("odd", Place(str(self.folder / "shared.py"), line), "Change it.")
        logging.getLogger("hyperpy").warning("odd", extra={RUN_WARNING: warning, **extra})


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    write_files(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    made = Site(tmp_path)
    with made.layer.listening():
        yield made


async def test_which_warnings_a_page_gets(site: Site):
    expected = {
        "routes/plain.py": [],
        "routes/two.py": ["routes/two.py:1"] * 2,
        "routes/inner/page.py": ["routes/inner/_guard.py:3"],
        "routes/broken.py": [],
        "routes/page.py": ["routes/_base.py:1"],
        "routes/none.py": [],
        "mounted/sub.py": ["mounted/sub.py:1"],
    }
    assert {name: await site.shown(name) for name in expected} == expected
    assert (await site.get("routes/plain.py")).status_code == 204
    assert "2 warnings about this page</h1>" in (await site.get("routes/two.py")).text


async def test_only_the_developer_gets_them(site: Site):
    assert (await site.get("routes/two.py", host="example.org")).status_code == 404
    assert (await site.get("routes/two.py", x_forwarded_for="203.0.113.9")).status_code == 404


async def test_what_running_code_does_is_shown_until_its_line_has_changed(site: Site, monkeypatch: pytest.MonkeyPatch):
    shared = site.folder / "shared.py"
    monkeypatch.setattr(site.layer._run_warnings, "_answering", lambda: str(site.folder / "routes/plain.py"))
    site.warn(2)
    site.warn(3, **{ENDS_WITH_UPDATE: True})
    assert await site.shown("routes/plain.py") == ["shared.py:2", "shared.py:3"]
    assert await site.shown("routes/two.py") == ["routes/two.py:1"] * 2
    site.updates.publish(Update(None))
    assert await site.shown("routes/plain.py") == ["shared.py:2"]
    for text, shown in (("new\none\ntwo\n", ["shared.py:3"]), ("new\none\n2\n", [])):
        shared.write_text(text)
        assert await site.shown("routes/plain.py") == shown


async def test_what_a_check_finds_is_shown_until_the_next_one(site: Site):
    (site.folder / "routes/linked.py").write_text("t'<a href=/nowhere>a</a>'")
    app = Hyper(site.folder / "routes", debug=True)
    [found] = check_loaded(app)
    assert found.what == "href leads nowhere: nothing answers `/nowhere`"
    first = _checked[app].by_path
    assert check_loaded(app) == [found]
    assert [first[path] for path in first] == list(_checked[app].files)  # none was parsed again
    plain = site.folder / "routes/plain.py"
    with site.updates.subscribed(site.updates.generation) as mailbox:
        site.layer.show([LoadWarning(found.what, Place(str(plain), 1), "")])
        events = [mailbox.get_nowait() for _ in range(mailbox.qsize())]
    assert "event: warned\ndata: null\n\n" in events
    assert await site.shown("routes/plain.py") == ["routes/plain.py:1"]
    site.layer.show([])
    assert await site.shown("routes/plain.py") == []


async def test_a_check_in_the_background_prints_what_is_new(capsys: pytest.CaptureFixture[str]):
    answers = [["a"], ["a", "b"], ["b"], ["b"]]
    shown: list[list[str]] = []

    def check() -> list[LoadWarning]:
        ran.append(1)
        return [LoadWarning(what, Place("x.py"), "") for what in answers[len(ran) - 1]]

    ran: list[int] = []
    background = BackgroundCheck(check, lambda found: shown.append([each.what for each in found]), delay=0)
    for number in range(1, len(answers) + 1):
        background.start()
        background.start()
        await until(lambda number=number: len(ran) == number and not background._is_running)
    assert shown == answers[:3]
    printed = capsys.readouterr().err
    assert (printed.count("warning: a"), printed.count("warning: b")) == (1, 1)


async def test_our_own_requests_get_no_line_in_the_log():
    scopes: list[dict[str, object]] = []

    async def app(scope, receive, send):
        scopes.append(scope)

    paths = ("/", "/_hyper", "/_hyper/dev/dev.js", "/_hyper/stream.js", "/_hyper/", "/hyper/x")
    for path in paths:
        await UnloggedOwn(app)({"type": "http", "path": path}, None, None)
    assert [scope["path"] for scope in scopes if UNLOGGED not in scope] == ["/", "/_hyper", "/hyper/x"]
