"""Every script in README.md and docs/, and the HTML for browsers, in a page of the site that its document builds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import test_docs_live_element, test_docs_playwright
from tests.browser.conftest import serve
from tests.browser.documented import EXAMPLES, Example, Visit, build, shows
from tests.browser.libraries import DATASTAR, HTMX_4
from tests.coming_from import test_lines_in_browsers
from tests.docs_support.documents import BY_NAME
from tests.docs_support.walk import for_browsers
from tests.support.until import wait_until

# These run the scripts of a section, with what the section is about.
ELSEWHERE = (test_docs_live_element, test_docs_playwright, test_lines_in_browsers)

PDF = b"%PDF-1.7 and so on"

# Collects the values of the progress element, and calls a function after each.
WATCH = """(then) => {
    window.values = [];
    const progress = document.querySelector("progress");
    new MutationObserver(() => { values.push(progress.value); eval(then); }).observe(progress, { attributes: true });
}"""

# Returns the selectors and declarations of a style sheet that the browser doesn't know, which it ignores.
IGNORED = r"""(text) => [...text.replace(/\/\*.*?\*\//gs, "").matchAll(/([^{}]+)\{([^{}]*)\}/g)].flatMap(
    ([, selectors, declarations]) => [
        ...selectors.split(",").filter((selector) => !CSS.supports(`selector(${selector})`)),
        ...declarations.split(";").filter((one) => one.trim() && !CSS.supports(one)),
    ]
)"""


@shows("README.md", "<script>")
def a_clock_without_htmx(visit: Visit) -> None:
    visit.page.add_init_script("window.first = () => window.shown ??= document.querySelector('#now')")
    visit.open("/clock")
    visit.wait("first() !== document.querySelector('#now')")


@shows("browser-client.md", "// static/words.js")
def words_of_a_form(visit: Visit) -> None:
    visit.open("/words")
    visit.page.locator("textarea").fill("to be or not to be")
    visit.page.locator("button").click()
    expect(visit.page.locator("output")).to_have_text("6 words, 4 different ones")
    assert visit.page.evaluate("document.querySelector('progress').value") == 1


@shows("browser-client.md", "setTimeout(() => stream.abort()")
def the_result_of_a_stream(visit: Visit) -> None:
    visit.open("/words")
    visit.holds("words === 6")


@shows("browser-client.md", 'createStream("/repeat?times=3"')
def a_stream_that_reconnects(visit: Visit) -> None:
    visit.show("<body class='offline'>")
    visit.run()
    visit.wait("document.body.innerText.match(/Again/g)?.length === 3 && !document.body.classList.contains('offline')")


@shows("browser-client.md", "new File(")
def an_upload(visit: Visit) -> None:
    visit.open("/words")
    visit.holds("bytes === 10")
    assert visit.said[-1] == "100 %"


@shows("browser-client.md", "new EventParser()")
def a_parser(visit: Visit) -> None:
    visit.open("/words")
    visit.holds("parser.push('data: 2\\n\\n')[0].data === '2'")
    assert visit.said == ["[] [Object]"]


@shows("building.md", 'fetch("/account")')
def a_part_for_a_built_page(visit: Visit) -> None:
    visit.open("/about")
    visit.run()
    expect(visit.page.locator("#account")).to_have_text("Nobody")


@shows("datastar.md", "data-signals:problem")
def the_message_of_a_failure(visit: Visit) -> None:
    with_datastar(visit, f"{visit.block.text}<button data-on:click=\"@get('/broken')\">Start</button>")
    visit.page.get_by_role("button").click()
    expect(visit.page.locator("p")).to_have_text("Something went wrong on our side.")


@shows("datastar.md", "retry: 'always'")
def a_stream_that_is_kept_open(visit: Visit) -> None:
    """The server is restarted during the first response."""
    head = {"content-type": "text/event-stream"}
    event = "event: datastar-patch-elements\ndata: elements <h1 id='title'>Lost</h1>\nretry: 10\n\n"
    visit.page.route("**/log*", lambda route: route.fulfill(headers=head, body=event), times=1)
    with_datastar(visit, f"<h1 id='title'></h1><ul id='log'></ul>{visit.block.text}")
    expect(visit.page.locator("h1")).to_have_text("Log")


def with_datastar(visit: Visit, html: str) -> None:
    ((_, datastar),) = visit.fixture("sources")[DATASTAR].items()
    visit.library("datastar.js", datastar)
    visit.show(f'<script type="module" src="/static/datastar.js"></script>{html}')


@shows("how-to/ai-streaming.md", "// static/ask.js")
def an_answer_and_a_stop(visit: Visit) -> None:
    page = visit.page
    visit.open("/ask")
    status, article, stop = page.get_by_role("status"), page.locator("article"), page.locator("[type=button]")
    ask = page.get_by_role("button", name="Ask")
    expect(stop).to_be_hidden()
    page.locator("input").fill("How do I moor")
    ask.click()
    expect(status).to_have_text("The answer is complete.")
    expect(article.locator("strong")).to_have_text("two")
    expect(article.locator("li")).to_have_count(2)
    expect(stop).to_be_hidden()
    page.locator("input").fill("Wait")
    ask.click()
    expect(article).to_have_text("Take")
    stop.click()
    expect(status).to_have_text("Stopped.")
    expect(stop).to_be_hidden()


@shows("how-to/from-astro.md", "// static/like-button.js")
def a_custom_element(visit: Visit) -> None:
    visit.open("/like")
    button = visit.page.get_by_role("button")
    button.click()
    expect(button).to_have_text("♥ 4")
    later = "document.body.innerHTML = '<like-button data-count=7><button>♥ 7</button></like-button>'"
    visit.page.evaluate(later)
    button.click()
    expect(button).to_have_text("♥ 8")


@shows("how-to/from-flask.md", "// static/live.js")
def a_list_for_everybody(visit: Visit) -> None:
    visit.open("/login")
    other = visit.page.context.new_page()
    other.goto(f"{visit.site}/list")
    other.get_by_label("Name").fill("Salt")
    other.get_by_role("button", name="Add").click()
    expect(visit.page.locator("#items li")).to_have_text(["Milk", "Salt"])


@shows("how-to/uploads.md", "// static/upload.js")
def an_upload_with_its_progress(visit: Visit) -> None:
    visit.open("/files")
    slow_down(visit)
    page, size = visit.page, 2**20
    send = page.locator("input").set_input_files
    output, cancel = page.locator("output"), page.locator("button")
    page.evaluate(WATCH, "")
    send({"name": "manual.pdf", "mimeType": "application/pdf", "buffer": PDF.ljust(size)})
    expect(output).to_have_text(f"{size} bytes have arrived.")
    assert moves(page.evaluate("values"))
    assert "manual.pdf" in [file.read_text() for file in visit.folder.glob("uploads/*.title")]
    expect(cancel).to_be_hidden()
    send({"name": "script.pdf", "mimeType": "application/pdf", "buffer": b"<script>"})
    expect(output).to_have_text("Send a PNG, a JPEG or a PDF.")
    page.evaluate(WATCH, "document.querySelector('button').click()")
    send({"name": "manual.pdf", "mimeType": "application/pdf", "buffer": PDF.ljust(size)})
    expect(output).to_have_text("the stream was aborted")
    expect(cancel).to_be_hidden()
    wait_until(lambda: not [*visit.folder.glob("uploads/*.part")])


@shows("how-to/uploads.md", "new XMLHttpRequest()")
def an_upload_without_the_module(visit: Visit) -> None:
    visit.open("/files")
    slow_down(visit)
    names = "const [progress, output] = ['progress', 'output'].map((name) => document.querySelector(name));"
    output = visit.page.locator("output")
    visit.page.evaluate(WATCH, "")
    visit.run(f"{names} const file = new File(['%PDF-', new Uint8Array(2 ** 20)], 'manual.pdf');")
    expect(output).to_have_text("It has arrived.")
    assert moves(visit.page.evaluate("values"))
    visit.run(f"{names} const file = new File(['<script>'], 'script.pdf');")
    expect(output).to_have_text("Send a PNG, a JPEG or a PDF.")
    visit.page.route("**/files", lambda route: route.abort())
    visit.run(f"{names} const file = new File(['%PDF-'], 'manual.pdf');")
    expect(output).to_have_text("The connection is lost.")


def slow_down(visit: Visit) -> None:
    """Send 2 MiB a second, so that there is a progress to see."""
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2**21}
    visit.page.context.new_cdp_session(visit.page).send("Network.emulateNetworkConditions", conditions)


def moves(values: list[float]) -> bool:
    return values == sorted(values) and values[-1] == 1 and len({value for value in values if 0 < value < 1}) > 1


@shows("sessions.md", 'new EventSource("/account/news")')
def the_end_of_a_session_with_event_source(visit: Visit) -> None:
    log_in(visit)
    visit.run()
    session_ends(visit)


@shows("sessions.md", "htmx:sseError")
def the_end_of_a_session_with_htmx(visit: Visit) -> None:
    log_in(visit)
    visit.run()
    for name in ("htmx.min.js", "sse.min.js"):
        visit.page.add_script_tag(path=visit.fixture("scripts") / name)
    element = '<p id="news" hx-ext="sse" sse-connect="/account/news" sse-swap="message" sse-close="close"></p>'
    visit.page.evaluate(
        "html => { document.body.insertAdjacentHTML('beforeend', html); htmx.process(document.body); }", element
    )
    expect(visit.page.locator("#news")).to_have_text("Nothing new for ada")
    session_ends(visit)


@shows("sessions.md", 'createStream("/account/news"')
def the_end_of_a_session_with_create_stream(visit: Visit) -> None:
    log_in(visit)
    visit.page.evaluate("document.body.append(Object.assign(document.createElement('p'), { id: 'news' }))")
    visit.run()
    expect(visit.page.locator("#news")).to_have_text("Nothing new for ada")
    session_ends(visit)


def log_in(visit: Visit) -> None:
    visit.open("/login")
    visit.page.get_by_label("Name").fill("ada")
    visit.page.get_by_label("Password").fill("analytical engine")
    visit.page.get_by_role("button").click()
    visit.page.wait_for_url("**/account")


def session_ends(visit: Visit) -> None:
    visit.page.context.clear_cookies()
    visit.page.wait_for_url(f"{visit.site}/login?then=%2Faccount")


@shows("streaming.md", "htmx.swap(")
def htmx_swaps_what_the_module_receives(visit: Visit) -> None:
    """Two states of the list arrive, and htmx knows the attributes of the second."""
    visit.library("htmx.js", (visit.fixture("scripts") / "htmx.min.js").read_text())
    visit.open("/items")
    item = visit.page.locator("#items li")
    visit.run()
    expect(item).to_have_text("1")
    item.click()
    expect(item.locator("#jobs")).to_be_visible()


@shows("streaming.md", '<div hx-ext="sse"')
def htmx_2_swaps_events_by_name(visit: Visit) -> None:
    for name in ("htmx.min.js", "sse.min.js"):
        visit.library(name, (visit.fixture("scripts") / name).read_text())
    scripts = "<script src='/static/htmx.min.js'></script><script src='/static/sse.min.js'></script>"
    visit.show(f"{scripts}{visit.block.text}")
    expect(visit.page.locator("[sse-swap=message]")).to_have_text('"42"')
    expect(visit.page.locator("[sse-swap=price]")).to_have_text('{"symbol":"PPR"}')


@shows("streaming.md", "hx-sse:connect")
def htmx_4_swaps_events_without_a_name(visit: Visit) -> None:
    with_htmx_4(visit, visit.block.text)
    expect(visit.page.locator("div")).to_have_text('"42"')


@shows("streaming.md", "/_hyper/sse-swap.js")
def htmx_4_swaps_events_by_name(visit: Visit) -> None:
    """The page keeps its attributes of htmx 2."""
    (block,) = [block for block in for_browsers(BY_NAME["streaming.md"]) if 'hx-ext="sse"' in block.text]
    with_htmx_4(visit, block.text, visit.block.text)
    expect(visit.page.locator("[sse-swap=message]")).to_have_text('"42"')
    expect(visit.page.locator("[sse-swap=price]")).to_have_text('{"symbol":"PPR"}')


HTMX_4_SCRIPTS = '<script src="/static/htmx.js"></script><script src="/static/hx-sse.js"></script>'


def with_htmx_4(visit: Visit, html: str, scripts: str = HTMX_4_SCRIPTS) -> None:
    for path, text in visit.fixture("sources")[HTMX_4].items():
        visit.library(Path(path).name, text)
    visit.show(f"{scripts}{html}")


@shows("streaming.md", 'new EventSource("/feed")')
def event_source(visit: Visit) -> None:
    visit.show("<p id='news'></p>")
    visit.holds("events.readyState === EventSource.CLOSED")
    expect(visit.page.locator("#news")).to_have_text('"42"')
    assert visit.said == ["{symbol: SLT, cents: 120}", "{symbol: PPR}"]
    visit.page.route("**/feed", lambda route: route.continue_(url=f"{visit.site}/fragile"))
    visit.run()
    wait_until(lambda: visit.page.title() and visit.said[2:] == ["Something went wrong on our side."])


@shows("streaming.md", 'createStream("/feed")')
def create_stream(visit: Visit) -> None:
    visit.open("/queue")
    visit.run()
    wait_until(lambda: visit.page.title() and len(visit.said) == 7)
    assert [visit.said[0], visit.said[3]] == ["connected true", "price {symbol: SLT, cents: 120}"]


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a document, with all its files."""
    return build(request.param, tmp_path_factory.mktemp("documented"))


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with serve(folder) as url:
        yield url


@pytest.mark.parametrize(
    ("folder", "example"),
    [pytest.param(e.document, e, id=f"{e.document}-{e.outcome.__name__}") for e in EXAMPLES],
    indirect=["folder"],
    scope="module",  # one server for all blocks of a document
)
def test_a_block_does_what_its_document_says(
    page: Page, site: str, folder: Path, example: Example, request: pytest.FixtureRequest
) -> None:
    (block,) = filter(example.matches, for_browsers(BY_NAME[example.document]))
    said: list[str] = []
    uncaught: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: uncaught.append(str(error)))
    example.outcome(Visit(page, site, folder, block, said, request.getfixturevalue))
    assert not uncaught


