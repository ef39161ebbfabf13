"""An ASGI layer that shows errors to the developer: as responses, and in the pages whose requests have failed."""

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.dev.browser import PREFIX, Updates, is_navigation
from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.held_streams import (
    HeldStream,
    StreamPaths,
    held_response,
    unlogged_cuts,
    wants_missing_stream,
    wants_stream,
)
from hyperpy.dev.problems.local_clients import is_local
from hyperpy.dev.problems.open_problems import ProblemReport, Reports, is_of_page, now, page_of
from hyperpy.dev.problems.page import problem_page
from hyperpy.dev.problems.problem import problem_of
from hyperpy.dev.problems.problem_responses import answer_as_text, page_answer, problem_answer, with_warnings
from hyperpy.dev.problems.request_facts import RequestFacts, redaction_of
from hyperpy.dev.problems.visits import Visit, Witness, answered_by, current_visit
from hyperpy.exceptions import printable
from hyperpy.pages import OF_PART
from hyperpy.web.errors import MISSING_STREAM_ANSWER, PROBLEM_ANSWER, error_answer

PROBLEMS: Final = f"{PREFIX}problems/"
LOGGERS: Final = ("hyperpy", "uvicorn")

log: Final = logging.getLogger("hyperpy")

_LOG_ID: Final = re.compile(r"\[([0-9a-f]{8})\]\Z")
_FOLLOWS: Final = "hyper-dev"  # a header of the script of open pages, which shows the response itself


class ProblemLayer:
    """Forwards requests to `app`, with a function in their scope by which the application answers exceptions.

    Exceptions that are logged after the start of a response, or that a script of a page gets, go to the open pages by
    `updates`. Everybody but the developer gets what `hyper serve` shows.
    """

    def __init__(self, app: ASGIApp, editor: Editor, updates: Updates) -> None:
        self.app = app
        self.editor = editor
        self.reports = Reports(updates.tell)
        self._updates = updates
        self._streams = StreamPaths()
        self._missed = StreamPaths()
        updates.watchers.append(self.reports.take)
        updates.standing = self.reports.events

    @contextmanager
    def listening(self) -> Iterator[None]:
        """ProblemReport what is logged meanwhile."""
        handler = _Listener(self)
        for name in LOGGERS:
            logging.getLogger(name).addHandler(handler)
        try:
            with unlogged_cuts():
                yield
        finally:
            for name in LOGGERS:
                logging.getLogger(name).removeHandler(handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif is_local(scope) and scope["path"].startswith(PROBLEMS):
            document = self.reports.document(scope["path"].removeprefix(PROBLEMS))
            response = PlainTextResponse("Not Found", 404) if document is None else page_answer(document, 200)
            await response(scope, receive, send)
        else:
            held = HeldStream(scope, send, self._updates.changed, self._streams)
            await (self._visit if is_local(scope) else self._public)(scope, receive, held)
            await held.finish(receive)

    async def _public(self, scope: Scope, receive: Receive, held: HeldStream) -> None:
        """Answer everybody but the developer."""

        def answer(error: BaseException, scope: Scope, reloads: bool) -> Response:
            if wants_stream(scope, answered_by(scope), self._streams):
                held.failed = True
                return held_response("")
            return error_answer(error, ",".join(Headers(scope=scope).getlist("accept")))

        scope[PROBLEM_ANSWER] = answer
        scope[MISSING_STREAM_ANSWER] = partial(self._missing, held)
        current_visit.set(None)  # a pipelined request inherits the context of the one before it
        await self.app(scope, receive, held)

    async def _visit(self, scope: Scope, receive: Receive, held: HeldStream) -> None:
        scope[PROBLEM_ANSWER] = self._answer
        scope[MISSING_STREAM_ANSWER] = partial(self._missing, held)
        visit = Visit(scope, asyncio.get_running_loop(), held)
        current_visit.set(visit)
        try:
            await self.app(scope, receive, Witness(visit, held, self._succeeded))
        except Exception as error:  # of a page that has been sent in part
            self.report(error, visit, "")
            raise

    def _answer(self, error: BaseException, scope: Scope, reloads: bool) -> Response:
        if visit := current_visit.get():
            self.report(error, visit, getattr(error, "log_id", ""))
            if wants_stream(scope, visit.file, self._streams):
                return held_response(answer_as_text(error, scope))
        return problem_answer(error, scope, self.editor, reloads=reloads)

    def _missing(self, held: HeldStream, scope: Scope) -> Response | None:
        if not wants_missing_stream(scope, self._streams):
            return None
        held.failed = True
        if scope["path"] not in self._missed:
            self._missed.add(scope["path"])
            log.warning("GET %s: no route answers this event stream, so it waits for one", printable(scope["path"]))
        return held_response("no route answers this path")

    def _succeeded(self, visit: Visit) -> None:
        self.reports.solved(visit.request)

    def report(self, error: BaseException, visit: Visit, log_id: str, *, of_part: bool = False) -> None:
        """Tell open pages of an exception, unless the page shows it as the response.

        `of_part` is for one whose page is sent without the part that has failed.
        """
        visit.failed = visit.held.failed = True
        if id(error) in visit.seen:
            return
        visit.seen.add(id(error))
        headers = Headers(scope=visit.scope)
        is_shown = not (visit.started or of_part) and (is_navigation(headers) or _FOLLOWS in headers)
        if is_shown or not is_of_page(headers):
            return
        redaction = redaction_of(visit.scope)
        facts = RequestFacts.of(visit.scope, redaction)
        problem = with_warnings(problem_of(error, redaction), visit.scope)
        document = problem_page(problem, facts, self.editor, log_id, t"")
        repeats = wants_stream(visit.scope, visit.file, self._streams)
        report = ProblemReport(
            document, problem.identity, page_of(visit.scope), visit.request, visit.file, now(), repeats
        )
        visit.loop.call_soon_threadsafe(self.reports.add, report)


class _Listener(logging.Handler):
    """Passes on the exceptions that are logged while a request is answered."""

    def __init__(self, layer: ProblemLayer) -> None:
        super().__init__(logging.ERROR)
        self._layer = layer

    def emit(self, record: logging.LogRecord) -> None:
        visit = current_visit.get()
        if visit is None or not record.exc_info or record.exc_info[1] is None:
            return
        found = _LOG_ID.search(record.getMessage())
        of_part = hasattr(record, OF_PART)
        self._layer.report(record.exc_info[1], visit, found[1] if found else "", of_part=of_part)
