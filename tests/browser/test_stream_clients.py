"""One generator for every client: what each does with its events, its end, its failure, and a restart of the server.

The behaviour is what the tests of htmx-ext-sse, of htmx 4's hx-sse and of Datastar describe.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.libraries import DATASTAR, HTMX_4, Sources
from tests.support.servers import Command, free_port
from tests.support.sites import write_files
from tests.support.until import wait_until

FEED = """
import asyncio
import os
from pathlib import Path

from hyperpy import POST, Header, Query, swap

client: str
mode: str = Query("live")
last: str = Header("", alias="Last-Event-ID")

POST


def note(what):
    with Path("notes").open("a") as notes:
        notes.write(f"{client} {what}\\n")


note(mode)


async def stream():
    yield {"data": t"<b id='first'>{os.environ['VALUE']} {last}</b>", "retry": 50, "id": 7}
    yield "price", t"<i>1</i>"
    yield "price", t"<i>2</i>"
    yield swap("#left", t"<u>left</u>", how="innerHTML")
    yield swap("#rows", t"<tr><td>right</td></tr>", how="beforeend")
    if mode == "live":
        try:
            await asyncio.Event().wait()
        finally:
            note("left")
    if mode == "broken":
        raise ValueError
"""
PAGE = """
from hyperpy import Query
mode: str = Query("live")
t'''<!doctype html><html lang=en><title>{name}</title><link rel=icon href=data:,>
{head}{body}
<p id=left></p><table><tbody id=rows></tbody></table>'''
"""
HTMX_2_SCRIPTS = "<script src=/static/htmx.min.js></script><script src=/static/sse.min.js></script>"
HTMX_4_SCRIPTS = "<script src=/static/htmx4.js></script><script src=/static/hx-sse.js></script>"
# As it is written for htmx 2.
SWAPPED = """<div hx-ext=sse sse-connect="/feed/NAME?mode=MODE" sse-close=close>
<p id=out sse-swap=message></p><p id=named sse-swap="other, price" hx-swap=beforeend></p>
<p id=error sse-swap=stream-error></p>
<p id=triggered hx-get="/" hx-trigger="sse:price" hx-target=this hx-select=h1></p></div>"""
OWN = """<p id=out></p><p id=named></p><p id=error></p><script type=module>
const show = { message: data => data.startsWith("<hx-") || (out.innerHTML = data),
    price: data => named.innerHTML += data, "stream-error": data => error.textContent = data.message ?? data };
SCRIPT</script>"""
# Each client: scripts and body of its page. `{mode}` is the input of the page.
CLIENTS = {
    "htmx2": (HTMX_2_SCRIPTS, SWAPPED),
    "htmx4": (f"{HTMX_4_SCRIPTS}<script src=/_hyper/sse-swap.js></script>", SWAPPED),
    "htmx4-own": (
        HTMX_4_SCRIPTS,
        """<div id=box hx-sse:connect="/feed/NAME?mode=MODE" hx-sse:close=close hx-target="#out"></div>
        <p id=out></p><p id=named></p><p id=error></p><script>
        box.addEventListener("price", event => named.innerHTML += event.detail.data);
        box.addEventListener("stream-error", event => error.textContent = event.detail.data);</script>""",
    ),
    "datastar": (
        "<script type=module src=/static/datastar.js></script>",
        """<div data-init="@get('/feed/NAME?mode=MODE', {retry: 'always'})"></div>
        <p id=out><b id=first></b></p><p id=error data-signals:problem="''" data-text="$problem"
        data-on:datastar-fetch="evt.detail.type === 'datastar-stream-error'
        && ($problem = evt.detail.argsRaw.message)"></p>""",
    ),
    "eventsource": (
        "",
        OWN.replace(
            "SCRIPT",
            """const source = new EventSource("/feed/NAME?mode=MODE");
            for (const name in show) source.addEventListener(name, event => show[name](event.data));
            source.addEventListener("close", () => source.close());""",
        ),
    ),
    "createstream": (
        "",
        OWN.replace(
            "SCRIPT",
            """import { createStream } from "/_hyper/stream.js";
            createStream("/feed/NAME?mode=MODE", { reconnect: 'MODE' !== 'broken' })
                .progress((data, event) => show[event.type]?.(data)).error(show["stream-error"]).start();""",
        ),
    ),
}
# By a client's own nature: Datastar ignores events of other names than its own, and code of one's own has to look at
# `<hx-partial>` itself.
NAMED = CLIENTS.keys() - {"datastar"}
REGIONS = CLIENTS.keys() - {"eventsource", "createstream"}


