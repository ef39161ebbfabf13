"""Suspense: the order in which content is sent, and what happens when it fails."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import html5lib
import pytest
from starlette.types import Message

from hyperpy import Hyper
from tests.support.sites import Write

# Each gate is opened by the test; what waits for it shows the gate's name.
GATES = """\
import asyncio
from hyperpy import HTTPException
from hyperpy.components import Suspense

gates = {}

def gate(name):
    return gates.setdefault(name, asyncio.Event())

async def late(name, value=None):
    try:
        await gate(name).wait()
    except asyncio.CancelledError:
        gates["cancelled"] = [*gates.get("cancelled", ()), name]
        raise
    return t"<b>{name}</b>" if value is None else value

async def items(*names):
    for name in names:
        await gate(name).wait()
        yield t"<i>{name}</i>"

async def broken(name):
    await gate(name).wait()
    raise ValueError("secret")

async def missing(name):
    await gate(name).wait()
    raise HTTPException(404)

async def gives_up(name):
    await gate(name).wait()
    raise asyncio.CancelledError

async def at_once(value):
    return value

async def broken_at_once():
    raise ValueError("secret")
"""

DOCUMENT = "<!doctype html><html lang=en><title>x</title><body>{}</body></html>"


class Visit:
    """One request and the part of its response that has arrived."""

    def __init__(self, gates: dict[str, asyncio.Event]) -> None:
        self.gates = gates
        self.start: Message = {}
        self.chunks: list[str] = []
        self.gone = asyncio.Event()
        self.arrived = asyncio.Event()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["body"]:
            self.chunks.append(message["body"].decode())
        self.arrived.set()

    @property
    def body(self) -> str:
        return "".join(self.chunks)

    async def until(self, text: str) -> None:
        async with asyncio.timeout(5):
            while text not in self.body:
                self.arrived.clear()
                await self.arrived.wait()

    async def open(self, *names: str) -> None:
        """Open the gates one after the other, with time for the waiting tasks in between."""
        for name in names:
            self.gates.setdefault(name, asyncio.Event()).set()
            for _ in range(8):
                await asyncio.sleep(0)


class Visits:
    """A site with one page."""

    def __init__(self, write: Write) -> None:
        self.write = write

    @asynccontextmanager
    async def __call__(self, template: str, **state: Any) -> AsyncIterator[Visit]:
        source = f"from routes._gates import *\nt'''{template}'''\n"
        app = Hyper(routes=self.write({"_gates.py": GATES, "index.py": source}), static=None)
        visit = Visit(app.loaded_routes.entries[0].definitions["gates"])
        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
        answering = asyncio.create_task(app({**scope, "state": state}, visit.receive, visit.send))
        try:
            yield visit
            async with asyncio.timeout(5):
                await answering
        finally:
            answering.cancel()


@pytest.fixture
def visits(write: Write) -> Visits:
    return Visits(write)


def suspense(content: str, fallback: str = "wait", more: str = "") -> str:
    return f"<{{Suspense}} fallback={{t'<p>{fallback}</p>'}} {more}>{content}</{{Suspense}}>"


def shown(body: str) -> str:
    """The body as a browser finally shows it: content in its place, script and markers removed."""
    body = re.sub(r"<script.*?</script>|<noscript>.*?</noscript>", "", body, flags=re.DOTALL)
    late = r'<div class="hyper-late"(?: id="[\w-]+")?>(.*?)</div><hyper-late for="([\w-]+)"[^>]*></hyper-late>'
    while found := re.search(late, body, re.DOTALL):
        body = body[: found.start()] + body[found.end() :]
        places = rf'<template id="{found[2]}"></template>.*?<template id="{found[2]}-end"></template>'
        body, count = re.subn(places, lambda _, text=found[1]: text, body, flags=re.DOTALL)
        assert count == 1, f"{found[2]} came before its place"
    return body


def strictly_parsed(body: str) -> None:
    html5lib.HTMLParser(strict=True).parse(body)


async def test_suspended_content_is_sent_when_it_is_ready(visits: Visits) -> None:
    template = DOCUMENT.format(suspense("{late('a')}", "wait a") + suspense("{late('b')}", "wait b") + "<hr>")
    async with visits(template) as visit:
        await visit.until("<hr>")
        assert "<p>wait a</p>" in visit.body
        assert "<p>wait b</p>" in visit.body
        assert "</body>" not in visit.body
        await visit.open("b")
        await visit.until("<b>b</b>")
        assert "<b>a</b>" not in visit.body
        await visit.open("a")
        await visit.until("</body></html>")
    assert visit.body.endswith("</body></html>")
    assert visit.body.count("<script>") == 1
    assert shown(visit.body) == DOCUMENT.format("<b>a</b><b>b</b><hr>").replace("=en", '="en"')
    strictly_parsed(visit.body)


async def test_the_rest_of_the_page_does_not_wait_for_suspended_content(visits: Visits) -> None:
    async with visits(DOCUMENT.format(suspense("{late('a')}") + "{late('b')}")) as visit:
        await visit.until("<p>wait</p>")
        await visit.open("b")
        await visit.until("<b>b</b>")
        await visit.open("a")


async def test_all_begin_at_once(visits: Visits) -> None:
    """The second is complete when its place is reached, so it needs no fallback, and the page no script."""
    async with visits(DOCUMENT.format("{late('a')}" + suspense("{late('b')}"))) as visit:
        await visit.open("b", "a")
    assert visit.body == DOCUMENT.format("<b>a</b><b>b</b>").replace("=en", '="en"')


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("{late('a')} and {late('b')}", "<b>a</b> and <b>b</b>"),
        ("<ul>{items('a', 'b')}</ul>", "<ul><i>a</i><i>b</i></ul>"),
        ("{late('a', late('b'))}", "<b>b</b>"),
        (suspense("{late('a')}", "inner") + "{late('b')}", "<b>a</b><b>b</b>"),
        ("{late('b')}" + suspense("{late('a')}", "inner"), "<b>b</b><b>a</b>"),
        ("{late('a', '<script>')}{late('b')}", "&lt;script&gt;<b>b</b>"),
    ],
)
@pytest.mark.parametrize("order", ["ab", "ba"])
async def test_content(visits: Visits, content: str, html: str, order: str) -> None:
    async with visits(DOCUMENT.format(suspense(content))) as visit:
        await visit.until("<p>wait</p>")
        await visit.open(*order)
    assert shown(visit.body) == DOCUMENT.format(html).replace("=en", '="en"')
    strictly_parsed(visit.body)


@pytest.mark.parametrize(
    "rows",
    [
        "<tr><td>1</td></tr>",
        "<tbody><tr><td>1</td></tr></tbody>",
        " <!-- --><td>1</td>",
        f"{'<!-- -->' * 40}<p>1</p>",  # takes no exponential time
    ],
)
async def test_parts_of_a_table(visits: Visits, rows: str) -> None:
    """HTML parsers drop rows outside of a table, so they are sent inside one."""
    async with visits(DOCUMENT.format(suspense(rows + "{late('a', '')}"))) as visit:
        await visit.until("wait")
        await visit.open("a")
    strictly_parsed(visit.body)
    assert re.search(r'id="late-\w+-0-content">' + re.escape(rows), visit.body)


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("now", "now"),
        ("{at_once('<')}", "&lt;"),
        ("{late('a', 1)}" * 0 + "{None}", ""),
    ],
)
async def test_content_that_is_ready_needs_no_fallback(visits: Visits, content: str, html: str) -> None:
    async with visits(suspense(content)) as visit:
        pass
    assert visit.body == html


async def test_a_page_without_an_end_tag(visits: Visits) -> None:
    async with visits(suspense("{late('a')}") + "<hr>") as visit:
        await visit.until("<hr>")
        await visit.open("a")
    assert shown(visit.body) == "<b>a</b><hr>"


async def test_an_end_tag_in_the_middle_is_not_the_end(visits: Visits) -> None:
    async with visits(suspense("{late('a')}") + "<textarea></body></textarea><hr></BODY >\n</html>\n") as visit:
        await visit.until("<hr>")
        assert "BODY" not in visit.body
        await visit.open("a")
    assert visit.body.endswith("</hyper-late></BODY >\n</html>")


@pytest.mark.parametrize("failing", ["broken", "missing", "gives_up"])
@pytest.mark.parametrize(("more", "instead"), [("", "<p>wait</p>"), ("error={t'<p>Sorry</p>'}", "<p>Sorry</p>")])
async def test_a_failure_does_not_affect_the_rest_of_the_page(
    visits: Visits, caplog: pytest.LogCaptureFixture, failing: str, more: str, instead: str
) -> None:
    caplog.set_level(logging.INFO, "hyperpy")
    content = suspense(f"{{{failing}('a')}}{{late('never')}}", more=more) + suspense("{late('b')}", "wait b")
    async with visits(DOCUMENT.format(content)) as visit:
        await visit.until("wait b")
        await visit.open("a", "b")
    assert "secret" not in visit.body
    assert "<b>b</b>" in visit.body
    [record] = caplog.records
    assert record.levelno == (logging.INFO if failing == "missing" else logging.ERROR)
    [log_id] = re.findall(r"\[(\w+)\]", record.getMessage())
    assert "index.py:2: the content of a Suspense failed" in record.getMessage()
    assert f'data-error="{log_id}"' in visit.body
    assert instead in visit.body
    strictly_parsed(visit.body)


@pytest.mark.parametrize(("more", "instead"), [("", "<p>wait</p>"), ("error='Sorry'", "Sorry")])
async def test_a_failure_before_the_fallback_is_sent(
    visits: Visits, caplog: pytest.LogCaptureFixture, more: str, instead: str
) -> None:
    async with visits(suspense("{broken_at_once()}", more=more)) as visit:
        pass
    assert re.sub(r'<template data-error="\w+"></template>', "", visit.body) == instead
    assert len(caplog.records) == 1


async def test_the_nonce_of_the_policy(visits: Visits) -> None:
    async with visits(suspense("{late('a')}"), csp_nonce='r4nd"om') as visit:
        await visit.until("wait")
        await visit.open("a")
    assert visit.body.count('nonce="r4nd&#34;om"') == 2
    assert '<script nonce="r4nd&#34;om">' in visit.body


async def test_ids_differ_between_responses(visits: Visits) -> None:
    seen = set()
    for _ in range(2):
        async with visits(suspense("{late('a')}") + suspense("{late('a')}")) as visit:
            await visit.until("wait")
            await visit.open("a")
            visit.gates.clear()
        seen |= set(re.findall(r'<hyper-late for="([\w-]+)"', visit.body))
    assert len(seen) == 4


async def test_a_disconnect_cancels_everything(visits: Visits) -> None:
    content = suspense("{late('a')}") + suspense("{late('b')}" + suspense("{late('c')}")) + "{late('d')}{late('e')}"
    async with visits(content) as visit:
        await visit.until("wait")
        visit.gone.set()
    # The last has not begun, and is closed.
    assert sorted(visit.gates["cancelled"]) == ["a", "b", "c", "d"]
    assert "</hyper-late>" not in visit.body
