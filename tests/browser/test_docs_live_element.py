"""The live lists of the documentation, made of its code blocks: two visitors, a restart, and a log-out."""

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import REPOSITORY, serve
from tests.browser.documented import build
from tests.docs_support.markdown import Document
from tests.docs_support.walk import file_name
from tests.support.servers import free_port

DOCUMENT = REPOSITORY / "docs" / "browser-client.md"
TEXT = DOCUMENT.read_text()
BLOCKS = list(Document(DOCUMENT, TEXT[TEXT.index("\n## A live element") : TEXT.index("\n## What arrives")]).blocks())
SCRIPT = "static/shopping.js"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for block in BLOCKS:
        if block.language == "console":
            continue
        file = tmp_path / (file_name(block) or SCRIPT)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as opened:
            opened.write(f"{block.text}\n")
    return tmp_path


def log_in(browser: Browser, url: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{url}/shopping")
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button").click()
    page.wait_for_url("**/shopping")
    page.evaluate("window.isTheSame = true")
    return page


def test_a_list_follows_every_change_until_the_session_ends(browser: Browser, folder: Path) -> None:
    port = str(free_port())
    with serve(folder, "--port", port) as url:
        ada, bob = log_in(browser, url), log_in(browser, url)
        ada.get_by_role("button", name="Got it").focus()
        bob.get_by_label("Item").fill("Salt")
        bob.get_by_role("button", name="Add").click()
        expect(ada.locator("#items")).to_contain_text("Salt")
        expect(ada.locator("#remove-1")).to_be_focused()
        expect(bob.get_by_label("Item")).to_have_value("")
        expect(bob.get_by_label("Item")).to_be_focused()

        posts: list[Route] = []
        held = lambda route: posts.append(route) if route.request.method == "POST" else route.fallback()  # noqa: E731
        bob.route("**/shopping", held)
        field = bob.get_by_label("Item")
        field.fill("Pepper")
        for key in ("Enter", "Enter", "x"):
            bob.keyboard.press(key)
        posts.pop().continue_()
        expect(ada.locator("#items")).to_contain_text("Pepper")
        expect(field).to_have_value("")
        expect(field).to_be_focused()
        assert not posts
        bob.unroute("**/shopping")

        field.evaluate("field => field.removeAttribute('maxlength')")
        field.fill("A name that is too long")
        field.press("Enter")
        expect(bob.locator("#add")).to_contain_text("Enter at most 20 characters.")
        expect(field).to_have_value("A name that is too long")

        ada.locator("#remove-1").press("Enter")
        expect(bob.locator("#items")).not_to_contain_text("Milk")
        expect(ada.locator("#items")).to_be_focused()
        assert all(page.evaluate("window.isTheSame") for page in (ada, bob))
    for page in (ada, bob):
        expect(page.locator("#connection")).to_contain_text("Reconnecting")
    ada.get_by_label("Item").fill("Tea")
    ada.get_by_role("button", name="Add").click()
    expect(ada.locator("#unsaved")).to_contain_text("Check the list")
    with serve(folder, "--port", port):
        expect(ada.locator("#items")).to_contain_text("Milk")
        for page in (ada, bob):
            expect(page.locator("#connection")).to_be_empty()
        bob.context.clear_cookies()
        bob.get_by_label("Item").fill("Tea")
        bob.get_by_role("button", name="Add").click()
        bob.wait_for_url("**/log-in")
    ada.context.clear_cookies()
    with serve(folder, "--port", port):
        ada.wait_for_url("**/log-in")


def answer_with(file: Path, route: Route) -> None:
    route.fulfill(path=file)


def test_a_list_with_htmx_follows_every_change(browser: Browser, scripts: Path, tmp_path: Path) -> None:
    with serve(build("how-to/htmx-patterns.md", tmp_path)) as url:
        ada, bob = browser.new_context().new_page(), browser.new_context().new_page()
        for page in (ada, bob):
            for name, file in (("htmx.org", "htmx.min.js"), ("htmx-ext-sse", "sse.min.js")):
                page.route(f"https://unpkg.com/{name}@2", partial(answer_with, scripts / file))
            with page.expect_event("response", lambda response: "event-stream" in response.headers["content-type"]):
                page.goto(f"{url}/wishes")
        field = bob.get_by_label("Wish")
        field.fill("<b>Skates</b>")
        field.press("Enter")
        for page in (ada, bob):
            expect(page.locator("#wishes li")).to_have_text(["A bell", "<b>Skates</b>"])
        expect(field).to_have_value("")
        expect(field).to_be_focused()