def test_every_script_of_the_documentation_is_run() -> None:
    """Each block for browsers has one function above, or belongs to one of the tests that run a whole section."""
    elsewhere = {block.text for tests in ELSEWHERE for block in tests.BLOCKS}
    for name, document in BY_NAME.items():
        blocks = for_browsers(document)
        examples = [example for example in EXAMPLES if example.document == name]
        for block in blocks:
            found = [example for example in examples if example.matches(block)]
            assert len(found) + (block.text in elsewhere) == 1, (
                f"{document.file}:{block.line}: {len(found)} tests run this block of `{block.language}`. Write one "
                f"function in {Path(__file__).name} that runs it in a page and waits for what the reader should see, "
                f'under `@shows("{name}", "a text that only this block has")`.'
            )
        stale = [example.text for example in examples if not any(map(example.matches, blocks))]
        assert not stale, f"{name} has no block with {stale}: remove the function, or change its text"
    assert {example.document for example in EXAMPLES} <= BY_NAME.keys()


def test_the_browser_ignores_no_style_of_the_documentation(page: Page) -> None:
    assert page.evaluate(IGNORED, "h1, p:nonsense { colour: teal; margin: 0 }") == [" p:nonsense ", " colour: teal"]
    sheets = [block for document in BY_NAME.values() for block in document.blocks() if block.language == "css"]
    assert sheets
    assert {str(block): ignored for block in sheets if (ignored := page.evaluate(IGNORED, block.text))} == {}
