"""The example's assistant, with a model whose every word the test decides."""

import asyncio
import json
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Self

import pytest
from playwright.sync_api import Browser, Page, expect

from hyperpy.testing import Site, client
from tests.browser.conftest import REPOSITORY, serve
from tests.support.until import PATIENCE, PAUSE, wait_until

HOSTILE = (
    "# Title\n\n<script>window.pwned = 1</script> <img src=x onerror=window.pwned=1> "
    "[a](javascript:window.pwned=1) [b](JaVaScRiPt&colon;window.pwned=1) [c](data:text/html,<script>pwned=1</script>) "
    "![d](x){onerror=pwned} <https://example.com> **bo"
)
CUT = 1.5  # seconds until an answer without readers ends, which a reload must fit into


class Model:
    """An endpoint of OpenAI's protocol. It says what is put into `words`: None ends the answer, False cuts it off."""

    def __init__(self) -> None:
        self.words = SimpleQueue[str | bool | None]()
        self.asked: list[dict[str, object]] = []
        self.left = threading.Event()  # a client has closed its connection in mid-answer
        self.status = 200
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            complete = False

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.asked.append({"key": self.headers["Authorization"], "path": self.path} | body)
                self.send_response(model.status)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                threading.Thread(target=self._watch, daemon=True).start()
                while isinstance(word := model.words.get(), str) and not model.left.is_set():
                    self._say(json.dumps({"choices": [{"index": 0, "delta": {"content": word}}]}))
                self.complete = True
                if word is None:
                    self._say("[DONE]")

            def _say(self, data: str) -> None:
                self.wfile.write(f"data: {data}\n\n".encode())
                self.wfile.flush()

            def _watch(self) -> None:
                """The client sends nothing more, so this returns only when it closes the connection."""
                with suppress(OSError):  # the answer was so short that this end has closed it
                    self.connection.recv(1)
                if not self.complete:
                    model.left.set()
                    model.words.put(False)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.words.put(False)
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as model:
        yield model


@pytest.fixture
async def harbour(monkeypatch: pytest.MonkeyPatch, model: Model, tmp_path: Path) -> AsyncIterator[Site]:
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setenv("OPENAI_BASE_URL", model.url)
    monkeypatch.setenv("HARBOUR_DATABASE", str(tmp_path / "harbour.db"))
    async with client("routes_example") as site:
        yield site