def in_template(html: str) -> str:
    """HTML as a part of a t-string, in which MODE is a value."""
    return html.replace("{", "{{").replace("}", "}}").replace("MODE", "{mode}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scripts: Path, sources: Sources) -> Path:
    folder = tmp_path_factory.mktemp("clients")
    pages = {
        f"routes/{name}.py": PAGE.format(name=name, head=head, body=in_template(body.replace("NAME", name)))
        for name, (head, body) in CLIENTS.items()
    }
    button = """<button hx-post="/feed/button?mode=end" hx-target="#out">go</button><p id=out></p>"""
    pages["routes/button.py"] = PAGE.format(name="button", head=HTMX_4_SCRIPTS, body=button)
    static = {
        "static/htmx4.js": sources[HTMX_4]["dist/htmx.js"],
        "static/hx-sse.js": sources[HTMX_4]["dist/ext/hx-sse.js"],
        "static/datastar.js": sources[DATASTAR][DATASTAR.files[0]],
    }
    index = {"routes/index.py": "t'<!doctype html><html lang=en><title>index</title><h1>triggered</h1>'"}
    write_files(folder, {"routes/feed/{client}.py": FEED} | pages | static | index)
    for script in ("htmx.min.js", "sse.min.js"):
        shutil.copy(scripts / script, folder / "static")
    return folder


def serve(folder: Path, value: str, port: int = 0, **variables: str) -> Command:
    variables |= {"VALUE": value, "HYPER_SECRET_KEY": "a key that only tests use"}
    return Command("serve", "--port", str(port), folder=folder, **variables)


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with serve(folder, "one") as command:
        yield f"http://127.0.0.1:{command.port()}"


def count(folder: Path, client: str, what: str) -> int:
    return (folder / "notes").read_text().splitlines().count(f"{client} {what}")


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_client_does_with_a_stream(page: Page, site: str, folder: Path, client: str) -> None:
    page.clock.install()  # of scripts: browsers' own connections keep to real time
    page.goto(f"{site}/{client}?mode=end")
    expect(page.locator("#out")).to_have_text("one")
    if client in NAMED:
        expect(page.locator("#named")).to_have_text("12")
    if client in REGIONS:
        expect(page.locator("#left u")).to_have_text("left")
        expect(page.locator("#rows tr")).to_have_text(["right"])
    if "sse-swap" in CLIENTS[client][1]:
        expect(page.locator("#triggered h1")).to_have_text("triggered")
    page.wait_for_load_state("networkidle")
    page.clock.run_for(60_000)
    assert count(folder, client, "end") == 1

    page.goto(f"{site}/{client}?mode=broken")
    expect(page.locator("#error")).to_contain_text("Something went wrong on our side.")


def test_htmx_4_swaps_the_events_that_answer_a_post(page: Page, site: str, folder: Path) -> None:
    page.goto(f"{site}/button")
    page.click("button")
    expect(page.locator("#rows td")).to_have_text("right")
    expect(page.locator("#out")).to_have_text("one")
    expect(page.locator("#left")).to_have_text("left")
    assert count(folder, "button", "end") == 1


@pytest.mark.parametrize("client", ["htmx2", "htmx4", "htmx4-own"])
def test_htmx_leaves_the_stream_of_an_element_that_is_swapped_out(
    page: Page, site: str, folder: Path, client: str
) -> None:
    page.goto(f"{site}/{client}")
    expect(page.locator("#rows td")).to_have_text("right")
    before = count(folder, client, "left")
    page.evaluate("htmx.ajax('GET', '/', {target: document.body, swap: 'innerHTML'})")
    expect(page.locator("h1")).to_have_text("triggered")
    wait_until(lambda: count(folder, client, "left") == before + 1)


def test_every_client_comes_back_after_a_restart(browser: Browser, folder: Path) -> None:
    port = free_port()
    contexts: list[BrowserContext] = [browser.new_context() for _ in CLIENTS]  # each has its own six connections
    pages = dict(zip(CLIENTS, [context.new_page() for context in contexts], strict=True))
    for value in ("before", "after"):
        with serve(folder, value, port) as command:
            command.port()
            for client, page in pages.items():
                if value == "before":
                    page.goto(f"http://127.0.0.1:{port}/{client}")
                    page.evaluate("window.same = true")
                expect(page.locator("#out")).to_have_text("before" if value == "before" else "after 7")
                assert page.evaluate("window.same")
    for context in contexts:
        context.close()


def test_six_tabs_leave_connections_for_pages(context: BrowserContext, folder: Path) -> None:
    """Browsers open six connections to a host. The setting leaves some of them to pages."""
    with serve(folder, "tab", HYPER_STREAMS_PER_CLIENT="4") as command:
        url = f"http://127.0.0.1:{command.port()}"
        for client in (*CLIENTS, "eventsource"):
            context.new_page().goto(f"{url}/{client}")
        page = context.new_page()
        page.goto(url)
        expect(page.locator("h1")).to_have_text("triggered")
        for each in context.pages[:4]:
            expect(each.locator("#out")).to_have_text("tab")
