"""Deferred values in pages: their HTML, where they are errors, and how they end."""

from collections.abc import Awaitable

import pytest

from hyperpy import Hyper
from hyperpy.templates import DeferredValue
from hyperpy.templates.deferred import Placeholders
from tests.support.clients import client_of
from tests.support.sites import Site, Write

PARTS = """\
import asyncio
from hyperpy import HTTPException, Markup, Response, fragment, html, render
from hyperpy.components import Suspense

closed = []

async def text(value="<late>"):
    await asyncio.sleep(0)
    return value

async def element(inner="late"):
    await asyncio.sleep(0)
    return t"<b>{inner}</b>"

async def items(count=3):
    try:
        for number in range(count):
            await asyncio.sleep(0)
            yield t"<li>{number}</li>"
    finally:
        closed.append("items")

async def Card(title, children=""):
    await asyncio.sleep(0)
    return t"<section title={title}>{children}</section>"

async def Rows():
    yield t"<tr><td>1</td></tr>"
    yield t"<tr><td>2</td></tr>"

def Plain(children, aside=None):
    return t"<div>{children}{aside}</div>"

def Twice(children):
    return t"{children}{children}"

def Nothing(children):
    return t"<hr>"

def Shouting(children):
    return t"<i>{Markup(str(children).upper())}</i>"

def Titled(children):
    return t"<i title={children}></i>"

class Eventual:
    def __init__(self, value):
        self.value = value
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return self.value

async def broken():
    await asyncio.sleep(0)
    raise ValueError("secret")

async def refused():
    raise HTTPException(403)
"""


def route(template: str, before: str = "") -> dict[str, str]:
    """A route with a page of this template, and the names above."""
    names = "from hyperpy import fragment, html, render\nfrom routes._parts import *\n"
    return {"_parts.py": PARTS, "index.py": f"{names}{before}\nt'''{template}'''\n"}


@pytest.mark.parametrize(
    ("template", "html"),
    [
        ("{text()}", "&lt;late&gt;"),
        ("<p>{text()}</p>", "<p>&lt;late&gt;</p>"),
        ("<p>{text('<b>'):safe}</p>", "<p><b></p>"),
        ("<p>{element()}{element('<')}</p>", "<p><b>late</b><b>&lt;</b></p>"),
        ("<p>{element(element())}</p>", "<p><b><b>late</b></b></p>"),
        ("<p>{text(None)}{text(True)}{text(3)}{text([1, '<'])}</p>", "<p>31&lt;</p>"),
        ("<p>{Eventual(t'<i>{1}</i>')}</p>", "<p><i>1</i></p>"),
        ("<ul>{items()}</ul>", "<ul><li>0</li><li>1</li><li>2</li></ul>"),
        ("<ul>{items(0)}</ul>", "<ul></ul>"),
        ("<ul>{[text(n) for n in (1, 2)]}</ul>", "<ul>12</ul>"),
        ("<ul>{(t'<li>{element(n)}</li>' for n in (1, 2))}</ul>", "<ul><li><b>1</b></li><li><b>2</b></li></ul>"),
        ("<{Card} title='a' />", '<section title="a"></section>'),
        ("<{Card} title='<'>x {element()}</{Card}>", '<section title="&lt;">x <b>late</b></section>'),
        ("<{Plain} aside={element('2')}>{element('1')}</{Plain}>", "<div><b>1</b><b>2</b></div>"),
        ("<{Plain} aside={t'{items(1)}'}>1</{Plain}>", "<div>1<li>0</li></div>"),
        ("<table><{Rows} /></table>", "<table><tr><td>1</td></tr><tr><td>2</td></tr></table>"),
        ("<{Shouting}>{element()}</{Shouting}>", "<i><b>late</b></i>"),
        ("<p id='a' {fragment}>{text()}</p>", '<p id="a">&lt;late&gt;</p>'),
        ("<title>{text()}</title>", "<title>&lt;late&gt;</title>"),
        # Content that a component does not show is not waited for.
        ("<{Nothing}>{broken()}</{Nothing}>", "<hr>"),
        ("<{Nothing}>{items()}</{Nothing}>{text(1)}", "<hr>1"),
        # An interpolation of something else keeps meaning what it did.
        ("<p>{text!s:.0}</p>", "<p></p>"),
    ],
)
async def test_deferred_values_are_rendered_in_their_place(site: Site, template: str, html: str) -> None:
    answer = await site(route(template)).get("/")
    assert (answer.status_code, answer.text) == (200, html)


