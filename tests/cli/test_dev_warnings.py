"""What `hyper dev` warns about while a site runs."""

import asyncio
import importlib.util
import logging
import multiprocessing
from contextvars import Context
from pathlib import Path

import pytest

from hyperpy import Hyper
from hyperpy.dev import child
from hyperpy.dev.terminal import Watchdog, note_escaped_html
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
    <pre>{[bold]}</pre> {["a < b", safe, t"<b>x</b>"]} {(safe, 1)}"""
    '''


async def test_html_that_is_shown_as_text(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    write_files(tmp_path / "routes", {"index.py": VALUES})

    def load() -> Hyper:
        note_escaped_html()
        return Hyper(tmp_path / "routes", debug=True)

    client = client_of(Context().run(load))
    for _ in range(2):
        assert "&lt;b&gt;x&lt;/b&gt;" in (await client.get("/")).text
    messages = [record.getMessage() for record in caplog.records]
    lines = [int(text.partition("index.py:")[2].partition(" ")[0]) for text in messages]
    assert lines == [5, 6, 11, 12, 13, 14]
    assert all("like HTML" in text and "Markup(…)" in text for text in messages)
    assert "<p>{bold}</p>" in messages[0]
    assert "^" in messages[0]


async def test_files_that_change_are_looked_at_as_well():
    """What the process sets for the templates that it loads reaches those that it loads again."""
    note_escaped_html()
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
"""


async def test_the_line_that_holds_the_loop_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    file = tmp_path / "holding.py"
    file.write_text(HOLDING)
    spec = importlib.util.spec_from_file_location("holding", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    caplog.set_level(logging.WARNING)
    watchdog = Watchdog(0.05)

    def reports() -> list[str]:
        """Those of the file. On a busy machine the test's own lines hold the loop as well."""
        return [text for text in map(logging.LogRecord.getMessage, caplog.records) if "holding.py:" in text]

    try:
        watchdog.watch(asyncio.get_running_loop())
        watchdog.watch(asyncio.get_running_loop())
        module.outer(reports)
    finally:
        watchdog.close()
    [text] = reports()
    assert "has held the event loop for 0.05 s" in text
    assert "await asyncio.to_thread" in text
