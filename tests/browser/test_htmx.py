"""How the real htmx 2 and 4 treat hyperpy's responses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import libraries
from tests.browser.conftest import serve
from tests.browser.libraries import HTMX_2, HTMX_4
from tests.conftest import RequireProgram
from tests.docs_support.shell import REPOSITORY
from tests.support.sites import write_files

# The element that the documentation gives.
CONFIG = re.search(r"<meta name=\"htmx-config\".*?'>", (REPOSITORY / "docs" / "htmx.md").read_text(), re.DOTALL)

FILES = {
    "_base.py": """
        def Layout(children, version):
            return t'''<!doctype html><title>htmx</title>
        CONFIG
        <script src="/static/htmx{version}.js"></script>{children}'''
        """,
    "{version}/index.py": """
        from hyperpy import Query, flashes, fragment, htmx, render
        from routes._base import Layout

        version: int
        q: str = Query("")

        if htmx.fragment:
            render(fragments=htmx.fragment)

        t'''
        <{Layout} {version}>
        <h1>Home</h1>
        <p id="flashes">{[f.text for f in flashes()]}</p>
        <p id="rows" {fragment}>rows {q}</p>
        <button id="search" hx-get="/{version}?q=x" hx-target="#rows" hx-swap="outerHTML"
          hx-push-url="true">a</button>
        <button id="other" hx-get="/{version}?q=y" hx-target="h1">other</button>
        <button id="go" hx-post="/{version}/deep/go">go</button>
        <button id="down" hx-post="/{version}/deep/down">down</button>
        <button id="send" hx-post="/{version}/deep/send" hx-target="#rows">send</button>
        <button id="move" hx-post="/{version}/deep/move" hx-target="#rows">move</button>
        <button id="bad" hx-post="/{version}/deep/bad" hx-target="#rows">bad</button>
        <form id="boosted" hx-boost="true" method="post" action="/{version}/deep/go"><button>boosted</button></form>
        <a id="away" href="/{version}/away">away</a>
        </{Layout}>
        '''
        """,
    "{version}/away.py": """
        from hyperpy import flashes
        from routes._base import Layout
        version: int
        t'<{Layout} {version}><h1>Away</h1><p id="flashes">{[f.text for f in flashes()]}</p></{Layout}>'
        """,
    "{version}/deep/go.py": """
        from hyperpy import POST, flash, redirect
        if POST:
            flash("Saved.")
            redirect("../away")
        """,
    "{version}/deep/down.py": """
        from hyperpy import POST, flash, redirect
        version: int
        if POST:
            flash("Loaded again.")
            redirect(f"/{version}#rows")
        """,
    "{version}/deep/send.py": """
        from hyperpy import POST, htmx
        version: int
        if POST:
            htmx.trigger_event("first", {"text": "é'<b>😀"})
            htmx.trigger_event("second", after="swap")
            htmx.retarget("h1")
            htmx.reswap("innerHTML")
            htmx.reselect("#part")
            htmx.push_url(f"/{version}?pushed=é")
            t"<p>not this</p><b id='part'>{htmx.version} {htmx.target} {htmx.trigger}</b>"
        """,
    "{version}/deep/move.py": """
        from hyperpy import POST, htmx
        version: int
        if POST:
            htmx.location(f"/{version}/away", target="#rows", swap="innerHTML", select="h1")
            t""
        """,
    "{version}/deep/bad.py": """
        from hyperpy import POST, response
        if POST:
            response.status_code = 422
            t'refused'
        """,
}


@pytest.fixture(scope="module")
def site(
    require_program: RequireProgram, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    assert pytestconfig.cache is not None
    assert CONFIG is not None
    sources = libraries.fetch(require_program("npm"), Path(pytestconfig.cache.mkdir("browser-libraries")))
    folder = tmp_path_factory.mktemp("htmx")
    config = " ".join(CONFIG[0].split())
    write_files(folder / "routes", {name: text.replace("CONFIG", config) for name, text in FILES.items()})
    static = {f"htmx{version}.js": sources[package]["dist/htmx.js"] for version, package in ((2, HTMX_2), (4, HTMX_4))}
    write_files(folder / "static", static)
    with serve(folder, HYPER_SECRET_KEY="a key for these tests only") as url:
        yield url


@pytest.mark.parametrize("version", [2, 4])
def test_htmx_does_what_it_is_told(page: Page, site: str, version: int) -> None:
    home = f"{site}/{version}"
    rows, heading, flashes = page.locator("#rows"), page.locator("h1"), page.locator("#flashes")
    page.goto(home)

    page.click("#search")
    expect(page).to_have_url(f"{home}?q=x")
    expect(rows).to_have_text("rows x")
    page.click("#away")
    expect(heading).to_have_text("Away")
    page.go_back()
    expect(heading).to_have_text("Home")  # not bare rows
    expect(rows).to_have_text("rows x")

    page.goto(home)
    page.click("#other")  # no fragment has this name
    expect(page.locator("h1 #rows")).to_have_text("rows y")

    for button in ("#go", "#boosted button"):
        page.goto(home)
        page.click(button)
        expect(page).to_have_url(f"{home}/away")
        expect(heading).to_have_text("Away")
        expect(flashes).to_have_text("Saved.")

    page.goto(home)
    page.click("#down")  # to a place in this page
    expect(flashes).to_have_text("Loaded again.")

    page.goto(home)
    page.click("#bad")
    expect(rows).to_have_text("refused")

    page.goto(home)
    page.click("#move")
    expect(page).to_have_url(f"{home}/away")
    expect(rows).to_have_text("Away")

    page.goto(home)
    page.evaluate(
        "for (const name of ['first', 'second']) document.addEventListener(name, event => "
        "document.title += ' ' + name + (event.detail.text ?? ''))"
    )
    page.click("#send")
    expect(heading).to_have_text(f"{version} rows send")
    expect(page).to_have_url(f"{home}?pushed=%C3%A9")
    expect(page).to_have_title("htmx firsté'<b>😀 second")
