"""Open pages follow the code under `hyper dev`, and keep what the visitor has done."""

import re
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, Page, expect

from hyperpy.dev import browser as dev_browser
from tests.support.servers import Command
from tests.support.sites import write_files

FORM = '''t"""
<!doctype html>
<html lang="en">
<head><title>Form</title></head>
<body>
<h1>{title}</h1>
<form><input id="name" value="initial"><textarea id="note">text</textarea>
<input type="checkbox" id="agree"><select id="pick"><option>one<option>two</select></form>
<details id="more"><summary>More</summary>hidden</details>
<div id="scroller" style="height: 50px; overflow: auto"><p style="height: 3000px">long</p></div>
<ul>{items}</ul>
<p style="height: 3000px">long</p>
</body>
</html>
"""
'''
FIRST = 'title = "First"\nitems = [t"<li id={name}>{name}</li>" for name in "abc"]\n' + FORM
SECOND = 'title = "Second"\nitems = [t"<li id={name}>{name}</li>" for name in "xcab"]\n' + FORM
DIVIDES = "title = 1 / 0\nitems = []\n" + FORM

STYLED = '''
from hyper import asset
t"""
<!doctype html>
<html lang="en">
<head>
<title>Styled</title>
<link rel="stylesheet" href="/static/plain.css">
<link rel="stylesheet" href="{asset("hashed.css")}">
<script type="module" src="/static/main.js"></script>
</head>
<body>
<h1>Styled</h1><h2>imported</h2>
<img id="plain" src="/static/dot.svg" srcset="/static/dot.svg 1x, /static/dot.svg?2 2x">
<img id="hashed" src="{asset("dot.svg")}">
</body>
</html>
"""
'''
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}"></svg>'
STATIC = {
    "static/plain.css": '@import "nested/more.css"; h1 {width: 100px}',
    "static/nested/more.css": "h2 {width: 100px}",
    "static/hashed.css": "h1 {height: 100px; background: url(dot.svg)}",
    "static/dot.svg": DOT.format(10),
    "static/main.js": 'import "./other.js"',
    "static/other.js": "window.script = 1",
    "static/unused.js": "",
}

KEPT = """t'''
<!doctype html>
<html lang="en">
<head><title>Kept</title><script src="/static/htmx.min.js"></script></head>
<body>
<h1>One</h1>
<dialog id="dialog">in a dialog</dialog>
<div id="popover" popover>in a popover</div>
<audio id="audio" src="/static/silence.wav" muted loop></audio>
<div id="editable" contenteditable>as sent</div>
<iframe id="frame" src="/framed"></iframe>
<div id="part" hx-get="/part" hx-trigger="load">loading</div>
<div id="rows" hx-get="/part" hx-trigger="load" hx-swap="beforeend"></div>
<p id="bound" :class="state" class="sent">bound</p>
<template id="loop"><i>made</i></template>
</body>
</html>
'''
"""
TICKING = """
import asyncio
t'''
<!doctype html>
<html lang="en">
<head><title>Live</title></head>
<body><h1>waiting</h1><script>
new EventSource("/ticking").onmessage = (event) => document.querySelector("h1").textContent = event.data;
</script></body>
</html>
'''
async def stream():
    yield {"data": "one"}
    await asyncio.Event().wait()
"""
MORE = {
    "routes/kept.py": KEPT,
    "routes/framed.py": "t'<p>framed'\n",
    "routes/part.py": "t'<b>part 1</b>'\n",
    "routes/ticking.py": TICKING,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scripts: Path) -> Path:
    folder = tmp_path_factory.mktemp("dev")
    write_files(folder, {"routes/index.py": FIRST, "routes/styled.py": STYLED, **STATIC, **MORE})
    shutil.copy(scripts / "htmx.min.js", folder / "static")
    write_silence(folder / "static" / "silence.wav")
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with Command("dev", "--port", "0", folder=folder) as command:
        yield f"http://127.0.0.1:{command.port()}"


