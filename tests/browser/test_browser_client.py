"""`createStream` in a real browser: with fetch, and with XMLHttpRequest where upload progress is wanted."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import serve
from tests.conftest import PATIENCE, RequireProgram
from tests.docs_support.nginx import proxy
from tests.support.servers import Command
from tests.support.sites import write_files
from tests.support.until import wait_until

SITE = {
    "routes/index.py": """
        t'<!doctype html><title>Streams</title><link rel="icon" href="data:,">'
        """,
    "routes/values.py": """
        import asyncio

        from hyperpy import GET, JSON, POST, Response

        response: Response
        response.headers["X-Symbol"] = "slt"

        if GET or POST:
            ...

        async def stream():
            for value in ("Starting <b>", "é€😀", t"<b>7</b>\\n<i>8</i>", JSON("42")):
                yield value
                await asyncio.sleep(0.01)
            for value in (42, 0.5, True, None, [1, "a"], {"status": "ok"}):
                yield "value", value
            yield "done", {"success": True}
            yield "never", "seen"
        """,
    "routes/upload.py": """
        from hyperpy import POST, Request, route

        route(max_body="10 MiB")

        request: Request

        if POST:
            ...

        async def stream():
            size = len(await request.body())
            yield "received", size
            yield "done", {"type": request.headers["content-type"].split(";")[0], "cookies": dict(request.cookies)}
        """,
    "routes/fragile.py": """
        from hyperpy import GET, POST

        if GET or POST:
            ...

        async def stream():
            yield "progress", 10
            raise ValueError("secret")
        """,
    "routes/watch.py": """
        import asyncio
        from pathlib import Path

        from hyperpy import GET, POST

        if GET or POST:
            ...

        async def stream():
            try:
                yield "hello", 1
                await asyncio.Event().wait()
            finally:
                with Path("left").open("a") as left:
                    left.write("x")
        """,
    "routes/page.py": """
        from hyperpy import GET, POST

        if GET or POST:
            t"<p>No stream</p>"
        """,
    "routes/count.py": """
        import asyncio
        from itertools import count
        from typing import Annotated

        from hyperpy import Header

        last: Annotated[int, Header(alias="Last-Event-ID")] = 0

        async def stream():
            for number in count(last + 1):
                yield {"data": number, "id": number}
                await asyncio.sleep(0.005)
        """,
}

# Runs a stream to its end, and returns the calls of its handlers. With `stop`, it is aborted at its first value.
RUN = """async ([url, options, watched, stop]) => {
    const { createStream } = await import("/_hyper/stream.js");
    const calls = [], fractions = [];
    const stream = createStream(url, options);
    const head = ({ ok, status, url, headers }) => [ok, status, new URL(url).pathname, headers.get("x-symbol")];
    stream.open((response) => calls.push(["open", head(response)]))
        .progress((data, event) => {
            calls.push(["progress", data, event]);
            if (stop) stream.abort();
        })
        .done((data) => calls.push(["done", data]))
        .error((error) => calls.push(["error", error.kind, error.status, error.message, error.log ?? null]));
    if (watched) stream.uploadProgress((fraction) => fractions.push(fraction));
    await stream.start().catch(() => {});
    return { calls, fractions };
}"""

BOTH = pytest.mark.parametrize("watched", [False, True], ids=["fetch", "xhr"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("client"), SITE)


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with serve(folder) as url:
        yield url


@pytest.fixture
def tab(page: Page, site: str) -> Page:
    page.goto(site)
    return page


def run(page: Page, url: str, *, watched: bool, stop: bool = False, **options: object) -> list:
    """The calls of a stream's handlers. If its upload is watched, it uploads something."""
    requests = []
    page.on("request", lambda request: requests.append(request.resource_type))
    calls = page.evaluate(RUN, [url, options | ({"body": "x"} if watched else {}), watched, stop])["calls"]
    assert requests[-1] == ("xhr" if watched else "fetch")
    return calls


@BOTH
def test_values_keep_their_types(tab: Page, page_errors: list[str], watched: bool) -> None:
    calls = run(tab, "/values", watched=watched)
    assert calls[0] == ["open", [True, 200, "/values", "slt"]]
    assert calls[-1] == ["done", {"success": True}]
    assert [data for _, data, _ in calls[1:-1]] == [
        "Starting &lt;b&gt;",
        "é€😀",
        "<b>7</b>\n<i>8</i>",
        "42",
        *(42, 0.5, True, None, [1, "a"], {"status": "ok"}),
    ]
    assert calls[4][2] == {"type": "message", "data": '"42"', "id": ""}
    assert calls[5][2] == {"type": "value", "data": "42", "id": ""}
    assert not page_errors


# The kind, status and message of the error at each URL.
ERRORS = {
    "/nowhere": ("http", 404, "404 Not Found"),
    "/page": ("content-type", 200, "the response is text/html, not text/event-stream"),
    "/fragile": ("server", 500, "Something went wrong on our side."),
    "/broken": ("network", None, "the connection failed"),
    "/endless": ("incomplete", 200, "the stream ended early"),
}


