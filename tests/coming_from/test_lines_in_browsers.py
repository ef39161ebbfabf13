"""The lines of `docs/how-to/from-php.md` that are for a browser: one server, and one page for each client."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.libraries import DATASTAR as DATASTAR_SCRIPT
from tests.browser.libraries import Sources
from tests.coming_from.model_server import model
from tests.coming_from.rows import (
    ATTRIBUTES,
    CREATE_STREAM,
    DATASTAR,
    DOCUMENT,
    EVENT_SOURCE,
    HTMX,
    SCRIPT,
    Row,
    agree,
    of,
    stream_of,
    write_files,
)
from tests.conftest import PATIENCE
from tests.support.servers import Command

# The script at the end of the chat.
BLOCKS = [block for block in DOCUMENT.blocks() if block.language == "js"]

# Runs the stream at a URL, and returns the calls of its handlers.
CALLS = """async (url) => {
    const { createStream } = await import("/_hyper/stream.js");
    const calls = [];
    await createStream(url, { signal: AbortSignal.timeout(10_000) })
        .progress((data) => calls.push(["progress", data]))
        .done((data) => calls.push(data === undefined ? ["done"] : ["done", data]))
        .error(({ kind, message }) => calls.push(["error", kind, message]))
        .start().catch(() => {});
    return calls;
}"""

# Returns the events that come within a moment after the last one that is expected.
EVENTS = """([url, types, count]) => new Promise((resolve) => {
    const events = new EventSource(url), seen = [];
    const end = () => { events.close(); resolve(seen); };
    setTimeout(end, 10_000);
    for (const type of types) {
        events.addEventListener(type, ({ data }) => {
            seen.push(type === "close" ? type : `${type} ${data}`);
            if (type === "close") end();
            else if (seen.length === count) setTimeout(end, 100);
        });
    }
})"""

# Lets a module write into a console of its own, and remembers what it has opened.
CONSOLES = """() => {
    window.consoles = [];
    window.opened = [];
    window.EventSource = class extends EventSource { constructor(...given) { super(...given); opened.push(this); } };
}"""


@pytest.fixture(scope="module")
def folder(scripts: Path, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the document, and a route for each row that is a stream or a part of a page."""
    folder = tmp_path_factory.mktemp("coming-from")
    write_files(folder)
    (folder / "static").mkdir()
    shutil.copy(scripts / "htmx.min.js", folder / "static" / "htmx.js")
    shutil.copy(scripts / "sse.min.js", folder / "static" / "sse.js")
    ((_, datastar),) = sources[DATASTAR_SCRIPT].items()
    (folder / "static" / "datastar.js").write_text(datastar)
    for row in of(CREATE_STREAM, EVENT_SOURCE, DATASTAR):
        (folder / "routes" / f"{name_of(row)}.py").write_text(stream_of(row))
    for row in of(HTMX, ATTRIBUTES):
        head = '<script type="module" src="/static/datastar.js"></script>' if row.kind == ATTRIBUTES else ""
        page = f't"""\n<{{Layout}}>{head}{row.line[0]}</{{Layout}}>\n"""\n'
        (folder / "routes" / f"{name_of(row)}.py").write_text(f"from routes._base import Layout\n\n{page}")
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with model() as variables, Command("serve", "--port", "0", folder=folder, **variables) as command:
        yield f"http://127.0.0.1:{command.port()}"


def name_of(row: Row) -> str:
    return "row" + row.place.rpartition(":")[2]


def test_create_stream(page: Page, site: str) -> None:
    page.goto(f"{site}/about")
    for row in of(CREATE_STREAM):
        expected = [call(text) for text in row.outcome]
        calls = page.evaluate(CALLS, f"/{name_of(row)}")
        if expected[-1][0] == "progress":
            assert calls.pop() == ["done"], row
        assert calls == expected, row


def call(text: str) -> list[Any]:
    """A call in JavaScript as its name and arguments."""
    name, arguments = re.fullmatch(r"(\w+)\((.*)\)", text).groups()  # type: ignore[union-attr]
    return [name, *json.loads(f"[{arguments}]")]


def test_event_source(page: Page, site: str) -> None:
    page.goto(f"{site}/about")
    for row in of(EVENT_SOURCE):
        types = {"message", "close", "stream-error", *(text.partition(" ")[0] for text in row.outcome)}
        events = page.evaluate(EVENTS, [f"/{name_of(row)}", list(types), len(row.outcome)])
        if events[-1:] == ["close"] and row.outcome[-1] != "close":
            events.pop()
        assert agree(row.outcome, events), (row, events)


def test_scripts(page: Page, site: str) -> None:
    page.goto(f"{site}/about")
    page.evaluate(CONSOLES)
    for number, row in enumerate(of(SCRIPT)):
        (script,) = row.line
        lines = f"consoles[{number}] ??= []"
        imported = "" if "import {" in script else 'import { createStream } from "/_hyper/stream.js";'
        console = f'const console = {{ log: (...said) => ({lines}).push(said.join(" ")) }};'
        page.add_script_tag(type="module", content=f"{imported}{console}{script}")
        page.wait_for_function(f"({lines}).length >= {len(row.outcome)}", timeout=PATIENCE)
        assert agree(row.outcome, page.evaluate(lines)), row
        page.evaluate("opened.splice(0).forEach((events) => events.close())")


def test_the_chat(page: Page, site: str) -> None:
    """The model answers with the number of messages and what it was asked."""
    (block,) = BLOCKS
    page.goto(f"{site}/about")
    page.add_script_tag(type="module", content=block.text)
    page.wait_for_function("document.body.innerText.includes('1 Hello')", timeout=PATIENCE)


def test_datastar(page: Page, site: str) -> None:
    """A button asks for the stream of the row."""
    for row in of(DATASTAR):
        page.goto(f"{site}/lab")
        button = f"<button data-init=\"@get('/{name_of(row)}')\"></button>"
        page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", button)
        for text in row.outcome:
            page.wait_for_function("(text) => document.body.innerHTML.includes(text)", arg=text, timeout=PATIENCE)
        if "forget" in row.there or "remove" in row.there:
            assert '"time"' not in page.inner_text("#signals")
            assert page.locator("#spinner").count() == ("remove" not in row.there)


def test_attributes_and_swaps(page: Page, site: str) -> None:
    for row in of(HTMX, ATTRIBUTES):
        page.goto(f"{site}/{name_of(row)}")
        for html in row.outcome:
            page.wait_for_function("(html) => document.body.innerHTML.includes(html)", arg=html, timeout=PATIENCE)
