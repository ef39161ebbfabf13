"""Which open pages learn of a failure under `hyper dev`, and when it is over."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.dev.browser import Following, Update
from hyperpy.dev.problems import Editor, ProblemLayer
from tests.support.sites import write_files

FILES = {
    "switch.py": "from hyperpy import Query\nby: int = Query(0)\nt'{1 / by}'",
    "stream.py": "async def feed():\n    yield t'<p>'\n    raise LookupError('late')",
    "broken.py": "t'{nothing}'",
    "fine.py": "t'fine'",
}
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
    url = f"/_hyper/dev/problems/{key}"
    page = await site.client.get(url)
    assert "<h1>ZeroDivisionError: division by zero</h1>" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await site.client.get(url, headers={"x-forwarded-for": "203.0.113.9"})).status_code == 404
    await site.get("/switch?by=1")
    assert (await site.client.get(url)).status_code == 404
