"""Sends a page that waits for some of its parts: in the order of the document, and what need not wait at the end."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Final

from markupsafe import Markup
from starlette.exceptions import HTTPException

from hyperpy.exceptions import HyperError
from hyperpy.pages.request.deferred_page import DeferredPage
from hyperpy.pages.request.run import Run
from hyperpy.pages.waiting import out_of_order
from hyperpy.templates import Awaited, Item, Suspended

log: Final = logging.getLogger("hyperpy")

# What comes late has to come before it.
_TAIL: Final = re.compile(r"</body\s*>\s*(?:</html\s*>\s*)?\Z", re.IGNORECASE)


class _Tail(str):
    """The end of the document."""

    __slots__ = ()


class _Iteration:
    """An async iterable that is being shown."""

    __slots__ = ("item", "iterator")

    def __init__(self, item: Awaited, iterable: AsyncIterable[object]) -> None:
        self.item = item
        self.iterator: AsyncIterator[object] = aiter(iterable)

    async def close(self) -> None:
        close = getattr(self.iterator, "aclose", None)
        if close is not None:
            await close()


class _Fill:
    """A Suspense under way. It is done once it has its `pieces`, or the id under which the log says why it failed."""

    __slots__ = ("error", "id", "pieces", "suspended", "task")

    def __init__(self, suspended: Suspended, id: str) -> None:
        self.suspended = suspended
        self.id = id
        self.task: asyncio.Task[None] | None = None
        self.pieces: list[str | Suspended] | None = None
        self.error = ""


class Progress:
    """One page on its way. Use it once, by `parts` or `whole`, with the request's Run as the current one."""

    def __init__(self, run: Run, page: DeferredPage) -> None:
        self._run = run
        self._page = page
        self._stack: list[list[str | Item] | _Iteration] = []
        self._fills: dict[Suspended, _Fill] = {}
        self._done: list[_Fill] = []
        self._shown: list[_Fill] = []  # their fallbacks have been sent, and they have not
        self._ids = f"late-{secrets.token_hex(3)}"
        self._scripted = False
        self._nonce = str(run.scope.get("state", {}).get("csp_nonce") or "")

    async def parts(self) -> AsyncGenerator[Markup]:
        """The page, piece by piece. Raises what goes wrong outside of a Suspense."""
        try:
            self._enter(self._page.pieces)
            while (text := await self._next()) is not None:
                yield Markup(text)
        except HyperError as error:
            if self._page.place is not None:
                error.at(self._page.place)
            raise
        finally:
            await self._stop()

    async def whole(self, inserted: Callable[[str], str] = str) -> str:
        """All of the page, once it is there. `inserted` is asked how to write what has been waited for."""
        try:
            settled = [(piece, await self._settled([piece])) for piece in self._started(self._page.pieces)]
            while tasks := self._tasks():
                await asyncio.wait(tasks)
            return "".join(
                piece if isinstance(piece, str) else inserted("".join(map(self._text, pieces)))
                for piece, pieces in settled
            )
        except HyperError as error:
            if self._page.place is not None:
                error.at(self._page.place)
            raise
        finally:
            await self._stop()

    # -- in the order of the document ---------------------------------------------------------------------------------

    async def _next(self) -> str | None:
        while self._stack:
            top = self._stack[-1]
            if isinstance(top, _Iteration):
                await self._next_item(top)
            elif not top:
                self._stack.pop()
            elif (text := await self._next_piece(top)) is not None:
                return text
        return await self._next_late()

    async def _next_item(self, items: _Iteration) -> None:
        try:
            value = await anext(items.iterator)
        except StopAsyncIteration:
            self._stack.pop()
        else:
            self._enter(self._split(items.item, value))

    async def _next_piece(self, pieces: list[str | Item]) -> str | None:
        piece = pieces.pop()
        if isinstance(piece, Awaited):
            await self._wait_for(piece)
            return None
        if isinstance(piece, Suspended) or not self._shown:
            return self._text(piece)
        if isinstance(piece, _Tail):
            pieces.append(piece)
            return await self._next_late()
        if tail := _TAIL.search(piece):
            pieces.append(_Tail(tail[0]))
            return piece[: tail.start()]
        return piece

    async def _wait_for(self, item: Awaited) -> None:
        self._page.deferred.begin(item)
        if isinstance(item.value, Awaitable):
            self._enter(self._split(item, await item.value))
        else:
            self._stack.append(_Iteration(item, item.value))

    def _enter(self, pieces: Iterable[str | Item]) -> None:
        self._stack.append(self._started(pieces)[::-1])

    def _split(self, item: Awaited, value: object) -> list[str | Item]:
        return self._page.deferred.split(self._run.show_late(item.show, value, self._page.deferred))

    # -- out of order -------------------------------------------------------------------------------------------------

    def _started(self, pieces: Iterable[str | Item]) -> list[str | Item]:
        """The pieces; the work on everything in them that others need not wait for has begun."""
        pieces = list(pieces)
        for piece in pieces:
            if isinstance(piece, Suspended):
                fill = self._fills[piece] = _Fill(piece, f"{self._ids}-{len(self._fills)}")
                fill.task = asyncio.Task(self._fill(fill), loop=asyncio.get_running_loop(), eager_start=True)
        return pieces

    async def _fill(self, fill: _Fill) -> None:
        try:
            fill.pieces = await self._settled(self._started(self._page.deferred.split(fill.suspended.content)))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            fill.error = self._logged(error)
        except Exception as error:  # noqa: BLE001 (it is logged, and the page shows that something is missing)
            fill.error = self._logged(error)
        self._done.append(fill)

    async def _settled(self, pieces: Iterable[str | Item]) -> list[str | Suspended]:
        """The pieces, once all that has to be awaited is there, one after the other."""
        settled: list[str | Suspended] = []
        for piece in pieces:
            if isinstance(piece, Awaited):
                async with aclosing(self._awaited(piece)) as parts:
                    async for part in parts:
                        settled += await self._settled(part)
            else:
                settled.append(piece)
        return settled

    async def _awaited(self, item: Awaited) -> AsyncGenerator[list[str | Item]]:
        self._page.deferred.begin(item)
        if isinstance(item.value, Awaitable):
            yield self._started(self._split(item, await item.value))
            return
        items = _Iteration(item, item.value)
        try:
            async for value in items.iterator:
                yield self._started(self._split(item, value))
        finally:
            await items.close()

    async def _next_late(self) -> str | None:
        """What is ready next of that which has its place in the page; None if nothing is missing any more."""
        if not self._shown:
            return None
        while not (fill := next((fill for fill in self._done if fill in self._shown), None)):
            await asyncio.wait(self._tasks(), return_when=asyncio.FIRST_COMPLETED)
        self._shown.remove(fill)
        self._done.remove(fill)
        begin = "" if self._scripted else out_of_order.script(self._nonce)
        self._scripted = True
        if fill.error and fill.suspended.error is None:
            return begin + out_of_order.no_content(fill.id, fill.error)
        return begin + out_of_order.content(fill.id, self._content(fill), self._nonce, error=fill.error)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [fill.task for fill in self._fills.values() if fill.task is not None and not fill.task.done()]

    def _text(self, piece: str | Item) -> str:
        """The piece as it is now: content that is ready needs no fallback."""
        if isinstance(piece, str):
            return piece
        assert isinstance(piece, Suspended)
        fill = self._fills[piece]
        if fill not in self._done:
            self._shown.append(fill)
            return out_of_order.placeholder(fill.id, piece.fallback)
        self._done.remove(fill)
        if fill.error and piece.error is None:
            return out_of_order.failed(piece.fallback, fill.error)
        return self._content(fill)

    def _content(self, fill: _Fill) -> str:
        if fill.pieces is None:
            assert fill.suspended.error is not None
            return fill.suspended.error
        return "".join(map(self._text, fill.pieces))

    # -- the end ------------------------------------------------------------------------------------------------------

    def _logged(self, error: BaseException) -> str:
        """Writes the traceback under an id of its own, and returns that. A 4xx is the client's: a line is enough."""
        log_id = secrets.token_hex(4)
        what = f"{self._page.place}: the content of a Suspense failed"
        if isinstance(error, HTTPException) and error.status_code < 500:
            log.info("%s: %s [%s]", what, error.detail, log_id)
        else:
            log.error("%s [%s]", what, log_id, exc_info=error)
        return log_id

    async def _stop(self) -> None:
        """Ends whatever has begun, and closes what has not."""
        tasks = self._tasks()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for entered in reversed(self._stack):
            if isinstance(entered, _Iteration):
                await entered.close()
        self._page.close()