NOT_AWAITED = "must be awaited before it is rendered here"
MISPLACED = "must be awaited before it is rendered in an attribute or a script"


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("<p title={text()}>", f"`text` {NOT_AWAITED}"),
        ("<p title='a {text()}'>", f"`text` {NOT_AWAITED}"),
        ("<p class={text()} style={text()}>", f"`text` {NOT_AWAITED}"),
        ("<a href={text()}>", f"`text` {NOT_AWAITED}"),
        ("<p data={text()}>", f"`text` {NOT_AWAITED}"),
        ("<p {text():**}>", f"`text` {NOT_AWAITED}"),
        ("<{Plain} {text():**} />", f"`text` {NOT_AWAITED}"),
        ("<{Card} title='a {text()}' />", f"`text` {NOT_AWAITED}"),
        ("<{Card} title={items()} />", "`items` is an async iterable"),
        ("<p title={t'{text()}'}>", f"`text` {MISPLACED}"),
        ("<{Titled}>{text()}</{Titled}>", f"`text` {MISPLACED}"),
        ("<{Twice}>{text()}</{Twice}>", "an async value is rendered twice"),
        ("<{Titled}><{Suspense}>{text()}</{Suspense}></{Titled}>", f"an async value {MISPLACED}"),
        (
            "<{Suspense} fallback={t'{text()}'}>{text()}</{Suspense}>",
            "the `fallback` of a Suspense can't contain async values",
        ),
        (
            "<{Suspense} error={t'{text()}'}>{text()}</{Suspense}>",
            "the `error` of a Suspense can't contain async values",
        ),
        ("{broken()}{1 / 0}", "division by zero"),
        ("<{Plain}>{broken()}</{Plain}>{fragment}", "`fragment` marks an element"),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine 'broken' was never awaited:RuntimeWarning")
async def test_misplaced_deferred_values_are_errors(site: Site, template: str, what: str) -> None:
    answer = await site(route(template), debug=True).get("/")
    assert answer.status_code == 500
    assert what in answer.text.replace("&#x27;", "'").replace("&#39;", "'")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("shown = html(t'<p>{text()}</p>')", ""),
        ("shown = render()", ""),
        ("", "async def stream():\n    yield html(t'<p>{text()}</p>')"),
        ("", "async def stream():\n    yield render(fragments='late')"),
        ("", "async def stream():\n    yield render()"),
    ],
)
async def test_html_and_render_can_not_wait(
    site: Site, before: str, after: str, caplog: pytest.LogCaptureFixture
) -> None:
    files = route("<p id='late' {fragment}>{text()}</p><{Card} title='x' />")
    files["index.py"] = files["index.py"].replace("\nt'''", f"{before}\nt'''") + after
    answer = await site(files).get("/", headers={"accept": "text/event-stream" if after else "text/html"})
    assert answer.status_code == 500
    assert f"`text` {NOT_AWAITED}" in str(caplog.records[0].exc_info)


async def test_a_fragment_is_found_beside_a_deferred_value(site: Site) -> None:
    files = route("<{Plain}><p {fragment}={'a' * 2}>now</p>{broken()}</{Plain}>")
    files["index.py"] += "async def stream():\n    yield render(fragments='aa')\n"
    answer = await site(files).get("/", headers={"accept": "text/event-stream"})
    assert answer.text.startswith("data: <p>now</p>\n\n")


