"""The live parts of open pages come back by themselves under `hyper dev` once what is broken has been fixed."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import libraries
from tests.browser.libraries import Sources
from tests.support.servers import Command
from tests.support.sites import write_files

HTMX_2 = "<script src=/static/htmx.min.js></script><script src=/static/sse.min.js></script>"
HTMX_4 = "<script src=/static/htmx4.js></script><script src=/static/hx-sse.js></script>"
OWN = """<p id=out></p><script type=module>
import {{ createStream }} from '/_hyper/stream.js';
createStream('/live/own', {{ reconnect: true }}).progress((data) => out.textContent = data).start();
</script>"""
NATIVE = """<p id=out></p><script type=module>
new EventSource('/live/native').onmessage = ({{ data }}) => out.textContent = data;
</script>"""
# Each client: the body of its page, and the item that its stream yields.
CLIENTS = {
    "native": (NATIVE, "t'{VALUE}'"),
    "own": (OWN, "t'{VALUE}'"),
    "htmx2": (f"{HTMX_2}<p id=out hx-ext=sse sse-connect=/live/htmx2 sse-swap=message></p>", "t'{VALUE}'"),
    "htmx4": (f"{HTMX_4}<p id=out hx-sse:connect=/live/htmx4></p>", "t'{VALUE}'"),
    "datastar": (
        """<script type=module src=/static/datastar.js></script>
        <p id=out></p><div data-init="@get('/live/datastar')"></div>""",
        "('datastar-patch-elements', t'elements <p id=out>{VALUE}</p>')",
    ),
}
BASE, HELPER = "BASE = 1\n", "HELPED = 1\n"
GUARD = "from hyperpy import request\nstr(request.url)\n"
STREAM = """
import asyncio

from routes._base import BASE
from helper import HELPED
VALUE = {value!r}
{before}
async def stream():
    {first}
    yield {item}
    {later}
    await asyncio.Event().wait()
"""
BREAKS = {
    "load": {"before": "nothing_there"},
    "syntax": {"before": "x = ("},
    "first": {"first": "1 / 0"},
    "later": {"later": "1 / 0"},
}


def stream(client: str, value: str, broken: str = "") -> str:
    places = {"before": "", "first": "", "later": ""} | BREAKS.get(broken, {})
    return STREAM.format(value=value, item=CLIENTS[client][1], **places)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scripts: Path, sources: Sources) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    pages = {
        f"routes/{name}.py": f"t'''<!doctype html><html lang=en><head><title>{name}</title></head><body>{body}'''"
        for name, (body, _) in CLIENTS.items()
    }
    streams = {f"routes/live/{name}.py": stream(name, "0") for name in CLIENTS}
    shared = {"routes/_base.py": BASE, "helper.py": HELPER, "routes/live/_guard.py": GUARD}
    library = {
        "static/htmx4.js": sources[libraries.HTMX_4]["dist/htmx.js"],
        "static/hx-sse.js": sources[libraries.HTMX_4]["dist/ext/hx-sse.js"],
        "static/datastar.js": sources[libraries.DATASTAR]["starhtml/static/js/datastar-core.js"],
    }
    write_files(folder, pages | streams | shared | library)
    for script in ("htmx.min.js", "sse.min.js"):
        shutil.copy(scripts / script, folder / "static")
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with Command("dev", "--port", "0", folder=folder) as command:
        yield f"http://127.0.0.1:{command.port()}"


def test_a_stream_is_live_again_once_its_code_is_fixed(page: Page, site: str, folder: Path):
    wrong = []
    value = 0
    for client in CLIENTS:
        file = folder / f"routes/live/{client}.py"
        for broken in BREAKS:
            value += 1
            file.write_text(stream(client, "broken", broken))
            if broken == "load":  # the page has never seen its stream
                page.goto(f"{site}/{client}")
                page.evaluate("window.same = true")
            expect(page.locator("dialog")).to_have_count(1)
            file.write_text(stream(client, str(value)))
            expect(page.locator("#out")).to_have_text(str(value))
            expect(page.locator("dialog")).to_have_count(0)
        if not page.evaluate("window.same"):
            wrong.append(client)
    assert not wrong


def test_it_is_live_again_whatever_was_broken(page: Page, site: str, folder: Path):
    live = folder / "routes/live"
    guard, base, helper = live / "_guard.py", folder / "routes/_base.py", folder / "helper.py"
    breaks = [
        ("native", base, BASE, "BASE = ("),
        ("native", guard, GUARD, "1 / 0"),
        ("native", guard, GUARD, "nothing_there"),
        ("datastar", helper, HELPER, "HELPED = ("),  # these restart the process
        ("native", helper, HELPER, "HELPED = 1 / 0"),
    ]
    for number, (client, file, good, bad) in enumerate(breaks):
        if page.url != f"{site}/{client}":
            page.goto(f"{site}/{client}")
        file.write_text(bad)
        expect(page.locator("dialog")).to_have_count(1)
        (live / f"{client}.py").write_text(stream(client, f"after {number}"))
        file.write_text(good)
        expect(page.locator("#out")).to_have_text(f"after {number}")
        expect(page.locator("dialog")).to_have_count(0)
    for number in range(2):
        with page.expect_request("**/live/native"):  # the client asks for what has gone
            (live / "native.py").unlink()
        (live / "native.py").write_text(stream("native", f"back {number}"))
        expect(page.locator("#out")).to_have_text(f"back {number}")


def test_an_element_with_a_stream_is_not_taken_for_another(page: Page, site: str, folder: Path):
    file = folder / "routes/htmx2.py"
    before = file.read_text()
    page.goto(f"{site}/htmx2")
    expect(page.locator("#out")).to_have_text(re.compile(r"\w"))
    file.write_text(before.replace("<p id=out", "<p class=promo>Sale!</p><p id=out"))
    expect(page.locator(".promo")).to_have_text("Sale!")
    expect(page.locator("#out")).to_have_text(re.compile(r"\w"))
    (folder / "routes/live/native.py").write_text(stream("native", "another"))
    file.write_text(before.replace("/live/htmx2", "/live/native"))
    expect(page.locator("#out")).to_have_text("another")
    (folder / "routes/live/htmx2.py").write_text(stream("htmx2", "former"))  # nobody shows it any more
    (folder / "routes/live/native.py").write_text(stream("native", "latest"))
    expect(page.locator("#out")).to_have_text("latest")
    file.write_text(before)
