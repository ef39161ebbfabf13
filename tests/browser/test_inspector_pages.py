"""The inspector in a browser, beside the site that it shows."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.clients import fetch
from tests.support.servers import Command
from tests.support.sites import write_files

FILES = {
    "index.py": 't"<!doctype html><title>x</title><h1>Start</h1>"\n',
    "fails.py": "1 / 0\nt'never'\n",
    "live.py": """
        import asyncio

        async def stream():
            yield "tick", {"n": 1}
            await asyncio.sleep(3600)
    """,
}


def test_pages_follow_what_happens(page: Page, page_errors: list[str], tmp_path: Path):
    write_files(tmp_path / "routes", FILES)
    with Command("dev", "--port", "0", folder=tmp_path) as command:
        port = command.port()
        inspector = command.wait_for_output(r"inspector  (http://\S+)")
        page.goto(f"{inspector[1]}requests")
        expect(page.locator("#live")).to_have_text("live")
        expect(page.locator(".empty")).to_be_visible()

        assert fetch(port, "/nowhere")[0] == 404
        expect(page.locator("tbody tr")).to_have_count(1)
        page.locator("tbody a").first.focus()
        page.evaluate("window.row = document.querySelector('tbody tr')")
        assert fetch(port, "/")[0] == 200
        expect(page.locator("tbody tr")).to_have_count(2)
        expect(page.locator("tbody tr").first).to_contain_text("routes/index.py")
        kept = "[document.querySelectorAll('tbody tr')[1] === row, document.activeElement.textContent]"
        assert page.evaluate(kept) == [True, "/nowhere"]

        other = page.context.new_page()
        other.goto(f"http://127.0.0.1:{port}/")
        other.evaluate("window.source = new EventSource('/live')")
        page.get_by_role("link", name="Streams").click()
        expect(page.locator("table").first).to_contain_text("routes/live.py")
        expect(page.get_by_text('{"n":1}')).to_be_visible()
        other.evaluate("source.close()")
        expect(page.get_by_text("the client left")).to_be_visible()

        # New code of the routes is loaded in the running process: the records stay.
        (tmp_path / "routes/new.py").write_text("t'<p>new</p>'")
        page.get_by_role("link", name="Routes", exact=True).click()
        expect(page.get_by_role("link", name="routes/new.py")).to_be_visible()
        page.get_by_role("link", name="Requests", exact=True).click()
        expect(page.get_by_role("link", name="/nowhere")).to_be_visible()
        assert not re.search(r"GET /_hyper/\w*( |\?)", command.output)

        other.goto(f"http://127.0.0.1:{port}/fails")
        other.get_by_role("link", name="Inspector").click()
        expect(other.locator("h1")).to_have_text("Routes")
    assert [error for error in page_errors if "ERR_" not in error] == []
