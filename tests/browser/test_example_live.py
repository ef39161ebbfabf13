"""The parts of the example that change in a browser without a reload."""

import shutil
from pathlib import Path

import pytest
from fetch_browser_scripts import SCRIPTS
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import serve

CLOCK = "#conditions time"
CDN = "https://cdn.jsdelivr.net/"
CHECKED = """[...document.scripts].filter((script) => !script.src.startsWith(location.origin))
  .every((script) => script.integrity && script.crossOrigin === "anonymous")"""

# Holds the last section back until a file exists.
HELD_BACK = """

from pathlib import Path

_income = income


async def income():
    while not Path("go").exists():
        await asyncio.sleep(0.02)
    return await _income()
"""


@pytest.fixture
def held_back(example: Path, tmp_path: Path) -> Path:
    """The example, with a report whose last section waits for the file `go`."""
    folder = shutil.copytree(example, tmp_path / "site")
    with (folder / "routes_example" / "_harbour.py").open("a") as harbour:
        harbour.write(HELD_BACK)
    return folder


def watch_clock(page: Page, times: int) -> None:
    for _ in range(times):
        shown = page.inner_text(CLOCK)
        page.wait_for_function("([css, old]) => document.querySelector(css)?.innerText !== old", arg=[CLOCK, shown])


def test_the_live_fragments_change_without_a_reload(page, site, page_errors):
    page.goto(f"{site}/today")
    page.evaluate("window.marker = document.querySelector('h1')")
    page.get_by_text("How this page is made").click()
    expect(page.locator(".source figcaption")).to_have_text("routes_example/today.py")
    watch_clock(page, 2)
    expect(page.locator(".wire li").first).to_contain_text('data: <section id="conditions"')
    assert page.evaluate("window.marker === document.querySelector('h1') && window.marker.isConnected")
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1
    assert [page.locator(css).count() for css in ("#conditions", "#ferries", "h1", "main")] == [1, 1, 1, 1]
    assert not page_errors


def test_a_section_is_on_screen_before_the_last_is_computed(page, held_back, tmp_path, page_errors):
    with serve(held_back) as url:
        page.goto(f"{url}/report", wait_until="commit")
        first = page.locator("#occupancy td").first
        expect(first).to_be_in_viewport()
        expect(page.locator("#ports")).to_be_visible()
        box = first.bounding_box()
        assert box
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert (
            page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.closest('section')?.id", middle) == "occupancy"
        )
        assert page.locator("#income").count() == 0
        assert page.evaluate("document.readyState") == "loading"
        still = page.evaluate("getComputedStyle(document.querySelector('.report'), '::after').content")
        assert "counting" in still
        (held_back / "go").touch()
        expect(page.locator("#income tr")).to_have_count(14)
        page.wait_for_load_state()
        still = page.evaluate("getComputedStyle(document.querySelector('.report'), '::after').content")
        assert still == "none"
    assert not page_errors


def test_the_list_of_boats_follows_the_search(page, site, page_errors):
    page.goto(f"{site}/boats")
    page.evaluate("window.marker = true")
    page.get_by_label("Name or home port").press_sequentially("berg")
    expect(page.locator(".card b")).to_have_text(["Albatross", "Petrel"])
    page.get_by_label("Pier").select_option("B")
    expect(page.locator(".card b")).to_have_text(["Petrel"])
    page.get_by_label("Name or home port").fill("nobody")
    expect(page.locator("#boats")).to_contain_text("No boat of that name")
    assert page.evaluate("window.marker")
    expect(page).to_have_url(f"{site}/boats?q=nobody&pier=B")
    assert not page_errors


def test_going_back_shows_each_search_again(page, site, page_errors):
    """The field as well as the list, within the page and from another one."""
    page.goto(f"{site}/boats")
    search, names = page.get_by_label("Name or home port"), page.locator(".card b")
    searches = {"": 13, "brest": 2, "fulmar": 1}
    for wanted, count in searches.items():
        search.fill(wanted)
        expect(names).to_have_count(count)
    page.locator(".card a").click()
    expect(page.locator("h1")).to_have_text("Fulmar")
    for wanted, count in reversed(searches.items()):
        page.go_back()
        expect(page.locator("h1")).to_have_text("Boats")
        expect(names).to_have_count(count)
        expect(search).to_have_value(wanted)
    assert not page_errors


def test_without_fetched_scripts_a_cdn_serves_them(page, example, scripts, tmp_path, page_errors):
    """The browser checks the scripts against the hashes in the page."""
    folder = shutil.copytree(example, tmp_path / "site", ignore=shutil.ignore_patterns("vendor"))
    requests = answer_for_cdn(page.context, scripts)
    with serve(folder) as url:
        page.goto(f"{url}/today")
        watch_clock(page, 1)
    expected = {f"{CDN}npm/{script.package}@{script.version}/{script.path}" for script in SCRIPTS}
    assert set(requests) == expected
    assert page.evaluate(CHECKED)


def test_a_changed_script_is_blocked(page, example, scripts, tmp_path):
    changed = shutil.copytree(scripts, tmp_path / "changed")
    for path in changed.iterdir():
        path.write_text(path.read_text() + "// and more")
    folder = shutil.copytree(example, tmp_path / "site", ignore=shutil.ignore_patterns("vendor"))
    answer_for_cdn(page.context, changed)
    with serve(folder) as url:
        page.goto(f"{url}/today")
        assert page.evaluate("typeof htmx") == "undefined"
        assert page.inner_text(CLOCK)


def answer_for_cdn(context: BrowserContext, scripts: Path) -> list[str]:
    """Respond instead of the CDN. Returns the list of requested URLs."""
    requests: list[str] = []

    def answer(route: Route) -> None:
        requests.append(route.request.url)
        body = (scripts / route.request.url.rpartition("/")[2]).read_bytes()
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
        route.fulfill(body=body, headers=headers)

    context.route(f"{CDN}**", answer)
    return requests


@pytest.fixture
def plain_page(browser: Browser):
    """A page in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_everything_works_without_javascript(plain_page, site):
    plain_page.goto(site)
    plain_page.get_by_role("link", name="Enter the harbour").click()
    expect(plain_page.locator(CLOCK)).to_be_visible()
    plain_page.get_by_text("How this page is made").click()
    expect(plain_page.locator(".source")).to_contain_text("async def stream()")
    plain_page.get_by_role("link", name="Forecast").click()
    for text in ("Open sea", "Ferries run"):
        expect(plain_page.get_by_text(text).filter(visible=True)).to_have_count(1)
    plain_page.get_by_role("link", name="Boats").click()
    plain_page.get_by_label("Name or home port").fill("fulmar")
    plain_page.get_by_role("button", name="Search").click()
    expect(plain_page.get_by_label("Name or home port")).to_have_value("fulmar")
    plain_page.locator(".card a").click()
    expect(plain_page.locator("h1")).to_have_text("Fulmar")
    plain_page.get_by_role("link", name="Logbook").click()
    plain_page.get_by_label("Your name").fill("Rasmus")
    plain_page.get_by_label("What the sea was like").fill("<b>Calm</b>")
    plain_page.get_by_role("button", name="Sign").click()
    expect(plain_page).to_have_url(f"{site}/logbook")
    expect(plain_page.locator("blockquote").first).to_have_text("<b>Calm</b>")
    plain_page.reload()
    expect(plain_page.get_by_text("Rasmus")).to_have_count(1)