@BOTH
@pytest.mark.parametrize("url", ERRORS)
def test_errors_have_a_kind_status_and_message(tab: Page, watched: bool, url: str) -> None:
    head = {"content-type": "text/event-stream"}
    tab.route("**/broken", lambda route: route.abort())
    tab.route("**/endless", lambda route: route.fulfill(headers=head, body="data: 1\n\ndata: 2"))
    uncaught: list[str] = []
    tab.on("pageerror", lambda error: uncaught.append(str(error)))
    *_, (name, *error, log) = run(tab, url, watched=watched)
    assert (name, *error) == ("error", *ERRORS[url])
    assert (log is not None) == (url == "/fragile")
    assert not uncaught


@BOTH
def test_abort_ends_the_generator(tab: Page, folder: Path, watched: bool) -> None:
    left = folder / "left"
    left.unlink(missing_ok=True)
    calls = run(tab, "/watch", watched=watched, stop=True)
    assert [entry[:2] for entry in calls[1:]] == [["progress", 1], ["error", "aborted"]]
    assert wait_until(lambda: left.exists() and left.read_text()) == "x"


UPLOAD = """async (size) => {
    const { createStream } = await import("/_hyper/stream.js");
    const body = new FormData();
    body.set("file", new Blob([new Uint8Array(size)], { type: "application/x-file" }), "file");
    const fractions = [], sizes = [];
    const final = await createStream("/upload", { body })
        .uploadProgress((fraction) => fractions.push(fraction))
        .progress((data) => sizes.push(data))
        .start();
    return { fractions, sizes, final };
}"""


def test_upload_progress_is_reported(tab: Page, site: str) -> None:
    size = 5 * 1024 * 1024
    tab.context.add_cookies([{"name": "flavour", "value": "oat", "url": site}])
    # Slow enough to take half a second.
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2 * size}
    tab.context.new_cdp_session(tab).send("Network.emulateNetworkConditions", conditions)
    seen = tab.evaluate(UPLOAD, size)
    fractions = seen["fractions"]
    assert fractions == sorted(set(fractions))
    assert fractions[-1] == 1
    assert len([fraction for fraction in fractions if 0 < fraction < 1]) > 1
    assert seen["sizes"][0] > size
    assert seen["final"] == {"type": "multipart/form-data", "cookies": {"flavour": "oat"}}


COUNT = """async () => {
    const { createStream } = await import("/_hyper/stream.js");
    window.numbers = [];
    window.lost = [];
    window.stream = createStream("/count", { reconnect: { delay: 20, maxDelay: 100 } });
    stream.progress((number) => numbers.push(number))
        .reconnecting(({ kind, status }) => lost.push(`${kind} ${status}`))
        .error(({ kind }) => { window.ended = kind; })
        .start();
}"""


@pytest.mark.parametrize(
    ("changes", "condition"),
    [({"error_page 502 = @restarting;": ""}, "=== 'http 502'"), ({}, "!== 'http 502'")],
    ids=["502", "empty stream"],
)
def test_a_server_that_restarts_loses_nothing(
    page: Page, folder: Path, require_program: RequireProgram, tmp_path: Path, changes: dict[str, str], condition: str
) -> None:
    with ExitStack() as running:
        first = running.enter_context(Command("serve", "--port", "0", folder=folder))
        upstream = first.port()
        port = running.enter_context(proxy(upstream, require_program("nginx"), tmp_path, changes))
        page.goto(f"http://127.0.0.1:{port}/")
        page.evaluate(COUNT)
        page.wait_for_function("numbers.length > 5", timeout=PATIENCE)
        first.send(signal.SIGKILL)
        page.wait_for_function(f"lost.filter((end) => end {condition}).length > 2", timeout=PATIENCE)
        before = page.evaluate("numbers.length")
        running.enter_context(Command("serve", "--port", str(upstream), folder=folder)).port()
        page.wait_for_function("(before) => numbers.length > before + 5", arg=before, timeout=PATIENCE)
        numbers = page.evaluate("stream.abort() ?? numbers")
    assert numbers == list(range(1, len(numbers) + 1))


CUT = """async () => {
    const { createStream } = await import("/_hyper/stream.js");
    window.online = false;
    Object.defineProperty(navigator, "onLine", { get: () => window.online });
    const { addEventListener } = window;
    window.addEventListener = (name, ...rest) => {
        addEventListener(name, ...rest);
        window.waits ||= name === 'online';
    };
    window.ended = createStream("/cut", { reconnect: { delay: 1 } }).start();
}"""


def test_no_request_is_sent_while_the_browser_is_offline(tab: Page) -> None:
    bodies = ["data: 1\n\n", "event: done\ndata: 2\n\n"]
    requests: list[str] = []

    def answer(route: Route) -> None:
        requests.append(route.request.url)
        route.fulfill(headers={"content-type": "text/event-stream"}, body=bodies.pop(0))

    tab.route("**/cut", answer)
    tab.evaluate(CUT)
    tab.wait_for_function("window.waits", timeout=PATIENCE)
    assert len(requests) == 1
    tab.evaluate("online = true; dispatchEvent(new Event('online'))")
    assert tab.evaluate("ended") == 2
    assert len(requests) == 2
