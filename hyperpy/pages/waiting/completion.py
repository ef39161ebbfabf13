"""Completes a pending page: awaits its deferred values in document order, and suspended content beside them."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from typing import Final

from markupsafe import Markup
from starlette.exceptions import HTTPException

from hyperpy.exceptions import HeadersSentError, HyperError
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.answers import Redirect, decisive
from hyperpy.pages.waiting import out_of_order
from hyperpy.record_classes import record
from hyperpy.templates import DeferredValue, Pending, Piece, SuspendedContent, current_host
from hyperpy.tracebacks import raising_place

log: Final = logging.getLogger("hyperpy")

OF_PART: Final = "hyper_of_part"
"""An attribute of the log record of an error whose page is sent all the same."""

# Suspended content is sent before it.
_DOCUMENT_END: Final = lazy_pattern(r"</body\s*>\s*(?:</html\s*>\s*)?\Z", re.IGNORECASE)

# A doctype and comments show nothing.
_BLANK: Final = lazy_pattern(r"(?>\s+|<!doctype[^>]*>|<!--.*?-->)*+", re.IGNORECASE | re.DOTALL)


class _DocumentEnd(str):
    """The end tags of the document."""

    __slots__ = ()


@record(slots=True, eq=False)
class _Suspense:
    """One Suspense. It is complete when it has its `pieces`, or in `error` the log id of its failure."""

    suspended: SuspendedContent
    id: str
    task: asyncio.Task[None] | None = None
    pieces: list[str | SuspendedContent] | None = None
    error: str = ""


class Completion:
    """Completes one page, once: in `parts`, or as a `whole`. The page's Run has to be the current one.

    `nonce` is that of the page's Content-Security-Policy, empty if it has none. Raises TemplateError if a placeholder
    of the page is outside text.
    """

    def __init__(self, page: Pending, nonce: str = "") -> None:
        self._page = page
        self._placeholders = page.placeholders
        self._stack: list[list[Piece] | AsyncGenerator[list[Piece]]] = []  # being sent, innermost last, lists reversed
        self._suspenses: dict[SuspendedContent, _Suspense] = {}
        self._complete: list[_Suspense] = []  # not sent yet
        self._awaited: list[_Suspense] = []  # their fallback has been sent
        self._ids = f"late-{secrets.token_hex(3)}"
        self._has_script = False
        self._nonce = nonce
        try:
            with self._located():
                self._pieces = self._placeholders.split(page.html)
        except HyperError:
            page.close()
            raise

    async def parts(self) -> AsyncGenerator[Markup]:
        """The page, part by part. Raises the errors of deferred values, except those inside a Suspense.

        What shows nothing at the beginning is held back: until there is more, an error can still be the answer.
        """
        begun = ""
        try:
            with self._located():
                self._stack.append(self._started(self._pieces)[::-1])
                while (text := await self._next()) is not None:
                    begun += text
                    if not _BLANK.fullmatch(begun):
                        break
                yield Markup(begun)
                while (text := await self._next()) is not None:
                    yield Markup(text)
        finally:
            await self._stop()

    async def whole(self, inserted: Callable[[str], str] = str) -> str:
        """The complete page. `inserted` encodes the HTML of a deferred value where the page is encoded already."""
        try:
            with self._located():
                settled = [(piece, await self._settled([piece])) for piece in self._started(self._pieces)]
                while tasks := self._tasks():
                    await asyncio.wait(tasks)
                return "".join(
                    piece if isinstance(piece, str) else inserted("".join(map(self._text, pieces)))
                    for piece, pieces in settled
                )
        finally:
            await self._stop()

    @contextmanager
    def _located(self) -> Iterator[None]:
        try:
            yield
        except HyperError as error:
            if self._page.place is not None:
                error.at(self._page.place)
            raise

    # -- in document order --------------------------------------------------------------------------------------------

    async def _next(self) -> str | None:
        while self._stack:
            top = self._stack[-1]
            if not isinstance(top, list):
                pieces = await anext(top, None)
                if pieces is None:
                    self._stack.pop()
                else:
                    self._stack.append(pieces[::-1])
            elif not top:
                self._stack.pop()
            elif (text := await self._next_piece(top)) is not None:
                return text
        return await self._next_suspense()

    async def _next_piece(self, pieces: list[Piece]) -> str | None:
        piece = pieces.pop()
        if isinstance(piece, DeferredValue):
            self._stack.append(self._results(piece))
            return None
        if isinstance(piece, SuspendedContent) or not self._awaited:
            return self._text(piece)
        if isinstance(piece, _DocumentEnd):
            pieces.append(piece)
            return await self._next_suspense()
        if end := _DOCUMENT_END.search(piece):
            pieces.append(_DocumentEnd(end[0]))
            return piece[: end.start()]
        return piece

    # -- out of order -------------------------------------------------------------------------------------------------

    def _started(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Start to complete the suspended content among the pieces, and return them."""
        pieces = list(pieces)
        for piece in pieces:
            if isinstance(piece, SuspendedContent):
                suspense = self._suspenses[piece] = _Suspense(piece, f"{self._ids}-{len(self._suspenses)}")
                loop = asyncio.get_running_loop()
                suspense.task = asyncio.Task(self._run_suspense(suspense), loop=loop, eager_start=True)
        return pieces

    async def _run_suspense(self, suspense: _Suspense) -> None:
        try:
            suspense.pieces = await self._settled(self._started(self._placeholders.split(suspense.suspended.content)))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            suspense.error = self._log_failure(error)
        except Exception as error:  # noqa: BLE001 (it is logged, and the page shows that something is missing)
            suspense.error = self._redirected(error) or self._log_failure(decisive(error))
        self._complete.append(suspense)

    async def _settled(self, pieces: Iterable[Piece]) -> list[str | SuspendedContent]:
        """The pieces with their deferred values awaited, one after the other."""
        settled: list[str | SuspendedContent] = []
        for piece in pieces:
            if isinstance(piece, DeferredValue):
                async with aclosing(self._results(piece)) as results:
                    async for result in results:
                        settled += await self._settled(result)
            else:
                settled.append(piece)
        return settled

    async def _results(self, deferred: DeferredValue) -> AsyncGenerator[list[Piece]]:
        """The pieces of a deferred value: of its result, or of each of its items."""
        value = self._placeholders.begin(deferred)
        if isinstance(value, Awaitable):
            yield self._started(self._placeholders.show(deferred, await value))
            return
        iterator = aiter(value)
        try:
            async for item in iterator:
                yield self._started(self._placeholders.show(deferred, item))
        finally:
            if close := getattr(iterator, "aclose", None):
                await close()

    async def _next_suspense(self) -> str | None:
        """The next content to complete of those whose fallback has been sent; None if there are no more."""
        if not self._awaited:
            return None
        while not (suspense := next((each for each in self._complete if each in self._awaited), None)):
            await asyncio.wait(self._tasks(), return_when=asyncio.FIRST_COMPLETED)
        self._awaited.remove(suspense)
        self._complete.remove(suspense)
        script = "" if self._has_script else out_of_order.script(self._nonce)
        self._has_script = True
        if suspense.error and suspense.suspended.error is None:
            return script + out_of_order.completed(suspense.id, suspense.error)
        content = self._content(suspense)
        return script + out_of_order.content(suspense.id, content, self._nonce, error=suspense.error)

    def _tasks(self) -> list[asyncio.Task[None]]:
        tasks = [suspense.task for suspense in self._suspenses.values()]
        return [task for task in tasks if task is not None and not task.done()]

    def _text(self, piece: Piece) -> str:
        """The HTML of a piece as of now: a Suspense that is complete already needs no fallback."""
        if isinstance(piece, str):
            return piece
        assert isinstance(piece, SuspendedContent)
        suspense = self._suspenses[piece]
        if suspense not in self._complete:
            self._awaited.append(suspense)
            return out_of_order.replaceable(suspense.id, piece.fallback)
        self._complete.remove(suspense)
        if suspense.error and piece.error is None:
            return out_of_order.failed(piece.fallback, suspense.error)
        return self._content(suspense)

    def _content(self, suspense: _Suspense) -> str:
        if suspense.pieces is None:
            assert suspense.suspended.error is not None
            return suspense.suspended.error
        return "".join(map(self._text, suspense.pieces))

    # -- the end ------------------------------------------------------------------------------------------------------

    def _redirected(self, error: Exception) -> str:
        """An id for content that ends in a redirect while that can still be the answer; empty for any other."""
        redirect, run = decisive(error), current_host.get(None)
        if run is None or not isinstance(redirect, Redirect):
            return ""
        try:
            run.register(redirect)
        except HeadersSentError:
            return ""
        return secrets.token_hex(4)

    def _log_failure(self, error: BaseException) -> str:
        """Log the traceback, or for a 4xx one line, and return the id that the log has it under."""
        log_id = secrets.token_hex(4)
        if isinstance(error, HyperError) and (place := raising_place(error) or self._page.place):
            error.at(place)
        what = f"{self._page.place}: the content of a Suspense failed"
        if isinstance(error, HTTPException) and error.status_code < 500:
            log.info("%s: %s [%s]", what, error.detail, log_id)
        else:
            log.error("%s [%s]", what, log_id, exc_info=error, extra={OF_PART: True})
        return log_id

    async def _stop(self) -> None:
        """Cancel everything that has begun, and close the rest."""
        tasks = self._tasks()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for entered in reversed(self._stack):
            if not isinstance(entered, list):
                await entered.aclose()
        self._page.close()
