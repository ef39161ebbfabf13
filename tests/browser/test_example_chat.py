"""The radio and the scales of the example, on two workers connected by Redis."""

import os
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Response, expect

from tests.browser.conftest import serve
from tests.channels.brokers import RedisBroker
from tests.support.until import wait_until

# Adds the worker's process id to the responses of streams.
WORKER = """

import os

from hyperpy import Response

response: Response
response.headers["x-worker"] = str(os.getpid())
"""

# After a few crates, the scales wait for a file.
HELD_BACK = """

import asyncio
from pathlib import Path

_lifted = 0


async def _lift_crate() -> None:
    global _lifted
    _lifted += 1
    while _lifted > 4 and not Path("go").exists():
        await asyncio.sleep(0.02)
"""


@pytest.fixture
def folder(example: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(example, tmp_path / "site")
    routes = folder / "routes_example"
    for name, more in {
        "chat/{room_id}/stream.py": WORKER,
        "catch/{job_id}.py": WORKER,
        "_catch.py": HELD_BACK,
    }.items():
        with (routes / name).open("a") as file:
            file.write(more)
    return folder


@pytest.fixture
def url(require_program, folder, tmp_path):
    broker = RedisBroker(require_program("redis-server"), tmp_path / "redis")
    try:
        broker.start()
        with serve(folder, "--workers", "2", HYPER_CHANNELS=broker.address) as url:
            yield url
    finally:
        broker.stop()


class Window:
    """A browser context of its own, and the workers that its streams have come from."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.workers: list[int] = []
        self.page.on("response", self._record)
        self.page.goto(url)
        wait_until(lambda: self.workers or self.page.wait_for_timeout(20))

    def _record(self, response: Response) -> None:
        if worker := response.headers.get("x-worker"):
            self.workers.append(int(worker))

    def say(self, text: str) -> None:
        self.page.get_by_label("Your name").fill("Ada")
        self.page.get_by_label("Message").fill(text)
        self.page.get_by_role("button", name="Send").click()
        expect(self.page.get_by_label("Message")).to_have_value("")

    def shows(self, *texts: str) -> None:
        """Check that exactly these messages are shown, in this order."""
        expect(self.page.locator("#calls li > p:not(.note)")).to_have_text(list(texts))


@contextmanager
def stopped(worker: int):
    """Pause one worker, so that the others accept all connections."""
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


@pytest.fixture
def windows(browser, url):
    """Two windows in one room, each connected to a different worker."""
    first = Window(browser, f"{url}/chat/12")
    with stopped(first.workers[-1]):
        second = Window(browser, f"{url}/chat/12")
    assert first.workers[-1] != second.workers[-1]
    yield first, second
    for window in (first, second):
        window.context.close()


def test_windows_on_two_workers_show_each_others_messages(browser, windows, url):
    """Visitors see the messages of their room only."""
    first, second = windows
    elsewhere = Window(browser, f"{url}/chat/72")
    first.say("<b>Hello</b>, & welcome")
    second.say("Hello yourself")
    elsewhere.say("Between us")
    first.say("Over")
    for window in windows:
        window.shows("<b>Hello</b>, & welcome", "Hello yourself", "Over")
    elsewhere.shows("Between us")
    first.page.reload()
    first.shows("<b>Hello</b>, & welcome", "Hello yourself", "Over")
    elsewhere.context.close()


def test_a_lost_connection_resumes_and_shows_each_message_once(windows):
    first, second = windows
    texts = [f"Message {number}" for number in range(8)]
    for text in texts[:2]:
        first.say(text)
    first.shows(*texts[:2])
    os.kill(first.workers[-1], signal.SIGKILL)
    for text in texts[2:6]:
        second.say(text)
    first.shows(*texts[:6])
    assert len(first.workers) == 2
    first.say(texts[6])
    second.say(texts[7])
    for window in windows:
        window.shows(*texts)


def test_a_new_stream_clears_the_page_first(site):
    """A stream without an id, or with an unknown one, starts by removing the messages on the page."""
    with httpx.Client(base_url=site, timeout=30) as client:
        client.post("/chat/12", data={"name": "Ada", "text": "Hello"})
        for headers, text in (({}, "listening"), ({"Last-Event-ID": "no such id"}, "lost in the static")):
            with client.stream("GET", "/chat/12/stream", headers=headers) as response:
                lines = (line for line in response.iter_lines() if line.startswith(("event", "data")))
                assert next(lines) == "event: begin"
                assert text in next(lines)
                assert next(line for line in lines if "Hello" in line)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("", "Hello", "say who you are"),
        ("Ada", "  ", "something for the others to hear"),
        ("A" * 41, "Hello", "40 characters"),
        ("Ada", "x" * 501, "500 for what you say"),
    ],
)
def test_an_invalid_message_is_returned_with_a_reason(site, name, text, problem):
    with httpx.Client(base_url=site) as client:
        page = client.post("/chat/77", data={"name": name, "text": text})
        by_htmx = {"HX-Request": "true", "HX-Target": "speak"}
        part = client.post("/chat/77", data={"name": name, "text": text}, headers=by_htmx)
        assert (page.status_code, part.status_code) == (422, 422)
        assert part.text.startswith("<form")
        for response in (page, part):
            assert problem in response.text
            assert f'value="{name}"' in response.text


def test_a_rejected_message_can_be_corrected(page, site, page_errors):
    page.goto(f"{site}/chat/72")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Message").fill("   ")
    page.get_by_label("Message").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("something for the others")
    expect(page.get_by_label("Message")).to_be_focused()
    page.get_by_label("Message").fill("I mean it")
    page.get_by_label("Message").press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("log")).to_contain_text("I mean it")
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    assert [error for error in page_errors if "422" not in error] == []


def test_sending_works_without_javascript(browser, page, site):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{site}/chat/77")
    plain.get_by_label("Your name").fill("Ólöf & co")
    plain.get_by_label("Message").fill("Fresh herring")
    plain.get_by_role("button", name="Send").click()
    expect(plain.get_by_label("Message")).to_have_value("")
    expect(plain.get_by_label("Your name")).to_have_value("Ólöf & co")
    context.close()
    page.goto(f"{site}/chat/77")
    expect(page.get_by_role("log")).to_contain_text("Fresh herring")


def test_every_worker_shows_a_job_until_its_end(browser, page, folder, url):
    page.goto(f"{url}/catch")
    page.get_by_label("Boat").select_option("Ronja")
    page.get_by_role("button", name="Weigh").click()
    first = Window(browser, page.url)
    with stopped(first.workers[-1]):
        second = Window(browser, page.url)
    for window in (first, second):
        expect(window.page.get_by_role("status")).to_have_text("Weighing, 4 of 7 crates.")
    first.page.reload()
    expect(first.page.get_by_role("progressbar")).to_have_attribute("value", "4")
    watch = "document.body.addEventListener('htmx:sseClose', event => { window.ended = event.detail.type })"
    first.page.evaluate(watch)
    (folder / "go").touch()
    for window in (first, second):
        expect(window.page.get_by_role("status")).to_have_text("All is weighed.")
        expect(window.page.locator("tfoot")).to_have_text("All80.3")
    first.page.wait_for_function("window.ended == 'message'")
    second.page.reload()
    expect(second.page.get_by_role("status")).to_have_text("All is weighed.")
    for window in (first, second):
        window.context.close()


def test_a_boat_without_a_catch_is_rejected(site):
    assert httpx.post(f"{site}/catch", data={"boat": "Titanic"}).status_code == 422
