"""Which warnings the page of a route gets under `hyper dev`, and who gets them."""

import asyncio
import builtins
import logging
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.app.reloading import reload_routes
from hyperpy.check.site_checks import _checked, check_loaded
from hyperpy.dev.background_check import BackgroundCheck
from hyperpy.dev.browser import Following, Update
from hyperpy.dev.own_requests import UnloggedOwn
from hyperpy.dev.page_warnings import ENDS_WITH_UPDATE, RUN_WARNING, WarningLayer
from hyperpy.dev.problems import Editor, ProblemLayer
from hyperpy.dev.terminal import Printed, PrintedWarnings
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


async def test_a_module_that_is_being_imported_is_not_checked(site: Site, monkeypatch: pytest.MonkeyPatch):
    """In `hyper dev`, a check may run while changed files are loaded. Its findings must not last."""
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(builtins, "wait_in_import", lambda: (begun.set(), go_on.wait(60)), raising=False)
    shown = "from hyperpy import render\nfrom routes._parts import parts\nif {}: render(fragments='list')\nt'{parts()}'"
    parts = "wait_in_import()\nfrom hyperpy import fragment\ndef parts(): return t'<p {fragment}=list></p>'"
    files = {"_parts.py": parts, "shown.py": shown}
    go_on.set()
    app = Hyper(write_files(site.folder / "other" / "routes", files), debug=True)
    assert check_loaded(app) == []
    (site.folder / "other/routes/_parts.py").write_text(f"{parts}\n# changed\n")
    begun.clear()
    go_on.clear()
    loading = asyncio.create_task(reload_routes(app, [site.folder / "other/routes/_parts.py"]))
    try:
        await until(begun.is_set)
        check_loaded(app)
    finally:
        go_on.set()
    assert await loading
    assert check_loaded(app) == []


async def test_nothing_is_checked_while_other_code_is_loaded():
    """Neither does a check begin then nor is one shown that was running."""
    shown: list[str] = []
    ran: list[int] = []

    def check() -> list[LoadWarning]:
        ran.append(1)
        if len(ran) == 2:
            loop.call_soon_threadsafe(background.hold)
            time.sleep(0.05)
        return [LoadWarning(f"check {len(ran)}", Place("x.py"), "")]

    loop = asyncio.get_running_loop()
    background = BackgroundCheck(check, lambda found: shown.extend(each.what for each in found), delay=0)
    for number in (1, 2, 3):
        background.start()
        background.hold()
        assert background._timer is None
        background.start()
        await until(lambda number=number: len(ran) == number and not background._is_running)
    assert shown == ["check 1", "check 3"]


async def test_a_check_in_the_background_is_for_the_last_code(caplog: pytest.LogCaptureFixture):
    """Neither what an earlier one finds is shown nor how it fails."""
    answers: list[list[str] | None] = [["a"], ["b"], None, None, []]
    shown: list[list[str]] = []
    ran: list[int] = []
    restarts = {2: True, 3: True}

    def check() -> list[LoadWarning]:
        ran.append(1)
        if restarts.pop(len(ran), False):  # other code comes while it runs
            loop.call_soon_threadsafe(background.start)
            time.sleep(0.05)
        if (answer := answers[len(ran) - 1]) is None:
            raise LookupError(f"check {len(ran)}")
        return [LoadWarning(what, Place("x.py"), "") for what in answer]

    loop = asyncio.get_running_loop()
    background = BackgroundCheck(check, lambda found: shown.append([each.what for each in found]), delay=0)
    for number in (1, 4, 5):
        background.start()
        background.start()
        await until(lambda number=number: len(ran) == number and not background._is_running)
    assert shown == [["a"], []]
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["check 4"]


def test_each_warning_is_printed_once_and_when_it_is_gone(capsys: pytest.CaptureFixture[str]):
    kept: list[Printed] = [()]
    steps = [
        (True, "a1 b2", "c1", "a1 b2 c1"),
        (True, "a3 a4 b2", "c1", "a4"),  # one has moved, and one is new
        (False, "b2", "", ""),  # its file can't be loaded
        (True, "a3 b2", "", "-a 3 left -c 2 left"),
        (True, "", "", "-a -b no left"),
        (True, "a1", "", "a1"),
    ]
    found = []
    for is_whole, loaded, checked, _ in steps:
        printed = PrintedWarnings(kept[-1], kept.append)  # of a process that has restarted
        texts = (loaded.split(), checked.split())
        warnings = [[LoadWarning(what, Place("x.py", int(line)), "") for what, line in each] for each in texts]
        printed.loaded(warnings[0], is_whole=is_whole)
        printed.checked(warnings[1])
        text = re.sub(r"\nx.py:(.)  warning: (.)\n", r"\2\1 ", capsys.readouterr().err)
        text = re.sub(r"gone: x.py  (.)\n", r"-\1 ", text)
        found.append(re.sub(r" warnings?", "", text).replace("\n", " ").strip())
    assert found == [text for *_, text in steps]
    assert len(kept) == 8  # and not when nothing has changed


async def test_our_own_requests_get_no_line_in_the_log():
    scopes: list[dict[str, object]] = []

    async def app(scope, receive, send):
        scopes.append(scope)

    paths = ("/", "/_hyper", "/_hyper/dev/dev.js", "/_hyper/stream.js", "/_hyper/", "/hyper/x")
    for path in paths:
        await UnloggedOwn(app)({"type": "http", "path": path}, None, None)
    assert [scope["path"] for scope in scopes if UNLOGGED not in scope] == ["/", "/_hyper", "/hyper/x"]
