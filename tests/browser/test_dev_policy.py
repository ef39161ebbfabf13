"""The pages of `hyper dev` under a strict Content-Security-Policy: its script shows all it has, and breaks no rule."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.servers import Command
from tests.support.sites import write_files

PAGE = """
import time
from hyperpy import render

async def load():
    time.sleep(0)
    {failure}

t'<!doctype html><html lang="en"><head><title>A</title><link rel="icon" href="/static/icon.svg"></head><h1>{name}</h1>'
"""
STREAM = """
async def stream():
    yield "a"
    raise LookupError("no boat")
"""
LOOK = """(name) => {
    const root = document.querySelector(name).shadowRoot;
    const found = root.querySelector("main.problem h1, main.problem h2, main.problem h3, main.problem li");
    return found && getComputedStyle(found.closest("main")).maxWidth;
}"""


@pytest.mark.parametrize("policy", ["default-src 'self'", "default-src 'none'"])
def test_no_style_breaks_a_strict_policy(policy: str, page: Page, page_errors: list[str], tmp_path: Path) -> None:
    index = tmp_path / "routes/index.py"
    first = PAGE.replace("{name}", "First").replace("{failure}", "pass")
    write_files(
        tmp_path,
        {
            "routes/index.py": first,
            "routes/feed.py": STREAM,
            "static/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "pyproject.toml": f'[tool.hyper]\ncsp = "{policy}"\n',
        },
    )
    with Command("dev", "--port", "0", folder=tmp_path) as dev:
        page.goto(f"http://127.0.0.1:{dev.port()}/")
        badge = page.locator("hyper-warnings button")
        expect(badge).to_have_text("1 warning")
        badge.click()
        expect(page.locator("hyper-warnings [popover]")).to_contain_text("holds up every other request")
        assert page.evaluate(LOOK, "hyper-warnings") == "1024px"
        index.write_text(first.replace("pass", "1 / 0"))
        expect(page.locator("hyper-overlay dialog")).to_contain_text("division by zero")
        assert page.evaluate(LOOK, "hyper-overlay") == "1024px"
        index.write_text(first.replace("First", "Second"))
        expect(page.locator("body > h1")).to_have_text("Second")
        page.evaluate("() => { new EventSource('/feed') }")
        expect(page.locator("hyper-overlay dialog")).to_contain_text("no boat")
        page.goto("about:blank")
    assert [error for error in page_errors if "Security Policy" in error and "icon.svg" not in error] == []
