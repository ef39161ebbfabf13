"""`docs/nginx.conf`, used by a real nginx in front of `hyper serve`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RequireProgram
from tests.docs_support.nginx import in_front_of, in_front_of_a_socket
from tests.support.raw_client import RawClient
from tests.support.sites import write_files


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream and a page that each wait until the test creates the file `run`, and only then send the rest."""
    head = "import asyncio\nfrom pathlib import Path\nrun: str\n\n"
    wait = "while not (Path(__file__).parent / run).exists():\n        await asyncio.sleep(0.01)"
    files = {
        "index.py": "from hyperpy import Request\nrequest: Request\nt'{request.url} {request.client.host}'",
        "feed.py": f"{head}async def stream():\n    yield 'tick', 1\n    {wait}\n    yield 'tick', 2\n",
        "report.py": f"{head}async def stream():\n    yield t'<!doctype html><h1>First</h1>'\n    {wait}\n"
        "    yield t'<p>Last</p>'\n",
    }
    folder = tmp_path_factory.mktemp("nginx-site")
    write_files(folder / "routes", files)
    return folder


@pytest.fixture(scope="module", params=["port", "uds"])
def port(
    request: pytest.FixtureRequest,
    require_program: RequireProgram,
    site: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[int]:
    start = in_front_of_a_socket if request.param == "uds" else in_front_of
    with start(site, require_program("nginx"), tmp_path_factory.mktemp("nginx")) as port:
        yield port


def test_the_name_of_the_site(port: int) -> None:
    """The name is passed on with its port, and a request for any other name finds nothing."""
    own = f"example.org:{port}"
    for host in (own, "evil.example", f"evil.example:{port}"):
        with RawClient(port) as client:
            client.send(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            answer = client.read_all()
            assert (f"http://{host}/".encode() in answer) == (host == own), answer
            assert bool(answer) == (host == own)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize(
    ("url", "accept", "first", "last"),
    [
        ("/feed", "text/event-stream", b"event: tick\ndata: 1\n\n", b"data: 2\n\nevent: close\n"),
        ("/report", "text/html", b"<h1>First</h1>", b"<p>Last</p>"),
    ],
)
def test_every_part_arrives_at_once(
    request: pytest.FixtureRequest,
    site: Path,
    port: int,
    url: str,
    accept: str,
    first: bytes,
    last: bytes,
    coding: str,
) -> None:
    run = re.sub(r"\W+", "-", request.node.name)
    with RawClient(port) as client:
        client.get(f"{url}?run={run}", Accept=accept, Accept_Encoding=coding, Connection="close")
        client.read_body_until(first)
        (site / "routes" / run).touch()
        client.read_all()
        assert last in client.body


def test_pings_keep_a_silent_stream_open(require_program: RequireProgram, site: Path, tmp_path: Path) -> None:
    impatient = {"proxy_read_timeout 60s;": "proxy_read_timeout 2s;"}
    with (
        in_front_of(site, require_program("nginx"), tmp_path, impatient, HYPER_PING="1") as port,
        RawClient(port) as client,
    ):
        client.get("/feed?run=silent", Accept="text/event-stream", Connection="close")
        client.read_body_until(b": ping\n\n" * 3)
        (site / "routes" / "silent").touch()
        client.read_body_until(b"event: close\n")


def test_the_application_sees_the_address_of_the_visitor(port: int) -> None:
    with RawClient(port) as client:
        response = client.get("/?a=1", Connection="close").read_all()
    assert b"http://localhost/?a=1" in response
    assert b"127.0.0.1" in response
