"""README.md and docs/: everything in them that can be run is run, and what they list is complete."""

import asyncio
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hyperpy
import hyperpy.testing
from hyperpy.config import flag_of, key_of, setting_fields, variable_of
from hyperpy.pages.analysis.answers import QUICK_BUILTINS
from hyperpy.pages.analysis.vocabulary import QUICK_CALLS
from hyperpy.streams import GeneratorShape, StreamMode, accepts, choose
from tests.conftest import RequireProgram
from tests.docs_support import load_errors
from tests.docs_support.markdown import Document, anchor, code_in
from tests.docs_support.nginx import in_front_of, in_front_of_a_socket
from tests.docs_support.shell import REPOSITORY, agrees
from tests.docs_support.site import QUICK
from tests.docs_support.walk import Walk
from tests.support.raw_client import RawClient

DOCS = REPOSITORY / "docs"
FILES = [REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))]
BY_NAME = {file.name: Document.read(file) for file in FILES}


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples that wait a second do not make the tests wait, and ids that hold something random are known."""
    monkeypatch.setattr(secrets, "randbits", lambda bits: 0x6BA1F0 - 1)
    sleep = asyncio.sleep

    async def short(delay: float, result: Any = None) -> Any:
        return await sleep(min(delay, QUICK), result)

    monkeypatch.setattr(asyncio, "sleep", short)


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("name", BY_NAME)
def test_every_block_holds(name: str, tmp_path: Path) -> None:
    walk = Walk(BY_NAME[name], tmp_path)
    blocks = walk.go()
    assert [str(block) for block in blocks if not block.used] == []
    assert len(blocks) == BY_NAME[name].text.count("\n```") / 2


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    "text",
    [
        "```python\nprint(1)\n```\n```text\n2\n```",
        "```python\n1 / 0\n```",
        "```text\nwhat nothing has said\n```",
        "```ruby\nputs 1\n```",
        "```python\n# routes/index.py\nt'<p>{1 / 0}'\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```text\nroutes/index.py:1  it is wrong\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```console\n$ curl http://127.0.0.1:8000/\n<b>\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```html\n<a href='/' hx-get=\"/nowhere\">\n```",
        "```python\n# tests/test_it.py\ndef test_it():\n    assert 1 == 2\n```",
        "```sh\nhyper serve --speed 9\n```",
        "```sh\nmake coffee\n```",
        "```sh\nno-such-tool\n```",
        "```console\n$ hyper routes\nnothing of the kind\n```",
        "```toml\n# pyproject.toml\n[tool.hyper]\nprot = 80\n```",
        "```nginx\nlisten 81;\n```",
        "| You write | hyperpy says |\n|---|---|\n| `t'<p>'` | it is wrong |\n",
    ],
)
def test_what_does_not_hold_is_noticed(text: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.md"
    file.write_text(f"# Wrong\n\n{text}\n")
    site = tmp_path / "site"
    site.mkdir()
    with pytest.raises((AssertionError, ZeroDivisionError)):
        Walk(Document.read(file), site).go()


@pytest.mark.parametrize(
    ("shown", "seen", "same"),
    [
        ("a\n  b", "a b\n", True),
        ("a b", "ab", False),
        ("a … c", "a b c", True),
        ("a …", "a b c", True),
        ("a …", "b", False),
        ("a", "a b", False),
    ],
)
def test_output_agrees_but_for_white_space(shown: str, seen: str, same: bool) -> None:
    assert agrees(shown, seen) is same


@pytest.mark.parametrize("name", BY_NAME)
def test_links_lead_somewhere(name: str) -> None:
    document = BY_NAME[name]
    for link in document.links():
        if re.match(r"https?://", link):
            continue
        path, _, fragment = link.partition("#")
        target = (document.file.parent / path).resolve() if path else document.file
        assert target.exists(), f"{name} links to {link}"
        if fragment:
            assert fragment in Document.read(target).anchors(), f"{name} links to {link}"


def test_every_page_can_be_reached_from_the_index() -> None:
    linked = {link.partition("#")[0] for link in BY_NAME["index.md"].links()}
    assert {file.name for file in DOCS.iterdir()} - {"index.md"} <= linked


def test_anchors_are_made_as_code_hosts_make_them() -> None:
    assert anchor("What `hyper serve` does, and when") == "what-hyper-serve-does-and-when"


def test_every_setting_has_its_line() -> None:
    (table,) = [table for table in BY_NAME["deploying.md"].tables() if table.head[0] == "Flag"]
    rows = {code_in(row[2]): row for row in table.rows}
    assert set(rows) == {key_of(name) for name in setting_fields()}
    for name, field in setting_fields().items():
        flag, variable, _, default, _ = rows[key_of(name)]
        assert code_in(flag) == flag_of(name)
        assert code_in(variable) == variable_of(name)
        assert code_in(default) == (str(field.default) if field.default is not None else "none")


def test_every_public_name_is_explained() -> None:
    text = "\n".join(document.text for document in BY_NAME.values() if document.file.parent == DOCS)
    missing = [name for name in hyperpy.__all__ if not re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", text)]
    assert missing == []


def test_every_name_for_tests_is_in_their_table() -> None:
    (table,) = [table for table in BY_NAME["testing.md"].tables() if table.head[0] == "From `hyperpy.testing`"]
    named = [name for row in table.rows for name in re.findall(r"\w+", row[0])]
    assert sorted(named) == sorted(hyperpy.testing.__all__)


def test_the_list_of_quick_calls_is_the_real_one() -> None:
    text = BY_NAME["route-files.md"].text
    section = text[text.index("## Calls that may block") :].split("\n## ")[0]
    lists = [set(paragraph.replace("`", "").replace(",", " ").split()) for paragraph in section.split("\n\n")]
    assert set(QUICK_BUILTINS) in lists
    assert set(QUICK_CALLS) in lists


def test_the_table_of_who_gets_what_is_the_real_one() -> None:
    (table,) = [table for table in BY_NAME["streaming.md"].tables() if table.head[0] == "The file has"]
    columns = ["text/event-stream", "text/html", "text/event-stream, text/html", "*/*"]
    shapes = [
        GeneratorShape(template=True, begins_document=False, first_is_html=True, yields_event=False),
        GeneratorShape(template=False, begins_document=True, first_is_html=True, yields_event=False),
        GeneratorShape(template=False, begins_document=False, first_is_html=True, yields_event=False),
        GeneratorShape(template=False, begins_document=False, first_is_html=True, yields_event=True),
    ]
    words = {StreamMode.SSE: "events", StreamMode.HTML: "a page in parts", StreamMode.PAGE: "the page"}
    real = [[words[choose(shape, accepts(accept), forced=False)] for accept in columns] for shape in shapes]
    assert [list(row[1:]) for row in table.rows] == real


@pytest.mark.usefixtures("quickly")
def test_every_load_error_has_its_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with load_errors.recorded(monkeypatch) as reached:
        Walk(BY_NAME["load-errors.md"], tmp_path).go()
    missing = sorted(filter(load_errors.is_writable, load_errors.known() - reached))
    assert reached
    assert [f"{Path(file).name}:{line}" for file, line in missing] == []


class TestNginx:
    """What `docs/nginx.conf` says, done by a real nginx in front of `hyper serve`."""

    @pytest.fixture
    def site(self, tmp_path: Path) -> Path:
        """A stream and a page whose second half waits until the test has seen the first."""
        wait = "while not (Path(__file__).parent / '{}').exists():\n        await asyncio.sleep(0.01)"
        head = "import asyncio\nfrom pathlib import Path\n\n"
        routes = tmp_path / "site" / "routes"
        routes.mkdir(parents=True)
        (routes / "index.py").write_text(
            "from hyperpy import Request\nrequest: Request\nt'{request.url} {request.client.host}'"
        )
        (routes / "feed.py").write_text(
            f"{head}async def stream():\n    yield 'tick', 1\n    {wait.format('feed')}\n    yield 'tick', 2\n"
        )
        (routes / "report.py").write_text(
            f"{head}async def stream():\n    yield t'<!doctype html><h1>First</h1>'\n    {wait.format('report')}\n"
            "    yield t'<p>Last</p>'\n"
        )
        return routes.parent

    @pytest.fixture(params=["port", "uds"])
    def port(
        self, request: pytest.FixtureRequest, require_program: RequireProgram, site: Path, tmp_path: Path
    ) -> Iterator[int]:
        folder = tmp_path / "nginx"
        folder.mkdir()
        between = in_front_of_a_socket if request.param == "uds" else in_front_of
        with between(site, require_program("nginx"), folder) as port:
            yield port

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize(
        ("url", "accept", "first", "last"),
        [
            ("/feed", "text/event-stream", b"event: tick\ndata: 1\n\n", b"data: 2\n\nevent: close\n"),
            ("/report", "text/html", b"<h1>First</h1>", b"<p>Last</p>"),
        ],
    )
    def test_what_is_sent_arrives_at_once(
        self, site: Path, port: int, url: str, accept: str, first: bytes, last: bytes, packed: bool
    ) -> None:
        fields = {"Accept": accept, "Connection": "close"} | ({"Accept-Encoding": "gzip"} if packed else {})
        with RawClient(port) as connection:
            connection.get(url, **fields)
            connection.read_body_until(first)
            (site / "routes" / url.strip("/")).touch()
            connection.read_all()
            assert last in connection.body

    def test_pings_keep_a_silent_stream_open(self, require_program: RequireProgram, site: Path, tmp_path: Path) -> None:
        folder = tmp_path / "nginx"
        folder.mkdir()
        impatient = {"proxy_read_timeout 60s;": "proxy_read_timeout 2s;"}
        with (
            in_front_of(site, require_program("nginx"), folder, impatient, HYPER_PING="1") as port,
            RawClient(port) as connection,
        ):
            connection.get("/feed", Accept="text/event-stream", Connection="close")
            connection.read_body_until(b": ping\n\n" * 3)
            (site / "routes" / "feed").touch()
            connection.read_body_until(b"event: close\n")

    def test_the_application_knows_the_visitor(self, port: int) -> None:
        with RawClient(port) as connection:
            connection.get("/?a=1", Connection="close")
            response = connection.read_all()
        assert b"http://localhost/?a=1" in response
        assert b"127.0.0.1" in response
