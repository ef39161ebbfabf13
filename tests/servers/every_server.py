"""A site of streams, and the ASGI servers that run it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.raw_client import RawClient, is_listening
from tests.support.servers import Command, free_port
from tests.support.until import wait_until

# The arguments of `python -m` for each server. {app} is the application, {port} a free port.
SERVERS = {
    "uvicorn-asyncio-h11": "uvicorn {app} --port {port} --loop asyncio --http h11",
    "uvicorn-uvloop-httptools": "uvicorn {app} --port {port} --loop uvloop --http httptools",
    "uvicorn-workers": "uvicorn {app} --port {port} --workers 2",
    "hypercorn-asyncio": "hypercorn {app} --bind 127.0.0.1:{port} --workers 0 --worker-class asyncio",
    "granian-asyncio": "granian {app} --interface asgi --port {port} --loop asyncio",
    "hyper": "hyperpy serve {app} --port {port}",
}

APPS = {
    "app.py": """
        import anyio
        from starlette.middleware.base import BaseHTTPMiddleware
        from starlette.middleware.gzip import GZipMiddleware
        from starlette.routing import Mount

        from hyperpy import Hyper


        class Passing(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                return await call_next(request)


        app, zipped, wrapped = Hyper(static=None), Hyper(static=None), Hyper(static=None)
        zipped.add_middleware(GZipMiddleware, minimum_size=0)
        wrapped.add_middleware(Passing)
        app.router.routes += [Mount("/zipped", zipped), Mount("/wrapped", wrapped)]
        """,
    # Here hyperpy's own lifespan does not run.
    "mounted.py": """
        from starlette.applications import Starlette
        from starlette.routing import Mount

        from hyperpy import Hyper

        app = Starlette(routes=[Mount("/", Hyper(static=None))])
        """,
}

# Each waits for a file that the test creates, and creates one itself when its `finally` has run.
ROUTES = {
    "hello.py": """
        t"hello"
        """,
    "steps.py": """
        async def stream():
            try:
                for number in range(3):
                    yield str(number)
                    await _made(f"{run}-{number}")
            finally:
                await asyncio.sleep(0.01)
                Path(f"{run}-cleaned").touch()
        """,
    "silent.py": """
        async def stream():
            try:
                await _made(f"{run}-0")
                yield "0"
            finally:
                await asyncio.sleep(0.01)
                Path(f"{run}-cleaned").touch()
        """,
    "together.py": """
        async def stream():
            yield "a"
            yield "b"
            yield "c"
        """,
    "busy.py": """
        async def stream():
            try:
                while True:
                    yield "tick"
            finally:
                await asyncio.sleep(0.01)
                Path(f"{run}-cleaned").touch()
        """,
    "ticking.py": """
        async def stream():
            try:
                while True:
                    yield "tick"
                    await asyncio.sleep(0.02)
            finally:
                await asyncio.sleep(0.01)
                Path(f"{run}-cleaned").touch()
        """,
    "flood.py": """
        async def stream():
            try:
                with open(f"{run}-count", "ab", buffering=0) as count:
                    while True:
                        yield "tick" + "x" * 60_000
                        count.write(b"1")
            finally:
                await asyncio.sleep(0.01)
                Path(f"{run}-cleaned").touch()
        """,
    "broken.py": """
        async def stream():
            yield "a"
            await asyncio.sleep(0)
            raise ValueError("secret")
        """,
    "report.py": """
        async def stream():
            yield t"<!doctype html><h1>First</h1>"
            await _made(f"{run}-0")
            yield t"<p>Last</p>"
        """,
    "broken-report.py": """
        async def stream():
            yield t"<!doctype html><h1>First</h1>"
            await _made(f"{run}-0")
            raise ValueError("secret")
        """,
}

_HEAD = """import asyncio
from pathlib import Path
from typing import Annotated

from hyperpy import Query

run: Annotated[str, Query()] = "none"


async def _made(name):
    while not Path(name).exists():
        await asyncio.sleep(0.01)

"""


def make_site(folder: Path) -> None:
    (folder / "routes").mkdir()
    for name, text in APPS.items():
        (folder / name).write_text(_without_margin(text))
    for name, text in ROUTES.items():
        (folder / "routes" / name).write_text(_HEAD + _without_margin(text))


def _without_margin(text: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in text.splitlines())


@dataclass(frozen=True, slots=True)
class Running:
    """A server that serves the site in `folder`."""

    name: str
    folder: Path
    port: int
    command: Command

    @property
    def kind(self) -> str:
        return self.name.partition("-")[0]

    @contextmanager
    def get(
        self, path: str, accept: str = "text/event-stream", version: str = "1.1", **headers: str
    ) -> Iterator[RawClient]:
        with RawClient(self.port) as client:
            yield client.get(path, version, Accept=accept, **headers)

    def make(self, name: str) -> None:
        (self.folder / name).touch()

    def until_made(self, name: str) -> None:
        wait_until((self.folder / name).exists, self.command.transcript)


@contextmanager
def running(name: str, folder: Path, app: str = "app:app", more: str = "") -> Iterator[Running]:
    """Run a server, with `more` arguments, until the block is left."""
    port = free_port()
    module, *arguments = f"{SERVERS[name]} {more}".format(app=app, port=port).split()
    with Command(*arguments, folder=folder, command=(sys.executable, "-m", module)) as command:
        wait_until(lambda: is_listening(port) or command.process.poll() is not None, command.transcript)
        assert command.process.poll() is None, command.transcript()
        yield Running(name, folder, port, command)