async def test_a_computed_fragment_can_not_wait(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    files = route("<{Plain}><p {fragment}={'a' * 2}>{text()}</p></{Plain}>")
    files["index.py"] += "async def stream():\n    yield render(fragments='aa')\n"
    answer = await site(files).get("/", headers={"accept": "text/event-stream"})
    assert answer.status_code == 500
    assert "the fragment `aa` contains async values" in str(caplog.records[0].exc_info)


async def test_an_error_before_anything_is_sent_has_its_own_answer(site: Site) -> None:
    client = site(route("<h1>Title</h1>{refused()}"))
    assert (await client.get("/")).status_code == 403
    late = "async def late():\n    await asyncio.sleep(0.15)\n    raise HTTPException(403)\n"
    begin = "<!-- a --><!DOCTYPE html>\n"
    assert (await site(route(f"{begin}{{late()}}", f"import asyncio\n{late}")).get("/")).status_code == 403
    answer = await site(route(f"{begin}{{element()}}")).get("/")
    assert (answer.status_code, answer.text[: len(begin)]) == (200, begin)
    files = route("<h1>Title</h1>{refused()}") | {"_error.py": "t'<h1>Sorry</h1>{status()}'\nasync def status(): ..."}
    answer = await site(files).get("/")
    assert (answer.status_code, answer.text) == (403, "<h1>Sorry</h1>")


async def test_error_pages_can_have_deferred_values(site: Site) -> None:
    page = "<{Card} title='x'><{Suspense} fallback='wait'>{element()}</{Suspense}></{Card}>"
    files = route("{refused()}") | {"_error.py": route(page)["index.py"]}
    answer = await site(files).get("/")
    assert (answer.status_code, answer.text) == (403, '<section title="x"><b>late</b></section>')


FAILING = """\
import asyncio
from hyperpy.components import Suspense

begun = asyncio.Event()
notes = []

async def waits():
    begun.set()
    try:
        await asyncio.Event().wait()
    finally:
        notes.append("ended")

async def fails():
    await begun.wait()
    raise ValueError("secret")
"""


async def test_an_error_page_that_fails_ends_the_rest_of_it(write: Write) -> None:
    page = """t"<{Suspense} fallback='wait'>{waits()}</{Suspense}>{fails()}"\n"""
    files = {"_work.py": FAILING, "_error.py": f"from routes._work import *\n{page}", "index.py": "t'{1 / 0}'"}
    app = Hyper(write(files), static=None)
    async with client_of(app) as client:
        assert (await client.get("/")).status_code == 500
    notes = [file.definitions.get("notes") for file in app.loaded_routes.files()]
    assert ["ended"] in notes


YIELDS = [
    ("t'<p>{text()}</p>'", "data: <p>&lt;late&gt;</p>"),
    ("t'<p>{text(t\"1\\r\\n2\\n\")}\\n{items(2)}</p>'", "data: <p>1\ndata: 2\ndata: \ndata: <li>0</li><li>1</li></p>"),
    ("'part', t'<{Card} title=a>{element()}</{Card}>'", 'event: part\ndata: <section title="a"><b>late</b></section>'),
    ("{'data': t'{text(1)}', 'id': 3}", "id: 3\ndata: 1"),
    ("t'<{Suspense} fallback=\"wait\">{text(1)}</{Suspense}><{Suspense}>{text(2)}</{Suspense}>'", "data: 12"),
    ("t'{text(1)}<{Plain}>{await anext(inner())}</{Plain}>'", "data: 1<div><b>2</b></div>"),
]


@pytest.mark.parametrize(("item", "event"), YIELDS)
async def test_items_of_a_stream_are_completed_before_they_are_sent(site: Site, item: str, event: str) -> None:
    files = route("page")
    inner = "    async def inner():\n        yield t'<b>{text(2)}</b>'\n\n"
    files["index.py"] += f"async def stream():\n{inner}    yield {item}\n    yield 'next', 1\n"
    answer = await site(files).get("/", headers={"accept": "text/event-stream"})
    assert answer.text.split("\n\n")[:2] == [event, "event: next\ndata: 1"]


async def test_parts_of_a_page_are_completed_before_they_are_sent(site: Site) -> None:
    files = route("page")
    source = files["index.py"].replace("t'''page'''", "")
    files["index.py"] = f"{source}async def stream():\n    yield t'<html>{{text(1)}}'\n    yield t'{{items(2)}}'\n"
    answer = await site(files).get("/", headers={"accept": "text/html"})
    assert answer.text == "<html>1<li>0</li><li>1</li>"


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ("t'<p title={text()}>'", f"`text` {NOT_AWAITED}"),
        ("t'<p title={t\"{text()}\"}>'", f"`text` {MISPLACED}"),
        ("t'<p>{broken()}'", "secret"),
        ("{'event': 'x', 'data': {'html': html(t'{text()}')}}", f"`text` {NOT_AWAITED}"),
    ],
)
async def test_errors_in_a_yield_name_its_line(
    site: Site, item: str, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    files = route("page")
    files["index.py"] += "async def stream():\n    yield 1, 2\n".replace("1, 2", item)
    answer = await site(files).get("/", headers={"accept": "text/event-stream"})
    assert answer.status_code == 500
    error = caplog.records[0].exc_info
    assert what in str(error)
    assert isinstance(error[1], ValueError) or "index.py:6 " in str(error[1])


async def test_a_value_that_something_awaits_is_not_closed_with_its_page() -> None:
    async def text() -> str:
        return "late"

    placeholders = Placeholders()
    [begun] = placeholders.split(placeholders.add(DeferredValue(text(), str, "text")))
    assert isinstance(begun, DeferredValue)
    value = placeholders.begin(begun)
    placeholders.close()
    assert isinstance(value, Awaitable)
    assert await value == "late"
