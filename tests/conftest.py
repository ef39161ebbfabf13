"""What tests anywhere may need: programs of the machine, and a real browser."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.programs import find_program, how_to_get

PATIENCE = 30_000  # milliseconds until a test gives up on something that a page should long have shown

type Needs = Callable[[str], str]

# A browser that may run as root in a container, and asks nobody but the test's own server.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def needs() -> Needs:
    """Finds a program. Without it the test is skipped on a laptop, and fails where CI=true."""

    def find(program: str) -> str:
        if path := find_program(program):
            return path
        told = how_to_get(program)
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)

    return find


# Playwright keeps an event loop running in this thread: it must have ended before the async tests of other modules.
@pytest.fixture(scope="module")
def browser(needs: Needs) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        launched = playwright.chromium.launch(executable_path=needs("chromium"), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without cookies, cache or open pages."""
    opened = browser.new_context(viewport={"width": 1200, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the page has had to complain about: errors in its console, of its scripts, and of its requests."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("requestfailed", lambda request: told.append(f"{request.url}: {request.failure}"))
    return told
