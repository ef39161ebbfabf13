"""The site in docs/site as `make docs` builds it: each document and code block is there, and it works for everybody."""

import json
import mimetypes
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from selectolax.lexbor import LexborHTMLParser

from hyperpy.cli.commands import main
from hyperpy.pages import temporary_imports
from tests.browser.libraries import AXE, Sources
from tests.docs_support.markdown import Document

DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENTS = {
    str(file.relative_to(DOCS).with_suffix("")): file
    for folder in ("", "how-to", "reference", "explanation")
    for file in (DOCS / folder).glob("*.md")
}
ADDRESS = "https://docs.test"
PAGES = ("", "tutorial", "templates", "performance", "channels", "reference/datastar", "404.html")
VIOLATIONS = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site."""
    out = tmp_path_factory.mktemp("docs") / "dist"
    with pytest.MonkeyPatch.context() as patch, temporary_imports(DOCS / "site" / "routes"):
        patch.chdir(DOCS / "site")
        patch.setenv("DOCS_STATIC", "1")
        # In a thread: the browser's event loop may be running in this one.
        with ThreadPoolExecutor(1) as thread:
            result = thread.submit(CliRunner().invoke, main, ["build", "--out", str(out)]).result()
    assert result.exit_code == 0, result.output
    assert "warning" not in result.output
    return out


def file_of(built: Path, path: str) -> Path:
    found = built / path.strip("/")
    return found / "index.html" if found.is_dir() else found


def test_every_document_and_code_block_is_in_the_site(built: Path) -> None:
    pages = {name: "" if name == "index" else name for name in DOCUMENTS}
    for name, path in pages.items():
        document = Document.read(DOCUMENTS[name])
        page = LexborHTMLParser(file_of(built, path).read_text())
        blocks = [node.text().removesuffix("\n") for node in page.css("article > .code code")]
        assert {block.text for block in document.blocks()} - set(blocks) == set(), name
        assert "<!--" not in "".join(node.text() for node in page.css("article > p")), name
        assert document.anchors() <= {node.id for node in page.css("[id]")}, name
        assert page.css_first(f'.menu a[href="/{path}"]') is not None, f"{name} is not in the menu"


def test_the_search_index_leads_to_sections(built: Path) -> None:
    index = {page["page"]: page for page in json.loads((built / "search.json").read_text())}
    assert index["Templates"]["url"] == "/templates"
    titles = {title: text for _, title, text in index["Templates"]["sections"]}
    assert "mapping into attributes" in titles["Spreading a mapping"]


def test_template_literals_are_coloured_as_html(built: Path) -> None:
    page = LexborHTMLParser(file_of(built, "templates").read_text())
    assert '<span class="nt">h1</span>' in (page.css_first("article .code") or page).html


def test_words_and_flags_stay_whole(built: Path) -> None:
    page = LexborHTMLParser(file_of(built, "building").read_text())
    assert '<code class="whole">--elsewhere</code>' in (page.css_first("article") or page).html
    signatures = LexborHTMLParser(file_of(built, "reference/channels").read_text())
    assert '<span class="whole">-&gt;</span>' in (signatures.css_first("article") or signatures).html


def violations(page: Page, sources: Sources) -> object:
    page.evaluate(sources[AXE]["axe.min.js"])
    return page.evaluate(VIOLATIONS)


def serve(context: BrowserContext, built: Path) -> list[str]:
    """Answer a context's requests with the built files. Returns what will go wrong: errors in pages, missing files."""
    policy = tomllib.loads((DOCS / "site" / "pyproject.toml").read_text())["tool"]["hyper"]["csp"]
    wrong: list[str] = []

    def answer(route: Route) -> None:
        file = file_of(built, urlsplit(route.request.url).path)
        if not file.is_file():
            wrong.append(f"no file for {route.request.url}")
            route.abort()
            return
        kind = mimetypes.guess_type(file.name)[0] or "text/plain"
        route.fulfill(path=file, headers={"Content-Type": kind, "Content-Security-Policy": policy})

    context.route("**/*", answer)
    context.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    return wrong


@pytest.mark.parametrize(("scheme", "width", "height"), [("light", 1280, 900), ("dark", 390, 844)])
def test_pages_fit_everybody(
    browser: Browser, built: Path, sources: Sources, scheme: str, width: int, height: int
) -> None:
    """Nothing is wider than the window, axe finds nothing, and there are no errors."""
    look = {"color_scheme": scheme, "reduced_motion": "reduce", "viewport": {"width": width, "height": height}}
    context = browser.new_context(**look)
    wrong = serve(context, built)
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{ADDRESS}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert wrong == [], path
        assert violations(page, sources) == [], path
        wrong.clear()  # axe sets styles, which the policy forbids
    context.close()


def test_messages_wrap_on_a_phone(browser: Browser, built: Path) -> None:
    """Source code and tables scroll instead."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    serve(context, built)
    page = context.new_page()
    page.goto(f"{ADDRESS}/load-errors")
    message = page.locator(".line", has_text="a template can't be inside `for`")
    assert message.evaluate("line => line.scrollWidth <= line.closest('pre').clientWidth")
    assert message.evaluate("line => line.clientHeight > 30")  # two lines or more
    assert page.locator(".line", has_text="> 5 | ").count() == 0
    context.close()


def test_search_and_colours_work_from_the_keyboard(context: BrowserContext, built: Path, sources: Sources) -> None:
    wrong = serve(context, built)
    page = context.new_page()
    page.goto(ADDRESS)
    page.keyboard.press("/")
    page.keyboard.type("spreading mapping")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Spreading a mapping")
    assert wrong == []
    assert violations(page, sources) == []
    wrong.clear()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{ADDRESS}/templates#spreading-a-mapping")
    page.wait_for_load_state("load")  # modules have run
    page.keyboard.press("/")
    page.keyboard.type("fragment")
    expect(options).to_have_count(12)
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.get_by_role("button", name="Dark colours").press("Enter")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()
    assert wrong == []


def test_the_menu_of_a_phone_opens_and_code_is_copied(browser: Browser, built: Path) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, permissions=["clipboard-read", "clipboard-write"]
    )
    wrong = serve(context, built)
    page: Page = context.new_page()
    page.goto(f"{ADDRESS}/templates")
    page.get_by_role("button", name="Copy this code").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.match("from hyperpy import html\n", copied)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Documentation").get_by_role("link", name="Fragments").click()
    expect(page).to_have_url(f"{ADDRESS}/fragments")
    context.close()
    assert wrong == []