def test_an_open_page_follows_the_code_and_keeps_what_was_entered(page: Page, site: str, folder: Path):
    index = folder / "routes" / "index.py"
    index.write_text(FIRST)
    page.goto(site)
    expect(page.locator("h1")).to_have_text("First")
    page.fill("#note", "a longer note")
    page.check("#agree")
    page.select_option("#pick", "two")
    page.click("#more summary")
    page.fill("#name", "entered")
    page.evaluate("""() => {
        document.querySelector("#name").setSelectionRange(2, 4);
        document.querySelector("#scroller").scrollTop = 70;
        scrollTo(0, 90);
        window.same = true;
        window.b = document.querySelector("#b");
    }""")

    index.write_text(SECOND)
    expect(page.locator("h1")).to_have_text("Second")
    state = page.evaluate("""() => {
        const of = (id) => document.getElementById(id);
        const name = of("name");
        return {
            same: window.same, b: of("b") === window.b, focus: document.activeElement.id, name: name.value,
            selection: [name.selectionStart, name.selectionEnd], note: of("note").value, agree: of("agree").checked,
            pick: of("pick").value, open: of("more").open, scrolled: [of("scroller").scrollTop, scrollY],
            items: [...document.querySelectorAll("li")].map((li) => li.id).join(""),
        };
    }""")
    assert state == {
        "same": True,
        "b": True,
        "focus": "name",
        "name": "entered",
        "selection": [2, 4],
        "note": "a longer note",
        "agree": True,
        "pick": "two",
        "open": True,
        "scrolled": [70, 90],
        "items": "xcab",
    }

    for broken, message in ((DIVIDES, "division by zero"), ("title = (\n", "was never closed")):
        index.write_text(broken)
        expect(page.locator("dialog")).to_contain_text(message)
        index.write_text(FIRST)
        expect(page.locator("dialog")).to_have_count(0)
        expect(page.locator("h1")).to_have_text("First")
        assert page.evaluate("window.same && document.querySelector('#name').value") == "entered"


def test_an_error_page_goes_away_once_the_file_is_mended(page: Page, site: str, folder: Path):
    index = folder / "routes" / "index.py"
    index.write_text(DIVIDES)
    page.goto(site)
    expect(page.locator("h1").last).to_contain_text("division by zero")  # over the page, if that was sent before
    page.goto(site)
    expect(page.locator("h1")).to_contain_text("division by zero")
    index.write_text(SECOND)
    expect(page.locator("h1")).to_have_text("Second")


def test_changed_static_files_are_replaced_in_the_page(page: Page, site: str, folder: Path):
    static = folder / "static"
    page.goto(f"{site}/styled")
    look = """() => {
        const of = (selector) => getComputedStyle(document.querySelector(selector));
        const shown = [of("h1").width, of("h1").height, of("h2").width];
        return [...shown, ...[...document.images].map((image) => image.naturalWidth), window.script, window.same];
    }"""
    state: list[object] = ["100px", "100px", "100px", 10, 10, 1, None]

    def until_it_shows(*expected: object) -> None:
        page.wait_for_function(f"(expected) => JSON.stringify(({look})()) === JSON.stringify(expected)", arg=expected)

    until_it_shows(*state)
    page.evaluate("window.same = true")
    state[-1] = True
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.removeprefix(site)))
    for file, text, place, value in (
        ("plain.css", '@import "nested/more.css"; h1 {width: 200px}', 0, "200px"),
        ("plain.css", '@import "nested/more.css"; h1 {width: 300px}', 0, "300px"),
        ("hashed.css", "h1 {height: 200px; background: url(dot.svg)}", 1, "200px"),
        ("hashed.css", "h1 {height: 300px; background: url(dot.svg)}", 1, "300px"),
        ("nested/more.css", "h2 {width: 200px}", 2, "200px"),
        ("nested/more.css", "h2 {width: 300px}", 2, "300px"),
    ):
        (static / file).write_text(text)
        state[place] = value
        until_it_shows(*state)
    (static / "dot.svg").write_text(DOT.format(20))
    state[3:5] = [20, 20]
    until_it_shows(*state)
    (static / "unused.js").write_text("1")
    (folder / "routes/index.py").write_text(SECOND)  # another page
    assert "/styled" not in fetched
    links = page.evaluate("[...document.querySelectorAll('link')].map((link) => link.getAttribute('href'))")
    assert len(links) == 2
    assert re.fullmatch(r"/static/hashed\.[0-9a-f]{16}\.css(\?.*)?", links[1])

    restyled = (
        folder / "restyled.txt"
    )  # moved into place, since a file that is being written may be read when it is empty
    restyled.write_text(STYLED.replace("<h1>Styled", "<h1>Restyled"))
    restyled.replace(folder / "routes/styled.py")
    expect(page.locator("h1")).to_have_text("Restyled")
    until_it_shows(*state)
    assert fetched.count("/styled") == 1
    assert page.locator("link").count() == 2
    (static / "other.js").write_text("window.script = 2")
    until_it_shows("300px", "300px", "300px", 20, 20, 2, None)


