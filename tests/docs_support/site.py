"""The site that a document builds up: its files in a folder, loaded and asked in this process."""

import asyncio
import contextlib
import importlib
import linecache
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import AsyncExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hyperpy import Hyper
from hyperpy.exceptions import HyperError
from hyperpy.routing import Match
from hyperpy.server.health import HealthCheck, health_paths
from hyperpy.server.http.state import State

PATIENCE = 10  # seconds until an answer that does not come fails the test
QUICK = 0.01  # seconds that an example's `asyncio.sleep` takes at most


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: str


type Enough = Callable[[str], bool]


class Site:
    """A folder with `routes/` and perhaps an `app.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app: Hyper | None = None
        self.server: Server | None = None
        self.asked: set[str] = set()
        self.tests: set[str] = set()  # those that have not been run
        self.names: dict[str, Any] = {"__name__": "__main__"}

    @contextmanager
    def entered(self) -> Iterator[Site]:
        """Inside, the folder is the working directory, and modules are imported from it."""
        before = Path.cwd()
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        try:
            yield self
        finally:
            self.forget()
            sys.path.remove(str(self.folder))
            os.chdir(before)

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n", encoding="utf-8")
        if name.startswith("tests/test_"):
            self.tests.add(name)
        if name == "pyproject.toml":
            self._install(tomllib.loads(text).get("project", {}))
        self.forget()

    def _install(self, project: dict[str, Any]) -> None:
        """Make the entry points of a project known, as installing it would."""
        if "entry-points" in project:
            info = self.folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
            info.mkdir(exist_ok=True)
            (info / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
            groups = ConfigParser(delimiters="=")
            groups.optionxform = str  # names are case-sensitive
            groups.read_dict(project["entry-points"])
            with (info / "entry_points.txt").open("w") as file:
                groups.write(file)

    def remove(self, name: str) -> None:
        """Takes the file away, and the folders that it leaves empty; the routes folder stays."""
        file = self.folder / name
        file.unlink()
        for folder in file.relative_to(self.folder).parents[:-2]:
            if not any((self.folder / folder).iterdir()):
                (self.folder / folder).rmdir()
        self.forget()

    def forget(self) -> None:
        """What is loaded no longer holds."""
        self.app = None
        if self.server is not None:
            self.server.close()
            self.server = None
        linecache.checkcache()
        for name, module in list(sys.modules.items()):
            places = [place for place in (getattr(module, "__file__", None), *getattr(module, "__path__", ())) if place]
            # All: the tests of this very repository are a package of the same name as those of a site.
            if places and all(place.startswith(str(self.folder)) for place in places):
                del sys.modules[name]
        importlib.invalidate_caches()

    def run(self, source: str, name: str) -> str:
        """What a script prints. The scripts of a document share their names, as the lines of a session do."""
        out = StringIO()
        with redirect_stdout(out):
            exec(compile(source, name, "exec"), self.names)  # noqa: S102 (running them is the purpose)
        return out.getvalue()

    def load(self) -> Hyper:
        """The application, which must have no error."""
        app = self.app or self._made(debug=False)
        assert not app.load_errors, "\n\n".join(map(str, app.load_errors))
        self.app = app
        return app

    def load_error(self) -> str:
        """What loading the site says."""
        self.forget()
        try:
            app = self._made(debug=True)
        except HyperError as error:
            return str(error)
        return "\n\n".join(map(str, app.load_errors))

    def _made(self, *, debug: bool) -> Hyper:
        if (self.folder / "app.py").is_file():
            found = importlib.import_module("app").app
            assert isinstance(found, Hyper)
            return found
        return Hyper(debug=debug)

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: str = "",
        enough: Enough = lambda text: False,
    ) -> Answer:
        """Sends one request, and leaves as a browser does once `enough` of the body has come.

        What the application keeps, it keeps from one request to the next, until a file changes.
        """
        app = self.load()
        if self.server is None:
            self.server = Server(app)
        match app.loaded_routes.router.match(path.partition("?")[0].encode()):
            case Match(target=target):
                self.asked.add(target.file)
        return self.server.ask(path, method, headers or [], body, enough)


class Server:
    """An application within its lifespan."""

    def __init__(self, app: Hyper) -> None:
        self.app = app
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._state = self._runner.run(self._stack.enter_async_context(app.router.lifespan_context(app)))

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def ask(self, target: str, method: str, headers: list[tuple[str, str]], body: str, enough: Enough) -> Answer:
        return self._runner.run(self._talk(target, method, headers, body, enough))

    async def _talk(
        self, target: str, method: str, headers: list[tuple[str, str]], body: str, enough: Enough
    ) -> Answer:
        path, _, query = target.partition("?")
        given = {name.lower() for name, _ in headers}
        sent = [*headers, *((name, value) for name, value in _usual(body) if name not in given)]
        exchange = _Exchange(body.encode(), enough)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path, safe="/%:@!$&'()*+,;=~").encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
            "state": dict(self._state or {}),
        }
        # What has come until then is compared, and tells more than a timeout.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await HealthCheck(self.app, State(), health_paths(self.app))(scope, exchange.receive, exchange.send)
        return exchange.answer()


class _Exchange:
    def __init__(self, body: bytes, enough: Enough) -> None:
        self.body: bytes | None = body
        self.enough = enough
        self.gone = asyncio.Event()
        self.start: dict[str, Any] = {}
        self.got = b""

    async def receive(self) -> dict[str, Any]:
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.got += message.get("body", b"")
        if not message.get("more_body") or self.enough(self.got.decode(errors="replace")):
            self.gone.set()

    def answer(self) -> Answer:
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self.start["headers"]]
        return Answer(self.start["status"], headers, self.got.decode())


def _usual(body: str) -> Iterator[tuple[str, str]]:
    """The headers that curl sends by itself."""
    yield "host", "127.0.0.1:8000"
    yield "accept", "*/*"
    if body:
        yield "content-length", str(len(body.encode()))
        yield "content-type", "application/x-www-form-urlencoded"
