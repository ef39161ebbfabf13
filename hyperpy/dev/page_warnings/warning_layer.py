"""An ASGI layer with the warnings about each page, for the script that shows them."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.dev.browser import PREFIX, Updates
from hyperpy.dev.page_warnings.document import warnings_document
from hyperpy.dev.page_warnings.run_warnings import RunWarnings
from hyperpy.dev.problems import Editor, answering_file, is_local, page_answer
from hyperpy.pages import LoadWarning
from hyperpy.record_classes import record

WARNINGS: Final = f"{PREFIX}warnings"

_log: Final = logging.getLogger("hyperpy")


@record(frozen=True, slots=True)
class RouteWarnings:
    """The warnings about a route file and its guards, whose names are in `files`."""

    files: frozenset[str]
    warnings: Sequence[LoadWarning]


type WarningsOf = Callable[[str], RouteWarnings | None]


class WarningLayer:
    """Forwards requests to `app`, and answers those for warnings. Nobody but the developer gets them."""

    def __init__(self, app: ASGIApp, editor: Editor, updates: Updates, warnings_of: WarningsOf) -> None:
        self.app = app
        self._editor = editor
        self._updates = updates
        self._warnings_of = warnings_of
        self._loop: asyncio.AbstractEventLoop | None = None
        self._run_warnings = RunWarnings(answering_file, self._tell)
        updates.watchers.append(self._run_warnings.take)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Collect the warnings that are logged meanwhile."""
        _log.addHandler(self._run_warnings)
        try:
            yield
        finally:
            _log.removeHandler(self._run_warnings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != WARNINGS:
            self._loop = self._loop or asyncio.get_running_loop()
            await self.app(scope, receive, send)
        elif not is_local(scope):
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
        else:
            await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        route = QueryParams(scope["query_string"]).get("route", "")
        if (known := self._warnings_of(route)) is None:
            return Response(status_code=204)
        found = [*known.warnings, *self._run_warnings.about(route, known.files)]
        found.sort(key=lambda warning: (warning.place.file, warning.place.line))
        once = {(warning.what, warning.place): warning for warning in reversed(found)}
        document = warnings_document([*reversed(once.values())], self._editor)
        return page_answer(document, 200) if found else Response(status_code=204)

    def show(self, found: Sequence[LoadWarning]) -> None:
        """Show what a check has found, in place of what the one before has. For the event loop."""
        self._run_warnings.checked(found)
        self._updates.tell("event: warned\ndata: null\n\n")

    def _tell(self, route: str, file: str) -> None:
        """Have the pages of a route look again. To be called from any thread."""
        event = f"event: warned\ndata: {json.dumps([quote(route), quote(file)])}\n\n"
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._updates.tell, event)