def write_silence(file: Path) -> None:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000 * 60)


def test_what_a_visitor_or_a_script_has_changed_stays(page: Page, site: str, folder: Path):
    page.goto(f"{site}/kept")
    expect(page.locator("#part")).to_have_text("part 1")
    expect(page.locator("#rows b")).to_have_count(1)
    page.locator("#editable").fill("typed")
    page.evaluate("""async () => {
        const of = (id) => document.getElementById(id);
        of("dialog").show();
        of("popover").showPopover();
        await of("audio").play();
        await new Promise((resolve) => of("audio").addEventListener("timeupdate", resolve, { once: true }));
        window.heard = of("audio").currentTime;
        of("frame").contentWindow.same = true;
        of("bound").className = "by-script";
        const made = of("loop").content.firstElementChild.cloneNode(true);
        of("loop").after(made);
        of("loop")._x_lookup = new Map([[0, made]]);
        window.audio = of("audio");
        window.same = true;
    }""")
    (folder / "routes/kept.py").write_text(KEPT.replace("One", "Two"))
    expect(page.locator("h1")).to_have_text("Two")
    look = """() => {
        const of = (id) => document.getElementById(id);
        return {
            same: window.same, dialog: of("dialog").open, popover: of("popover").matches(":popover-open"),
            audio: of("audio") === window.audio && !window.audio.paused && window.audio.currentTime >= window.heard,
            typed: of("editable").textContent, frame: of("frame").contentWindow.same, bound: of("bound").className,
            rows: of("rows").childElementCount, made: of("loop").nextElementSibling.textContent,
        };
    }"""
    expected = {"same": True, "dialog": True, "popover": True, "audio": True, "typed": "typed", "frame": True}
    expected |= {"bound": "by-script", "rows": 1, "made": "made"}
    assert page.evaluate(look) == expected
    expect(page.locator("#part")).to_have_text("part 1")

    (folder / "routes/part.py").write_text("t'<b>part 2</b>'\n")  # what only htmx has asked for
    expect(page.locator("#part")).to_have_text("part 2")
    assert page.evaluate(look) == expected
    (folder / "routes/framed.py").write_text("t'<p>framed again'\n")
    expect(page.frame_locator("#frame").locator("p")).to_have_text("framed again")
    assert page.evaluate(look) == {**expected, "frame": None}


def test_a_live_page_comes_back_to_the_new_code(page: Page, site: str, folder: Path):
    page.goto(f"{site}/ticking")
    expect(page.locator("h1")).to_have_text("one")
    (folder / "routes/ticking.py").write_text(TICKING.replace('"one"', '"two"'))
    expect(page.locator("h1")).to_have_text("two")


def test_what_scripts_have_written_stays_until_the_server_sends_something_else(page: Page, site: str, folder: Path):
    """Also what they write before the page is complete."""
    early = "<script>document.querySelector('h1').textContent = document.querySelector('b').textContent = 'early'"
    early += ";document.querySelector('ul').innerHTML = '<li>early'</script>"
    source = f't"""<!doctype html><title>1</title><h1>waiting</h1><b></b><ul></ul>{early}<p>one</p>"""\n'
    (folder / "routes/early.py").write_text(source)
    page.goto(f"{site}/early")
    for old, new, heading in (("one", "two", "early"), ("waiting", "ready", "ready")):
        expect(page.locator("h1")).to_have_text("early")
        source = source.replace(old, new)
        (folder / "routes/early.py").write_text(source)
        expect(page.locator("p")).to_have_text("two")
        expect(page.locator("h1")).to_have_text(heading)
        expect(page.locator("b")).to_have_text("early")
        expect(page.locator("li")).to_have_text("early")


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_tabs_that_were_away_catch_up(page: Page, site: str, folder: Path):
    index = folder / "routes/index.py"
    index.write_text(FIRST)
    other = page.context.new_page()
    for each in (other, page):
        each.goto(site)
        expect(each.locator("h1")).to_have_text("First")
    hide(other, True)
    index.write_text(SECOND)
    expect(page.locator("h1")).to_have_text("Second")
    assert other.locator("h1").text_content() == "First"
    hide(other, False)
    expect(other.locator("h1")).to_have_text("Second")
    other.close()
    page.goto(f"{site}/framed")
    index.write_text(FIRST)
    page.go_back()
    expect(page.locator("h1")).to_have_text("First")


