"""`createStream` in a real browser, when its connection dies without a word."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import serve
from tests.support.frozen_proxy import FrozenProxy
from tests.support.sites import write_files
from tests.support.until import wait_until

SITE = {
    "routes/index.py": """
        t'<!doctype html><title>Streams</title><link rel="icon" href="data:,">'
        """,
    "routes/watch.py": """
        import asyncio

        from hyperpy import Header

        last: int = Header(0, alias="Last-Event-ID")

        async def stream():
            yield {"data": last + 1, "id": last + 1}
            await asyncio.Event().wait()
        """,
}
WATCH = """async (timeout) => {
    const { createStream } = await import("/_hyper/stream.js");
    window.seen = [];
    createStream("/watch", { reconnect: { delay: 10 }, timeout })
        .open(({ headers }) => { window.pings = headers.get("ping-interval"); })
        .progress((data) => window.seen.push(data))
        .reconnecting(({ kind, message }) => window.seen.push(`${kind}: ${message}`))
        .start();
}"""


def test_it_reconnects_when_nothing_arrives(page: Page, tmp_path: Path) -> None:
    write_files(tmp_path, SITE)
    with serve(tmp_path, "--ping", "0.2") as site:
        proxy = FrozenProxy(int(site.rpartition(":")[2]))
        with proxy.running() as port:
            page.goto(f"http://127.0.0.1:{port}/")
            page.evaluate(WATCH, 1000)
            page.wait_for_function("window.seen.length === 1")
            proxy.freeze()
            wait_until(lambda: proxy.frozen)
            page.wait_for_function("window.seen.length === 3")
            assert page.evaluate("window.seen") == [1, "network: nothing has arrived for 1 s", 2]
            assert page.evaluate("window.pings") == "0.2"
            page.goto("about:blank")
