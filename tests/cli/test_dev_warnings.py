"""What `hyper dev` warns about while a site runs."""

import asyncio
import importlib.util
import logging
import multiprocessing
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context
from pathlib import Path
from types import ModuleType

import pytest
import uvloop

from hyperpy import Hyper
from hyperpy.dev import child
from hyperpy.dev.terminal import Watchdog, note_template_values
from hyperpy.templates import text_functions
from tests.support.clients import client_of
from tests.support.sites import write_files

VALUES = '''
    from hyperpy import Markup

    bold, item = "<b>x</b>", f"<li class='a'>{1}</li>"
    rule, safe, less, generic = "a<br>b", Markup("<b>x</b>"), "1 < 2 and 3 > 2", "list<str> and <none>"
    t"""<p>{bold}</p>
    <ul>{item}</ul>
    <p title="{bold}">{less} {generic} {safe}</p>
    <p aria-label="Remove {bold}" class="a {bold}" title='{bold} {item}' data-x={bold}>{less}</p>
    <title>Say {bold} {item}</title> <textarea rows=2>a {item}</textarea>
    <pre>{bold}</pre> <textarea name=a>{item}</textarea>
    <p>{rule}</p>
    {[t"<p>{each}</p>" for each in (bold, item)]}
    <ul>{[1, item]}</ul>
    <ul>{(f"{each}" for each in (item,))}</ul>
    <pre>{[bold]}</pre> {["a < b", safe, t"<b>x</b>"]} {(safe, 1)}
    {str(t"<b>x</b>")} {"".join(map(str, [t"<b>x</b>"]))}"""
    '''


async def test_html_that_is_shown_as_text(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    write_files(tmp_path / "routes", {"index.py": VALUES})

    def load() -> Hyper:
        note_template_values()
        return Hyper(tmp_path / "routes", debug=True)

    client = client_of(Context().run(load))
    for _ in range(2):
        assert "&lt;b&gt;x&lt;/b&gt;" in (await client.get("/")).text
    messages = [record.getMessage() for record in caplog.records]
    lines = [int(text.partition("index.py:")[2].partition(" ")[0]) for text in messages]
    assert lines == [5, 6, 11, 12, 13, 14, 16, 16]
    assert all("like HTML" in text and "Markup(…)" in text for text in messages[:6])
    assert all("is a t-string that str(), an f-string or a join has made text" in text for text in messages[6:])
    assert "<p>{bold}</p>" in messages[0]
    assert "^" in messages[0]


FALSE_WORDS = """
    off, on, other = "False", "checked", "no"
    t'''<input checked={off}><input checked={on} value={off} draggable={other}>
    <input { {"disabled": other, "value": other}:**}>
    <input name=a { {"required": on, "x": off}:**} hidden={other}>
    {[t"<option selected='{each}'>" for each in (off, on, 1, "")]}'''
    """


async def test_words_that_set_a_boolean_attribute(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    write_files(tmp_path / "routes", {"index.py": FALSE_WORDS})

    def load() -> Hyper:
        note_template_values()
        return Hyper(tmp_path / "routes", debug=True)

    client = client_of(Context().run(load))
    for _ in range(2):
        assert '<input checked="False">' in (await client.get("/")).text
    messages = [record.getMessage() for record in caplog.records]
    assert [text.partition("index.py:")[2].partition("\n")[0] for text in messages] == [
        "2  `checked` is set by any text, and so by 'False'",
        "3  `disabled` is set by any text, and so by 'no'",
        "4  `hidden` is set by any text, and so by 'no'",
        "5  `selected` is set by any text, and so by 'False'",
    ]
    assert all("Interpolate a bool" in text for text in messages)


async def test_files_that_change_are_looked_at_as_well():
    """What the process sets for the templates that it loads reaches those that it loads again."""
    note_template_values()
    expected = text_functions.get()
    assert expected
    receiving, sending = multiprocessing.Pipe(duplex=False)
    seen: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    child._receive(receiving, lambda changes: seen.set_result(text_functions.get()), lambda: None)
    with receiving, sending:
        sending.send("changes")
        assert await asyncio.wait_for(seen, 10) is expected


HOLDING = """
def hold(reported):
    while not reported():
        pass


def outer(reported):
    hold(reported)


def serve(run, library):
    run(library())
"""


def module_of(file: Path, source: str) -> ModuleType:
    write_files(file.parent, {file.name: source})
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def holding(tmp_path: Path) -> ModuleType:
    return module_of(tmp_path / "holding.py", HOLDING)


type Runner = Callable[[Coroutine[object, object, None]], None]


def reports_of(caplog: pytest.LogCaptureFixture, file: str) -> list[str]:
    """On a busy machine the test's own lines hold the loop as well."""
    return [text for text in map(logging.LogRecord.getMessage, caplog.records) if f"{file}:" in text]


async def test_the_line_that_holds_the_loop_is_named(holding: ModuleType, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING)
    watchdog = Watchdog(0.05)
    try:
        watchdog.watch(asyncio.get_running_loop())
        watchdog.watch(asyncio.get_running_loop())
        holding.outer(lambda: reports_of(caplog, "holding.py"))
    finally:
        watchdog.close()
    [text] = reports_of(caplog, "holding.py")
    assert "has held the event loop for 0.05 s" in text
    assert "await asyncio.to_thread" in text


LIBRARY = """
import asyncio, time

async def serve(watchdog, looks):
    watchdog.watch(asyncio.get_running_loop())
    await asyncio.sleep(0)
    while len(looks) < 5:
        time.sleep(0.01)
"""


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_code_that_runs_the_loop_does_not_hold_it(
    run: Runner,
    holding: ModuleType,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    """The lines that serve a site are beneath everything that the loop calls."""
    looks: list[object] = []
    frames = sys._current_frames
    monkeypatch.setattr(sys, "_current_frames", lambda: looks.append(None) or frames())
    library = module_of(tmp_path / "site-packages/library.py", LIBRARY)
    watchdog = Watchdog(0.05)
    try:
        holding.serve(run, lambda: library.serve(watchdog, looks))
    finally:
        watchdog.close()
    assert not reports_of(caplog, "holding.py")