def test_pages_come_and_go(page: Page, site: str, folder: Path):
    page.goto(f"{site}/new/page")
    expect(page.locator("h1")).to_contain_text("No route")
    write_files(folder, {"routes/new/page.py": "t'<h1>Here'\n"})
    expect(page.locator("h1")).to_have_text("Here")
    (folder / "routes/new").rename(folder / "routes/old")
    expect(page.locator("h1")).to_contain_text("No route")
    (folder / "routes/new").symlink_to("old")
    expect(page.locator("h1")).to_have_text("Here")


MORPHS = {
    "text": ("<p>a", "<p>b"),
    "attributes": ('<p class="a" title="t">', '<p class="b" lang="en">'),
    "kinds": ("<p>a</p><ul><li>b</ul>", "<ul><li>a</ul><p>b</p>"),
    "order by id": ('<i id="a"></i><i id="b"></i><i id="c"></i>', '<i id="c"></i><i id="d"></i><i id="a"></i>'),
    "comments": ("<!--a-->b", "<!--c-->d"),
    "svg": ('<svg><circle r="1"/></svg>', '<svg><circle r="2"/><path d="M0"/></svg>'),
    "templates": ("<template><p>a</template>", "<template><b>b</template>"),
    "less": ("<p>a</p><p>b</p><p>c</p>", "<p>c</p>"),
    "nothing": ("<p>a</p>", ""),
}


def test_a_document_becomes_the_other_one(browser: Browser):
    source = (Path(dev_browser.__file__).parent / "morph.js").read_text()
    wrong = {}
    page = browser.new_page()
    for name, (before, after) in MORPHS.items():
        page.set_content(f"<body>{before}")
        page.add_script_tag(
            content=f"{source.replace('export ', '')}\nwindow.morph = morph;document.currentScript.remove()"
        )
        morphed = """(html) => {
            const next = new DOMParser().parseFromString(html, "text/html");
            return [morph(next), document.body.innerHTML, next.body.innerHTML];
        }"""
        done, result, expected = page.evaluate(morphed, f"<body>{after}")
        if not done or result != expected:
            wrong[name] = (result, expected)
    page.close()
    assert not wrong


FAILING = '''from asyncio import sleep
from hyperpy import DELETE

async def feed():
    yield "tick", t"<p>1</p>"
    yield "tick", t"<p>{rows['b']}</p>"

rows = {"a": 1}
if DELETE:
    rows["none"]

t"""
<!doctype html>
<html lang="en"><head><title>Failing</title></head>
<body><input id="name" autofocus>
<button id="go" onclick="fetch('/failing', {{method: 'DELETE'}})">Delete</button>
<button id="open" onclick="new EventSource('/failing')">Open</button></body></html>
"""
'''
HALF = """from asyncio import sleep

async def late():
    await sleep(0)
    return rows["b"]

rows = {"a": 1}
t"<!doctype html><title>Half</title><h1>Half</h1>{late()}"
"""


