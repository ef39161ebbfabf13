"""Warnings about unsafe values: their place, and once for each request."""

import ast
import asyncio
from string.templatelib import Template

import pytest

from hyperpy.exceptions import Place
from hyperpy.templates import SourceText, render_template
from hyperpy.templates.at_load.literals import Literals
from hyperpy.templates.escaping import reports

BAD = "javascript:1"


def page(url: str) -> Template:
    return t"<a href={url}><img src={url} alt></a>"


async def test_once_for_each_place_and_task(caplog: pytest.LogCaptureFixture) -> None:
    async def request() -> None:
        for _ in range(3):
            render_template(page(BAD))
            await asyncio.sleep(0)

    await asyncio.gather(asyncio.create_task(request()), asyncio.create_task(request()))
    reported = [message.partition("`: ")[0].rpartition(": ")[2].partition(" can't")[0] for message in caplog.messages]
    assert sorted(reported) == ["`href` of <a>"] * 2 + ["`src` of <img>"] * 2


def test_every_time_without_an_event_loop(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        render_template(t"<a href={BAD}>")
    assert len(caplog.messages) == 2


def test_the_place_if_it_is_known(caplog: pytest.LogCaptureFixture) -> None:
    source = "x = 1\n\nt'<a href={url}><img src={url} alt></a>'\n"
    Literals(SourceText("page.py", source), frozenset()).within(ast.parse(source))
    render_template(page(BAD))
    words = 't"<a href={url}><img src={url} alt></a>"'
    assert caplog.messages[0] == f"page.py:3: {words}: `href` of <a> can't be 'javascript:1' (str), sent #blocked"
    assert [record.place for record in caplog.records] == [Place("page.py", 3)] * 2  # type: ignore[attr-defined]


def test_the_number_of_places_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "CACHE_SIZE", 2)
    for number in range(5):
        reports.remember(str(number), Place("page.py", number))
    assert list(reports._places) == ["4"]
