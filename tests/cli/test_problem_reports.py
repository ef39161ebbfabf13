"""Which open pages learn of a failure under `hyper dev`, and when it is over."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.dev.browser import Asset, Following, Update
from hyperpy.dev.problems import Editor, ProblemLayer, held_streams
from tests.support.sites import write_files

REFUSING = """
from starlette.exceptions import HTTPException
async def feed():
    {}
    yield 1
    {}
"""
FEED = "async def feed():\n    yield t'<p>'\n"
FILES = {
    "switch.py": "from hyperpy import Query\nby: int = Query(0)\nt'{1 / by}'",
    "stream.py": "async def feed():\n    yield t'<p>'\n    raise LookupError('late')",
    "broken.py": "t'{nothing}'",
    "fine.py": "t'fine'",
    "named.py": "rows = {'a': 1}\nunused = 1\nasync def feed():\n    yield t'<p>'\n    rows['b']",
    "feeds/load.py": FEED + "    nothing\n",
    "feeds/syntax.py": FEED + "    (\n",
    "feeds/page.py": FEED + "t'{nothing}'",
    "feeds/page_syntax.py": FEED + "t'<p>'\n(",
    "feeds/late.py": f"{FEED}    1 / 0",
    "feeds/early.py": "async def feed():\n    1 / 0\n    yield t''",
    "feeds/input.py": f"by: int\n{FEED}",
    "feeds/gone.py": REFUSING.format("raise HTTPException(410)", ""),
    "feeds/busy.py": REFUSING.format("raise HTTPException(503)", ""),
    "feeds/late_gone.py": REFUSING.format("", "raise HTTPException(410)"),
    "feeds/post.py": f"from hyperpy import POST\nif POST:\n    pass\n{FEED}    nothing",
}
for at, wait in {"early": 0, "late": 0.02}.items():
    for kind, failing in {"code": "1 / 0", "value": "t'<p onclick={len}>'"}.items():
        FILES[f"part/{at}_{kind}.py"] = (
            f"import asyncio\nfrom hyperpy import Suspense\nasync def part():\n    await asyncio.sleep({wait})\n"
            f"    return {failing}\nt'<p>a</p><{{Suspense}} fallback=b>{{part()}}</{{Suspense}}>'\n"
        )
PAGE = {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "referer": "http://localhost/list?page=2"}


class Site:
    """A site under the layer, and the events that its open pages get."""

    def __init__(self) -> None:
        following = Following(Hyper(debug=True))
        self.updates = following.updates
        self.layer = ProblemLayer(following, Editor(), self.updates)
        self.told: list[tuple[str, dict[str, object]]] = []
        self.layer.reports._tell = self._take
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.layer), base_url="http://localhost")

    def _take(self, event: str) -> None:
        name, data = event.strip().split("\n")
        self.told.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))

    async def get(self, path: str, **headers: str) -> list[str]:
        """What pages are told of a request: the pages concerned by problems, and "solved"."""
        self.told.clear()
        with suppress(LookupError):  # the server cuts the connection
            await self.client.get(
                path, headers=PAGE | {name.replace("_", "-"): value for name, value in headers.items()}
            )
        await asyncio.sleep(0)
        return [str(data["page"]) if name == "problem" else name for name, data in self.told]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    write_files(tmp_path / "routes", FILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(held_streams, "LONGEST", 0.01)
    made = Site()
    with made.layer.listening():
        yield made


async def test_who_is_told(site: Site):
    here, elsewhere = ["/list?page=2"], ["None"]
    expected = {
        ("/switch", ()): here,
        ("/broken", ()): here,
        ("/stream", (("accept", "text/event-stream"),)): here,
        ("/fine", ()): [],
        ("/none", ()): [],
        ("/switch?by=x", ()): [],  # a 422 is an answer
        ("/switch", (("referer", ""),)): elsewhere,
        ("/switch", (("referer", "https://elsewhere.example/"),)): elsewhere,
        ("/switch", (("hx_current_url", "http://localhost/now"),)): ["/now"],
        ("/switch", (("sec_fetch_dest", "document"),)): [],  # it is the page
        ("/switch", (("hyper_dev", "follow"),)): [],
        ("/switch", (("x_forwarded_for", "203.0.113.9"),)): [],
    }
    wrong = {}
    for (path, headers), told in expected.items():
        site.layer.reports.take(Update(None))
        if (got := await site.get(path, **dict(headers))) != told:
            wrong[path, headers] = got
    assert not wrong
    programs = await site.client.get("/switch", headers={"accept": "*/*"})
    assert programs.status_code == 500
    assert site.told == []


async def test_the_middle_of_a_page_is_reported_to_that_page(site: Site):
    assert await site.get("/stream?a=b", sec_fetch_dest="document", accept="text/html") == ["/stream?a=b"]


async def test_a_part_that_fails_is_reported_to_the_page_that_lacks_it(site: Site):
    for path in ("/part/early_code", "/part/early_value", "/part/late_code", "/part/late_value"):
        assert await site.get(path, sec_fetch_dest="document", accept="text/html") == [path]
        document = next(reversed(site.layer.reports._open.values())).document
        assert f"routes{path}.py" in document
        assert "hyperpy/pages" not in document.partition("Call stack")[0]


async def test_a_problem_ends_with_success_or_other_code(site: Site):
    assert await site.get("/switch?by=0") == ["/list?page=2"]
    assert await site.get("/fine") == []
    assert await site.get("/switch?by=1") == ["solved"]
    assert await site.get("/switch") == ["/list?page=2"]
    assert await site.get("/switch") == ["solved", "/list?page=2"]  # only the latest is kept
    file = site.layer.reports._open.popitem()[1].file
    assert file.endswith("switch.py")
    await site.get("/switch")
    site.told.clear()
    site.updates.publish(Update(frozenset({"other.py"})))
    assert site.told == []
    site.updates.publish(Update(frozenset({file})))
    assert [name for name, _ in site.told] == ["solved"]


async def test_its_page(site: Site):
    await site.get("/switch")
    key = site.told[0][1]["id"]
    with site.updates.subscribed(site.updates.generation) as mailbox:
        assert f'"id": "{key}"' in str(mailbox.get_nowait())  # for pages that connect later
        assert str(mailbox.get_nowait()) == f'event: unsolved\ndata: ["{key}"]\n\n'
    url = f"/_hyper/dev/problems/{key}"
    page = await site.client.get(url)
    assert "<h1>ZeroDivisionError: division by zero</h1>" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await site.client.get(url, headers={"x-forwarded-for": "203.0.113.9"})).status_code == 404
    await site.get("/switch?by=1")
    assert (await site.client.get(url)).status_code == 404


NATIVE = "text/event-stream"
OWN = "text/event-stream, application/json"
HTMX_4 = "text/html, text/event-stream"
DATASTAR = "text/event-stream, text/html, application/json"


async def test_clients_of_streams_that_fail_wait_for_other_code(site: Site):
    """What they get: a stream that is held open, one that ends, one that is cut, or a status."""
    expected: dict[tuple[str, str], str | int] = {
        **{(f"/feeds/{name}", NATIVE): "held" for name in ("load", "syntax", "page", "page_syntax", "late", "early")},
        **{(f"/feeds/{name}", OWN): "held" for name in ("load", "late", "early")},
        **{(f"/feeds/{name}", HTMX_4): "held" for name in ("load", "syntax", "late", "early", "page?_stream")},
        **{(f"/feeds/{name}", DATASTAR): "cut" for name in ("load", "syntax", "page", "late", "early")},
        **{(f"/feeds/{name}", HTMX_4): 500 for name in ("page", "page_syntax")},
        **{(f"/feeds/{name}", "*/*"): 500 for name in ("load", "early")},
        **{("/feeds/input", accept): 422 for accept in (NATIVE, HTMX_4, DATASTAR)},
        **{("/feeds/gone", accept): 410 for accept in (NATIVE, HTMX_4, DATASTAR)},
        ("/feeds/busy", NATIVE): 503,
        ("/feeds/late_gone", NATIVE): "ended",
        ("/feeds/input?by=1", NATIVE): "ended",
        ("/nowhere", NATIVE): "held",
        ("/nowhere", HTMX_4): 404,
        ("/nowhere", DATASTAR): 404,
        ("/nowhere", "*/*"): 404,
        ("/broken", HTMX_4): 500,
    }
    wrong = {}
    for (path, accept), answer in expected.items():
        site.layer._streams = held_streams.StreamPaths()
        if (got := await answered(site, path, accept=accept)) != answer:
            wrong[path, accept] = got
    assert not wrong
    assert (await site.client.post("/feeds/post", headers={"accept": NATIVE})).status_code == 500


async def answered(site: Site, path: str, **headers: str) -> str | int:
    try:
        response = await site.client.get(path, headers=headers)
    except held_streams.CutError:
        return "cut"
    if response.headers["content-type"].startswith(NATIVE):
        return "held" if response.text.endswith("retry: 20\n\n") else "ended"
    return response.status_code


async def test_what_a_client_of_events_is_told(site: Site):
    text = (await site.client.get("/feeds/load", headers={"accept": NATIVE})).text
    assert ": routes/feeds/load.py:3  " in text
    assert not [line for line in text.splitlines() if line and not line.startswith((": ", "retry: "))]
    other = {"accept": NATIVE, "x-forwarded-for": "203.0.113.9"}
    assert (await site.client.get("/feeds/load", headers=other)).text == "retry: 20\n\n" * 2
    assert "retry: 1000\n" in (await site.client.get("/feeds/late", headers={"accept": NATIVE})).text


async def test_other_code_ends_the_wait(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(held_streams, "LONGEST", 1000)
    for change in (lambda: site.updates.publish(Update(frozenset({"any.py"}))), site.updates.close):
        waiting = asyncio.create_task(answered(site, "/feeds/load", accept=NATIVE))
        await asyncio.sleep(0)
        site.updates.publish(Update(assets=(Asset("/static/a.css", None),)))
        change()
        assert await waiting == "held"


async def test_trying_again_does_not_bring_an_overlay_back(site: Site):
    stream = {"accept": NATIVE}
    assert await site.get("/feeds/load", **stream) == ["/list?page=2"]
    assert await site.get("/feeds/load", **stream) == []


async def test_the_page_of_a_failed_stream_has_the_variables_that_it_names(site: Site):
    await site.get("/named", accept=NATIVE)
    document = next(iter(site.layer.reports._open.values())).document
    assert "<dt>rows</dt><dd>{&#39;a&#39;: 1}</dd>" in document
    assert "unused</dt>" not in document


async def test_a_stream_without_a_route_is_named_once(site: Site, caplog: pytest.LogCaptureFixture):
    for path in ("/nowhere", "/nowhere?again", "/fine"):
        assert (await site.client.get(path, headers={"accept": NATIVE})).status_code == 200
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == ["GET /nowhere: no route answers this event stream, so it waits for one"]
