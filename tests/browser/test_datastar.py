"""What the real Datastar does with hyperpy's events: the examples of its documentation, and every option and value."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serve
from tests.browser.libraries import DATASTAR, Sources
from tests.docs_support.shell import REPOSITORY
from tests.support.sites import write_files

DOCUMENT = (REPOSITORY / "docs" / "datastar.md").read_text()
EXAMPLES = dict(re.findall(r"^```python\n# (routes/\S+)\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE))
LISTENER = re.findall(r"^(?:<p data-signals:problem| {3}data-on:datastar-fetch).*", DOCUMENT, re.MULTILINE)

# Each would run something, or change a signal, if it were taken for code anywhere on its way.
HOSTILE = [
    "</script><script>pwned=1</script>",
    "<!--<script>",
    "\U0001f595JS_$`+(window.pwned=1))//_DS\U0001f680",
    "$evil ${pwned=1} $& $` $'",
    "@post('/signals') ${@get('/x')}",
    "`${window.pwned=1}`",
    "'\"\\",
    "\u2028\u2029\x85 \x0b\x0c\x1c\x1d\x1e",
    'a\r\nb\rc\nsignals {"evil":1}\n\ndata: x',
    "(()=>{window.pwned=1})()",
    "function f() { window.pwned = 1 }",
]

FILES = {
    "routes/all.py": '''
        from hyperpy import datastar as ds
        from hyperpy import render, fragment, swap, GET
        from routes._base import Layout
        from routes._hostile import HOSTILE

        t"""
        <{Layout}>
          <button id="go" data-on:click="@get('/all')">go</button>
          <div id="signals" data-signals={ {"kept": "page", "gone": 1, "deep": {"a": 1, "b": 2}, "evil": "harmless"} }
            data-json-signals></div>
          <p id="hostile" data-signals={ {"values": HOSTILE} }></p>
          <p id="outer">old</p><p id="inner" class="same">old</p><p id="replaced">old</p>
          <ul id="list"><li>one</li></ul><svg><circle r="1"/></svg>
          <p class="spinner"></p><p class="spinner"></p><p id="swapped">old</p>
          <p id="part" {fragment}>old {1}</p><p id="plain"></p><p id="done"></p>
        </{Layout}>
        """


        async def late():
            return t"<b>late</b>\\n<i>too</i>"


        async def stream():
            yield t"<p id='outer'>new</p>"
            yield ds.patch(t"<b>new</b>", selector="#inner", mode="inner")
            yield ds.patch(t"<p id='replaced'>new</p>", mode="replace", use_view_transition=True)
            for mode, text in (("append", "two"), ("prepend", "zero")):
                yield ds.patch(t"<li>{text}</li>", selector="#list", mode=mode)
            yield ds.patch(t"<p class='before'>{late()}</p>", selector="#list", mode="before")
            yield ds.patch(t"<p class='after'></p>", selector="#list", mode="after")
            yield ds.patch(t"<rect width='1'/>", selector="svg", mode="append", namespace="svg")
            yield ds.remove(".spinner")
            yield swap("#swapped", t"<b>x</b>", how="innerHTML")
            yield render(fragments="part")
            yield {"data": t"<p id='plain'>{'\\n'.join(HOSTILE)}</p>", "id": "7"}
            yield ds.signals({"kept": "stream", "added": HOSTILE}, only_if_missing=True)
            yield ds.signals({"deep": {"c": 3}, "gone": None})
            yield ds.forget("deep.a")
            for text in HOSTILE:
                yield ds.script(t"const text = {text}; (window.texts ??= []).push(text, '{text}')")
            yield "ignored", 1
            yield t"<p id='done'>done</p>"
        ''',
    "routes/signals.py": """
        from dataclasses import dataclass
        from hyperpy import DELETE, PATCH, POST, PUT, request
        from hyperpy import datastar as ds

        @dataclass
        class Page:
            name: str

        POST, PUT, PATCH, DELETE

        async def stream():
            yield ds.signals({"answer": f"{request.method} {signals.name}"})

        signals: Page = ds.Signals()
        """,
    "routes/leave.py": '''
        from hyperpy import POST, flash, flashes, redirect
        from hyperpy import datastar as ds
        from routes._base import Layout

        t"""
        <{Layout}>
          <button id="before" data-on:click="@post('/leave')">before</button>
          <button id="during" data-on:click="@get('/leave')">during</button>
          <button id="view" data-on:click="@get('/contacts/7')">view</button>
          <h1>Leave</h1>{[f.text for f in flashes()]}
        </{Layout}>
        """
        if POST:
            flash("Saved.")
            redirect("?page=2#part")

        async def stream():
            yield ds.redirect("?page=3")
        ''',
    "routes/broken.py": f"""
        from hyperpy import POST, HTTPException
        from routes._base import Layout
        t\'\'\'<{{Layout}}><button data-on:click="@post('/broken')">go</button>{" ".join(LISTENER)}</{{Layout}}>\'\'\'

        if POST:
            async def stream():
                yield t"<output id='toast'>begun</output>"
                raise HTTPException(409, "Not `now` ${{1}}")
        """,
    "routes/_hostile.py": f"HOSTILE = {HOSTILE!r}",
}


@pytest.fixture(scope="module")
def site(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("datastar")
    quick = {name: text.replace("sleep(1)", "sleep(0.1)") for name, text in EXAMPLES.items()}
    write_files(folder, quick | FILES | {"static/datastar.js": sources[DATASTAR][DATASTAR.files[0]]})
    with serve(folder) as url:
        yield url


def record(page: Page, *texts: str) -> None:
    """Collect the texts that elements show, in turn."""
    page.evaluate(
        """selectors => { window.seen = []; for (const s of selectors) {
            const element = document.querySelector(s), note = () => seen.push(element.textContent);
            new MutationObserver(note).observe(element, {childList: true, characterData: true, subtree: true});
        } }""",
        list(texts),
    )


def test_the_examples_do_what_the_documentation_says(page: Page, site: str, page_errors: list[str]) -> None:
    page.goto(f"{site}/countdown")
    record(page, "p")
    page.click("text=Start")
    expect(page.locator("#toast")).to_have_text("The time is over")
    assert page.evaluate("[seen, toast.className]") == [["3", "2", "1"], "error"]

    page.goto(f"{site}/contacts/import")
    expect(page.locator("#message")).to_be_hidden()
    record(page, ".progress-fill", "#current")
    page.click("text=Import")
    expect(page.locator("#message")).to_have_text("3 contacts imported successfully!")
    seen = page.evaluate("seen")
    assert [text for text in seen if "%" in text] == ["33%", "67%", "100%"]
    assert [text for text in seen if "%" not in text] == ["Ada", "Alan", "Grace"]
    assert page.evaluate("document.querySelector('.progress-fill').style.width") == "100%"

    page.goto(f"{site}/dashboard")
    record(page, "#stats", "#revenue-chart", "#activity")
    page.click("text=Refresh")
    expect(page.locator("#refreshed")).to_have_text(re.compile("T"))
    assert page.evaluate("seen") == ["42 orders", "1815 euros", "Ada has paidAlan < Grace"]

    page.goto(f"{site}/process")
    with page.expect_console_message(lambda message: message.text == "Import error: number 3 is `broken`"):
        page.click("button")
    expect(page.locator("#status")).to_have_text("Import failed number 3 is `broken`")

    page.goto(f"{site}/broken")
    page.click("button")
    expect(page.locator("p")).to_have_text("Not `now` ${1}")
    expect(page.locator("#toast")).to_have_text("begun")
    assert page_errors == []


def test_every_event_arrives_and_no_value_is_code(page: Page, site: str, page_errors: list[str]) -> None:
    page.goto(f"{site}/all")
    signals = page.locator("#signals")
    expect(signals).to_contain_text("values")
    assert json.loads(signals.inner_text())["values"] == HOSTILE
    page.click("#go")
    expect(page.locator("#done")).to_have_text("done")
    shown = page.evaluate(
        """() => Object.fromEntries(["#outer", "#inner", "#replaced", "#list", ".before", "#swapped", "#part", "#plain"]
            .map(name => [name, document.querySelector(name).innerHTML]))"""
    )
    plain = shown.pop("#plain")
    assert shown == {
        "#outer": "new",
        "#inner": "<b>new</b>",
        "#replaced": "new",
        "#list": "<li>zero</li><li>one</li><li>two</li>",
        ".before": "<b>late</b>\n<i>too</i>",
        "#swapped": "<b>x</b>",
        "#part": "old 1",
    }
    assert plain.count("pwned=1") == 5
    assert page.evaluate(
        "[document.querySelector('rect').namespaceURI, document.querySelectorAll('.spinner').length]"
    ) == [
        "http://www.w3.org/2000/svg",
        0,
    ]
    expect(page.locator(".after")).to_have_count(1)
    found = json.loads(signals.inner_text())
    expected = {"kept": "page", "deep": {"b": 2, "c": 3}, "evil": "harmless", "values": HOSTILE, "added": HOSTILE}
    assert found == expected
    assert page.evaluate("texts") == [text for text in HOSTILE for _ in range(2)]
    assert page.evaluate("window.pwned") is None
    expect(page.locator("script[data-effect], body > i")).to_have_count(0)
    assert page_errors == []


def test_signals_arrive_by_every_method(page: Page, site: str, page_errors: list[str]) -> None:
    page.goto(f"{site}/all")
    for method in ("get", "post", "put", "patch", "delete"):
        page.evaluate(
            """method => { go.outerHTML = `<button id=go data-signals='{"name": "é+&\\u2028"}'
                data-on:click="@${method}('/signals')">go</button>`; }""",
            method,
        )
        page.click("#go")
        expect(page.locator("#signals")).to_contain_text(f'"{method.upper()} é+&')
    assert page_errors == []


def test_other_pages_are_shown_and_left(page: Page, site: str, page_errors: list[str]) -> None:
    page.goto(f"{site}/leave")
    page.click("#before")
    page.wait_for_url("**/leave?page=2#part")
    expect(page.locator("body")).to_contain_text("Saved.")
    page.click("#before")  # a URL that differs in nothing is loaded all the same
    expect(page.locator("body")).to_contain_text("Saved.")
    page.click("#during")
    page.wait_for_url("**/leave?page=3")
    page.evaluate("window.same = true")
    page.click("#view")
    expect(page.locator("h1")).to_have_text("Contact 7")
    expect(page).to_have_title("Contact 7")
    expect(page).to_have_url(f"{site}/contacts/7")
    assert page.evaluate("[window.same, document.querySelectorAll('i').length]") == [True, 0]
    page.go_back()
    expect(page.locator("h1")).to_have_text("Leave")
    assert page_errors == []