async def shows(site: Site, text: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while text not in (await site.get("/assistant")).text:
            await asyncio.sleep(PAUSE)


async def test_without_javascript_the_page_shows_the_answer(harbour: Site, model: Model) -> None:
    page = await (await harbour.page("/assistant")).form(".ask").submit(text="Now?")
    assert "Look again" in page.select_one(".ending noscript").text
    model.words.put("Yes, *now*.")
    await shows(harbour, "Yes, <em>now</em>.")
    refused = await (await harbour.page("/assistant")).form(".ask").submit(text="And now?")
    assert (refused.status, len(model.asked)) == (422, 1)
    stopped = await (await harbour.page("/assistant")).form(".ending form").submit()
    assert stopped.select_one("h1").text == "Ask the harbour"
    await shows(harbour, "Stopped here.")
    again = await (await harbour.page("/assistant")).form("[action='/assistant/new']").submit()
    assert again.select(".exchange") == []


@pytest.mark.parametrize(("status", "words"), [(500, []), (200, ["Half", False])])
async def test_a_model_that_fails_is_an_error_event(
    harbour: Site, model: Model, status: int, words: list[str | bool], caplog: pytest.LogCaptureFixture
) -> None:
    model.status = status
    page = await (await harbour.page("/assistant")).form(".ask").submit(text="Now?")
    async with harbour.stream(page.select_one("[sse-connect]").attributes["sse-connect"]) as events:
        for word in [*words, False]:
            model.words.put(word)
        received = [event async for event in events]
    assert received[-1].event == "failed"
    assert "The line to the model broke" in received[-1].data
    kept = await harbour.page("/assistant")
    assert kept.select_one("[role=alert]").text == "The line to the model broke. Please ask again."
    assert kept.select_one(".answer").text == "".join(word for word in words if word)
    assert model.url in caplog.text


@pytest.fixture
def url(example: Path, model: Model, tmp_path: Path) -> Iterator[str]:
    """The example, whose answers wait less long for their readers."""
    folder = shutil.copytree(example, tmp_path / "site")
    file = folder / "routes_example" / "_assistant.py"
    file.write_text(file.read_text().replace("GRACE: Final = 4.0", f"GRACE: Final = {CUT}"))
    with serve(folder, OPENAI_BASE_URL=model.url, OPENAI_API_KEY="a key") as url:
        yield url


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your question").fill(text)
    page.get_by_role("button", name="Ask").click()


def test_an_answer_grows_survives_reloads_and_stops(page: Page, url: str, model: Model, page_errors: list[str]) -> None:
    page.goto(f"{url}/assistant")
    ask(page, "Is it safe?")
    answer, status = page.locator(".answer").last, page.locator(".ending").last
    for word, text in (("It ", "It"), ("is **sa", "It is **sa")):
        model.words.put(word)
        expect(answer).to_have_text(text)
    page.reload()
    expect(answer).to_have_text("It is **sa")
    model.words.put("fe**.")
    expect(answer.locator("strong")).to_have_text("safe")
    page.context.set_offline(True)
    model.words.put(" Now")
    page.context.set_offline(False)
    expect(answer).to_have_text("It is safe. Now")
    page.get_by_role("button", name="Stop").click()
    expect(status).to_have_text("Stopped here.")
    wait_until(model.left.is_set)
    page.reload()
    expect(answer).to_have_text("It is safe. Now")
    expect(status).to_have_text("Stopped here.")

    model.left.clear()
    ask(page, "And this?")
    model.words.put(HOSTILE)
    expect(page.locator(".answer h3")).to_have_text("Title")
    model.words.put("ld**")
    expect(answer.locator("strong")).to_have_text("bold")
    model.words.put(None)
    expect(status).to_have_text("The answer is complete.")
    assert answer.locator("a").evaluate_all("links => links.map(link => link.href)") == ["https://example.com/"]
    assert answer.locator("script, img, [onerror]").count() == 0
    assert page.evaluate("window.pwned") is None
    said = [("user", "Is it safe?"), ("assistant", "It is **safe**. Now"), ("user", "And this?")]
    messages = model.asked[-1]["messages"]
    assert isinstance(messages, list)
    assert [(message["role"], message["content"]) for message in messages[1:]] == said
    assert (model.asked[-1]["key"], model.asked[-1]["path"]) == ("Bearer a key", "/v1/chat/completions")
    assert [error for error in page_errors if "ERR_ABORTED" not in error] == []  # by the reload


def test_leaving_ends_an_answer_that_nobody_else_reads(browser: Browser, url: str, model: Model) -> None:
    """Two windows of one visitor read. Another visitor never sees the conversation."""
    context = browser.new_context()
    pages = [context.new_page(), context.new_page()]
    pages[0].goto(f"{url}/assistant")
    ask(pages[0], "Who is there?")
    expect(pages[0].locator(".answer")).to_be_attached()
    pages[1].goto(f"{url}/assistant")
    for number, page in enumerate(pages):
        model.words.put(f"{number}")
        expect(page.locator(".answer")).to_have_text("01"[: number + 1])
    stranger = browser.new_context()
    link = pages[1].locator("[sse-connect]").get_attribute("sse-connect")
    assert stranger.request.get(f"{url}{link}").status == 404
    assert stranger.request.post(f"{url}{link}").status == 404
    assert "Who is there?" not in stranger.request.get(f"{url}/assistant").text()
    pages[0].close()
    pages[1].wait_for_timeout(1000 * CUT + 200)
    model.words.put("2")
    expect(pages[1].locator(".answer")).to_have_text("012")
    pages[1].close()
    wait_until(model.left.is_set)
    assert "012" in context.request.get(f"{url}/assistant").text()
    for each in (context, stranger):
        each.close()
