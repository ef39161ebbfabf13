"""Suspended content in a browser, with scripts and without."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import serve

# A gate opens when the test creates its file.
GATES = """
import asyncio
from pathlib import Path

FOLDER = Path(__file__).parent.parent


async def late(name):
    while not (FOLDER / name).exists():
        await asyncio.sleep(0.01)
    if name.startswith("bad"):
        raise ValueError(name)
    return t"<b id={name}>{name}</b>"


async def row(name):
    return t"<tr><td>{await late(name)}</td></tr>"
"""

HEAD = """
from hyperpy import Request
from hyperpy.components import Suspense
from routes._gates import late, row
"""

PAGE = '''
t"""
<!doctype html>
<html lang="en">
<meta charset="utf-8"><title>Late</title><link rel="icon" href="data:,">
<body>
<h1>Late</h1>
<p id="first">1 <{Suspense} fallback={t"<i>wait a</i>"}>{late("a")}</{Suspense}> 2</p>
<p id="second"><{Suspense} fallback="wait b">{late("b")}</{Suspense}></p>
<p id="third"><{Suspense} fallback={t"<i>wait bad1</i>"}>{late("bad1")}</{Suspense}></p>
<p id="fourth"><{Suspense} fallback={t"<i>wait bad2</i>"} error={t"<em>Sorry</em>"}>{late("bad2")}</{Suspense}></p>
<table><tbody id="rows"><{Suspense} fallback={t"<tr><td>wait r</td></tr>"}>{row("r")}</{Suspense}></tbody></table>
<div id="outer"><{Suspense} fallback={t"<i>wait o</i>"}>
  {late("o")} <{Suspense} fallback={t"<i>wait i</i>"}>{late("i")}</{Suspense}>
</{Suspense}></div>
</body>
</html>
"""
'''

POLICY = """
from hyperpy import Response
request: Request
response: Response
request.state.csp_nonce = "abc123"
response.headers["Content-Security-Policy"] = "default-src 'none'; script-src 'nonce-abc123'; style-src 'nonce-abc123'"
"""

GATE_NAMES = ("a", "b", "bad1", "bad2", "r", "o", "i")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    routes = tmp_path / "routes"
    routes.mkdir()
    (routes / "_gates.py").write_text(GATES)
    (routes / "index.py").write_text(HEAD + PAGE)
    (routes / "policy.py").write_text(HEAD + POLICY + PAGE.replace('<link rel="icon" href="data:,">', ""))
    return tmp_path


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    with serve(folder) as url:
        yield url


def open_gates(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


def test_content_moves_into_its_place(page: Page, folder: Path, url: str, page_errors: list[str]) -> None:
    page.goto(url, wait_until="commit")
    expect(page.locator("#first")).to_have_text("1 wait a 2")
    expect(page.locator("#outer i")).to_have_text("wait o")
    page.evaluate("window.same = true")
    open_gates(folder, "b")
    expect(page.locator("#second > #b")).to_have_text("b")
    assert page.locator("#first").inner_text() == "1 wait a 2"
    open_gates(folder, "a", "r")
    expect(page.locator("#first")).to_have_text("1 a 2")
    expect(page.locator("tbody#rows > tr > td > #r")).to_have_text("r")
    assert page.locator("#rows tr").count() == 1
    open_gates(folder, "bad1", "bad2")
    expect(page.locator("#fourth")).to_have_text("Sorry")
    expect(page.locator("#third [data-error] + i")).to_have_text("wait bad1")
    open_gates(folder, "o")
    expect(page.locator("#outer > #o")).to_have_text("o")
    expect(page.locator("#outer > i")).to_have_text("wait i")
    open_gates(folder, "i")
    expect(page.locator("#outer > #i")).to_have_text("i")
    page.wait_for_load_state("load")
    assert page.evaluate("window.same")
    assert page.locator("hyper-late, .hyper-late, [id$=-end]:not([data-error] ~ *)").count() == 0
    assert not page_errors


def test_a_policy_with_a_nonce(page: Page, folder: Path, url: str, page_errors: list[str]) -> None:
    page.goto(f"{url}/policy", wait_until="commit")
    expect(page.locator("#second")).to_have_text("wait b")
    open_gates(folder, *GATE_NAMES)
    expect(page.locator("#second > #b")).to_have_text("b")
    expect(page.locator("#outer > #i")).to_have_text("i")
    assert not page_errors


def test_without_scripts_the_content_is_in_the_page(browser: Browser, folder: Path, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url, wait_until="commit")
    expect(page.locator("#first i")).to_be_visible()
    open_gates(folder, *GATE_NAMES)
    for name in ("a", "b", "r", "o", "i"):
        expect(page.locator(f"#{name}")).to_be_visible()
    expect(page.locator("em")).to_be_visible()
    expect(page.locator("#first i")).to_be_hidden()
    expect(page.locator("#third i")).to_be_visible()
    context.close()
