"""The ASGI layer that records requests, and answers those for the inspector."""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.app import Hyper
from hyperpy.config import Settings
from hyperpy.dev.problems import Editor
from hyperpy.inspector.history import Records
from hyperpy.inspector.inspection import Inspection
from hyperpy.inspector.inspector_app import FOLDER, PATH, make_site
from hyperpy.inspector.instruments import instrumented
from hyperpy.inspector.local_access import REFUSAL, may_inspect
from hyperpy.inspector.recording import record_request
from hyperpy.server.access import UNLOGGED
from hyperpy.streams import StreamRecord

# The module for browsers is the application's.
_OF_APP = ("/stream.js", "/stream.d.ts")


class Inspector:
    """Forwards requests to `app` and records them; below `/_hyper/`, the inspector answers.

    While it is in use as a context manager, it measures the stages of requests and listens to streams and channels.
    """

    def __init__(self, app: ASGIApp, editor: Editor | None = None) -> None:
        self.app = app
        self.records = Records()
        self._editor = editor or Editor()
        self._site: Hyper | None = None
        self._making = asyncio.Lock()
        self._exit = ExitStack()
        self._exit.enter_context(_without_own_lines())
        self._hubs = self._exit.enter_context(instrumented(self.records))

    def close(self) -> None:
        """Stop measuring."""
        self._exit.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path == PATH:
            await RedirectResponse(f"{PATH}/", 308)(scope, receive, send)
        elif not path.startswith(f"{PATH}/"):
            await record_request(self.app, scope, receive, send, self.records)
        elif path.removeprefix(PATH) in _OF_APP:
            await self.app(scope, receive, send)
        elif may_inspect(scope):
            await self._inspect(scope, receive, send)
        else:
            await PlainTextResponse(REFUSAL, 403)(scope, receive, send)

    async def _inspect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the inspector's site, which is made for the first request: most restarts of a process need none.

        The path below `/_hyper` is the site's own.
        """
        scope[UNLOGGED] = True
        async with self._making:
            if self._site is None:
                inspection = Inspection(self.app, self.records, self._hubs, self._editor)
                self._site = await asyncio.to_thread(make_site, inspection)

        async def isolated(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(b"cross-origin-resource-policy", b"same-origin"), (b"cache-control", b"no-store")]
                kept = [header for header in message["headers"] if header[0].lower() != b"cache-control"]
                message = {**message, "headers": kept + own}
            await send(message)

        await self._site({**scope, "root_path": scope.get("root_path", "") + PATH, "state": {}}, receive, isolated)


@contextmanager
def _without_own_lines() -> Iterator[None]:
    """Keep the inspector's own streams out of the log."""
    log = logging.getLogger("hyperpy.streams")
    log.addFilter(_is_not_own)
    try:
        yield
    finally:
        log.removeFilter(_is_not_own)


def _is_not_own(line: logging.LogRecord) -> bool:
    about = line.args[0] if isinstance(line.args, tuple) and line.args else None
    return not (isinstance(about, StreamRecord) and Path(about.file).is_relative_to(FOLDER))


def inspected(app: ASGIApp, settings: Settings) -> Inspector:
    """The application with its inspector, for the process of `hyper dev`. Raises ConfigError for an unknown editor."""
    return Inspector(app, Editor.of(settings, os.environ))
