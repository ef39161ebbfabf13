"""The site that a document builds: its files in a folder, loaded and served in this process."""

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
from hyperpy.server.http.protocol import State

PATIENCE = 10  # seconds until a missing response fails the test
QUICK = 0.01  # the longest that an example's `asyncio.sleep` takes, in seconds


@dataclass(frozen=True)
class Response:
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
        self.requested: set[str] = set()  # files of the requested routes
        self.tests: set[str] = set()  # files with tests that have not been run
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.others = frozenset(sys.modules)  # which are not the site's

    @contextmanager
    def entered(self) -> Iterator[Site]:
        """Make the folder the working directory, and import modules from it, inside the block."""
        before = Path.cwd()
        os.chdir(self.folder)
        os.environ["HYPER_SECRET_KEY"] = "a key for the examples"
        sys.path.insert(0, str(self.folder))
        try:
            yield self
        finally:
            self.forget()
            sys.path.remove(str(self.folder))
            del os.environ["HYPER_SECRET_KEY"]
            os.chdir(before)

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n", encoding="utf-8")
        if name.startswith("tests/test_") and "playwright" not in text:  # tests/browser/ runs those
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
        """Delete the file and the folders that it leaves empty, except the routes folder."""
        file = self.folder / name
        file.unlink()
        for folder in file.relative_to(self.folder).parents[:-2]:
            if not any((self.folder / folder).iterdir()):
                (self.folder / folder).rmdir()
        self.forget()

    def forget(self) -> None:
        """Unload the application and its modules, because files have changed."""
        self.app = None
        if self.server is not None:
            self.server.close()
            self.server = None
        linecache.checkcache()
        for name in sys.modules.keys() - self.others:
            module = sys.modules[name]
            places = [place for place in (getattr(module, "__file__", None), *getattr(module, "__path__", ())) if place]
            # All of them: a namespace package can have folders elsewhere.
            if places and all(place.startswith(str(self.folder)) for place in places):
                del sys.modules[name]
        importlib.invalidate_caches()

    def run(self, source: str, name: str) -> str:
        """Run a script and return its output. The scripts of a document share one namespace, as in a session."""
        out = StringIO()
        with redirect_stdout(out):
            exec(compile(source, name, "exec"), self.names)  # noqa: S102 (that is the purpose)
        return out.getvalue()

    def load(self) -> Hyper:
        """The application, which must have no load errors."""
        app = self.app or self._make_app(debug=False)
        assert not app.load_errors, "\n\n".join(map(str, app.load_errors))
        self.app = app
        return app

    def load_error(self) -> str:
        """The errors of loading the site, as text."""
        self.forget()
        try:
            app = self._make_app(debug=True)
        except HyperError as error:
            return str(error)
        return "\n\n".join(map(str, app.load_errors))

    def _make_app(self, *, debug: bool) -> Hyper:
        if (self.folder / "app.py").is_file():
            found = importlib.import_module("app").app
            assert isinstance(found, Hyper)
            return found
        return Hyper(debug=debug)

    def request(
        self,
        path: str,
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: str = "",
        enough: Enough = lambda text: False,
    ) -> Response:
        """Send one request, and disconnect once `enough` returns true for the body so far.

        The application keeps its state between requests until a file changes.
        """
        app = self.load()
        if self.server is None:
            self.server = Server(app)
        match app.loaded_routes.router.match(path.partition("?")[0].encode()):
            case Match(target=target):
                self.requested.add(target.file)
        return self.server.request(path, method, headers or [], body, enough)


class Server:
    """An application inside its lifespan."""

    def __init__(self, app: Hyper) -> None:
        self.app = app
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._state = self._runner.run(self._stack.enter_async_context(app.router.lifespan_context(app)))

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def request(self, target: str, method: str, headers: list[tuple[str, str]], body: str, enough: Enough) -> Response:
        return self._runner.run(self._exchange(target, method, headers, body, enough))

    async def _exchange(
        self, target: str, method: str, headers: list[tuple[str, str]], body: str, enough: Enough
    ) -> Response:
        path, _, query = target.partition("?")
        given = {name.lower() for name, _ in headers}
        sent = [*headers, *((name, value) for name, value in _default_headers(body) if name not in given)]
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
        # A comparison with the part that has arrived says more than a timeout would.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await HealthCheck(self.app, State(), health_paths(self.app))(scope, exchange.receive, exchange.send)
        return exchange.response()


class _Exchange:
    def __init__(self, body: bytes, enough: Enough) -> None:
        self.body: bytes | None = body
        self.enough = enough
        self.disconnected = asyncio.Event()
        self.start: dict[str, Any] = {}
        self.received = b""

    async def receive(self) -> dict[str, Any]:
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.received += message.get("body", b"")
        if not message.get("more_body") or self.enough(self.received.decode(errors="replace")):
            self.disconnected.set()

    def response(self) -> Response:
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self.start["headers"]]
        return Response(self.start["status"], headers, self.received.decode())


def _default_headers(body: str) -> Iterator[tuple[str, str]]:
    """The headers that curl adds."""
    yield "host", "127.0.0.1:8000"
    yield "accept", "*/*"
    if body:
        yield "content-length", str(len(body.encode()))
        yield "content-type", "application/x-www-form-urlencoded"
