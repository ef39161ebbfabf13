"""The setup of `docs/scaling.md`: Redis, two machines with two workers each, and nginx in front of them."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.channels.brokers import RedisBroker
from tests.conftest import RequireProgram
from tests.docs_support.markdown import Document
from tests.docs_support.nginx import in_front_of_all
from tests.docs_support.shell import REPOSITORY
from tests.support.servers import Command

SCALING = Document.read(REPOSITORY / "docs" / "scaling.md")


class Listener:
    """A stream of events. `last` is the id of the last event that was taken."""

    def __init__(self, url: str, last: str = "") -> None:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
        self._stack = ExitStack()
        self._answer = self._stack.enter_context(httpx.stream("GET", url, headers=headers, timeout=30))
        self._lines = self._answer.iter_lines()
        self.last = last

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, count: int) -> list[str]:
        taken = []
        while len(taken) < count:
            name, _, value = next(self._lines).partition(": ")
            if name == "id":
                self.last = value
            elif name == "data":
                taken.append(value)
        return taken


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (route,) = [b for b in SCALING.blocks() if b.text.startswith("# routes/wall.py")]
    (tmp_path / "site" / "routes").mkdir(parents=True)
    (tmp_path / "site" / "routes" / "wall.py").write_text(route.text)
    return tmp_path / "site"


@pytest.fixture
def broker(require_program: RequireProgram, tmp_path: Path) -> Iterator[RedisBroker]:
    broker = RedisBroker(require_program("redis-server"), tmp_path / "redis")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def machines(broker: RedisBroker, site: Path) -> Iterator[list[Command]]:
    arguments = "serve", "--port", "0", "--workers", "2"
    with ExitStack() as stack:
        yield [stack.enter_context(Command(*arguments, folder=site, HYPER_CHANNELS=broker.address)) for _ in range(2)]


@pytest.fixture
def site_url(require_program: RequireProgram, machines: list[Command], tmp_path: Path) -> Iterator[str]:
    (block,) = [b.text for b in SCALING.blocks() if b.language == "nginx"]
    folder = tmp_path / "nginx"
    folder.mkdir()
    with in_front_of_all([machine.port() for machine in machines], block, require_program("nginx"), folder) as port:
        yield f"http://127.0.0.1:{port}/wall"


def test_every_client_receives_all_messages_and_a_machine_can_stop(machines: list[Command], site_url: str) -> None:
    with httpx.Client(timeout=30) as client, ExitStack() as stack:

        def write(text: str) -> None:
            assert client.post(site_url, data={"text": text}).status_code == 204

        streams = [stack.enter_context(Listener(f"http://127.0.0.1:{m.port()}/wall")) for m in machines]
        streams.append(stack.enter_context(Listener(site_url)))
        for number in range(3):
            write(f"<{number}>")
        for stream in streams:
            assert stream.take(3) == ["<p>&lt;0&gt;</p>", "<p>&lt;1&gt;</p>", "<p>&lt;2&gt;</p>"]
        machines[0].send(signal.SIGTERM)
        assert machines[0].exit_status() == 0
        write("meanwhile")
        with Listener(site_url, streams[-1].last) as again:
            assert again.take(1) == ["<p>meanwhile</p>"]
        assert streams[1].take(1) == ["<p>meanwhile</p>"]