def test_failures_after_the_page_appear_over_it(page: Page, site: str, folder: Path):
    failing = folder / "routes" / "failing.py"
    failing.write_text(FAILING)
    page.goto(f"{site}/failing")
    dialog = page.locator("dialog")
    page.focus("#name")
    page.evaluate("document.querySelector('#open').onclick()")
    expect(dialog).to_contain_text("KeyError: 'b'")
    expect(dialog.locator("mark").first).to_have_text("rows['b']")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "name"

    page.click("#go")  # another problem of the same page
    expect(dialog).to_contain_text("KeyError: 'none'")
    failing.write_text(FAILING.replace("'b'", "'a'").replace('"none"', '"a"'))
    expect(dialog).to_have_count(0)

    (folder / "routes" / "half.py").write_text(HALF)
    # In Chromium, the document of a broken connection stays in the state `loading` now and then.
    page.goto(f"{site}/half", wait_until="commit")
    expect(dialog).to_contain_text("KeyError: 'b'")
    (folder / "routes" / "half.py").write_text(HALF.replace('"b"', '"a"'))
    expect(dialog).to_have_count(0)


def test_an_overlay_fits_a_narrow_window(page: Page, site: str, folder: Path):
    page.set_viewport_size({"width": 320, "height": 500})
    index = folder / "routes" / "index.py"
    index.write_text(FIRST)
    page.goto(site)
    index.write_text(DIVIDES)
    expect(page.locator("dialog h1")).to_have_text("ZeroDivisionError: division by zero")
    state = page.locator("dialog").evaluate("""(dialog) => {
        const box = dialog.getBoundingClientRect();
        return { fits: box.left > 0 && box.right < innerWidth && box.top > 0 && box.bottom < innerHeight,
                 wide: dialog.scrollWidth > dialog.clientWidth, scrolls: dialog.scrollHeight > dialog.clientHeight };
    }""")
    assert state == {"fits": True, "wide": False, "scrolls": True}
    page.click("dialog button")
    expect(page.locator("dialog")).to_have_count(0)
    index.write_text(FIRST)


WARNED = '''
from hyper import request
name = "Ada"
cups: int = 2
rows = "<li>one</li>" if request.url.query else ""
t"""<!doctype html>
<html lang="en"><head><title>Warned</title></head>
<body><h1>{{ name }}</h1><Card></Card><ul>{rows}</ul></body></html>
"""
'''


def test_warnings_are_in_a_corner_of_their_page(page: Page, site: str, folder: Path):
    warned = folder / "routes/warned.py"
    warned.write_text(WARNED)
    badge, list_ = page.locator("hyper-warnings button"), page.locator("hyper-warnings [popover]")
    page.goto(f"{site}/warned")
    expect(badge).to_have_text("2 warnings")
    page.goto(f"{site}/warned?rows")
    expect(badge).to_have_text("3 warnings")  # a value that only this request has
    page.goto(f"{site}/warned?rows&cups=3")
    expect(badge).to_have_text("4 warnings")
    expect(list_).to_be_hidden()
    badge.click()
    expect(list_).to_contain_text("is not an element of HTML")
    links = list_.locator("a").evaluate_all("(links) => links.map(({ href, textContent }) => [textContent, href])")
    assert [text for text, _ in links[:4]] == ["routes/warned.py:4", *["routes/warned.py:8"] * 3]
    assert all("warned.py:8" in href for _, href in links[1:4])
    page.keyboard.press("Escape")
    expect(list_).to_be_hidden()
    warned.write_text(WARNED.replace("<Card></Card>", ""))
    expect(badge).to_have_text("3 warnings")
    fixed = WARNED.replace("<Card></Card>", "").replace("{{ name }}", "{name}").replace('"<li>', 't"<li>')
    warned.write_text(fixed.replace("cups: int = 2", ""))
    expect(badge).to_have_count(0)
    page.goto(f"{site}/framed")
    assert badge.count() == 0


def test_a_page_whose_server_is_gone_asks_for_it_less_often(page: Page, tmp_path: Path):
    write_files(tmp_path, {"routes/index.py": "t'<!doctype html><title>x</title><p>here'"})
    attempts: list[float] = []
    page.on("requestfailed", lambda request: attempts.append(monotonic()))
    with Command("dev", "--port", "0", folder=tmp_path) as command:
        url = f"http://127.0.0.1:{command.port()}"
        page.goto(url)
    slow = 22  # the first attempts are quick: most servers are back at once
    while len(attempts) < slow + 2:
        page.wait_for_timeout(50)
    assert attempts[slow + 1] - attempts[slow] > 0.5
