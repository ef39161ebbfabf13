"""An ASGI layer that takes requests out of code that has been replaced, so that nobody waits for it forever."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.dev.browser import Update, is_navigation
from hyperpy.exceptions import display_path, printable
from hyperpy.pages import ANSWERED

GRACE: Final = 1.0  # seconds that a request has to finish with the old code
PATIENCE: Final = 10  # times as long for a request that can't be repeated, and whose work would be cut short

_REPEATED: Final = frozenset({"GET", "HEAD"})
_ENDED: Final = "The code has changed while it was answering this request. Send it again."

log: Final = logging.getLogger("hyperpy")


class ReplacedCode:
    """Forwards everything to `app`.

    A GET request whose route has changed, and that has no response yet, is given to `app` again; others are answered
    with a 503. What they ran in is cancelled. When the process stops, the answer is a page that browsers load again.
    """

    def __init__(self, app: ASGIApp, grace: float = GRACE) -> None:
        self.app = app
        self._grace = grace
        self._waiting: set[_Waiting] = set()
        self._cancelled: set[asyncio.Task[None]] = set()
        self._stops = False

    def take(self, update: Update) -> None:
        """There is other code."""
        loop = asyncio.get_running_loop()
        for waiting in self._waiting:
            if waiting.is_concerned(update):
                loop.call_later(self._grace if waiting.repeats else self._grace * PATIENCE, waiting.outdated.set)

    def stop(self, seconds: float) -> None:
        """The process is about to stop."""
        self._stops = True
        for waiting in self._waiting:
            if not waiting.started:
                asyncio.get_running_loop().call_later(seconds, waiting.outdated.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        original = _copied(scope)
        waiting = _Waiting(scope.get(ANSWERED, ()), receive, send, repeats=scope["method"] in _REPEATED)
        self._waiting.add(waiting)
        try:
            while not await self._is_done(waiting, scope):
                scope = _copied(original)
                if not self._stops:
                    file = display_path(waiting.files[-1]) if waiting.files else "the site"
                    name = f"{scope['method']} {printable(scope['path'])}"
                    log.warning("%s was waiting in old code of %s, and was taken out of it", name, file)
                if self._stops or not waiting.repeats:
                    await _ended(scope)(scope, receive, send)
                    return
                waiting = waiting.again()
                self._waiting.add(waiting)
        finally:
            self._waiting = {each for each in self._waiting if each.send is not send}

    async def _is_done(self, waiting: _Waiting, scope: Scope) -> bool:
        """Whether the application has answered. If not, it is left to its cancellation."""
        running = asyncio.ensure_future(self.app(scope, waiting.received, waiting.sent))
        outdated = asyncio.ensure_future(waiting.outdated.wait())
        try:
            await asyncio.wait((running, outdated), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            running.cancel()
            await asyncio.wait((running,))
            raise
        finally:
            outdated.cancel()
        if running.done() or waiting.started:
            await running
            return True
        waiting.is_left = True
        running.cancel()
        self._cancelled.add(running)
        running.add_done_callback(self._forget)
        return False

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._cancelled.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, or asyncio would log it


class _Waiting:
    """A request in `app`. `files` are the route files that answer it, as far as they are known."""

    def __init__(
        self, files: Sequence[str], receive: Receive, send: Send, *, repeats: bool, is_repeated: bool = False
    ) -> None:
        self.repeats = repeats
        self.files = files
        self.receive = receive
        self.send = send
        self.outdated = asyncio.Event()
        self.started = False
        self.is_left = False
        self._gives_body = is_repeated

    def is_concerned(self, update: Update) -> bool:
        return not self.started and (update.files is None or not update.files.isdisjoint(self.files))

    def again(self) -> _Waiting:
        return _Waiting(self.files, self.receive, self.send, repeats=True, is_repeated=True)

    async def received(self) -> Message:
        if self._gives_body:  # the first one has been read
            self._gives_body = False
            return {"type": "http.request", "body": b"", "more_body": False}
        return await self.receive()

    async def sent(self, message: Message) -> None:
        if not self.is_left:
            self.started = True
            await self.send(message)


def _copied(scope: Scope) -> dict[str, Any]:
    """A scope that an application may change, with a state of its own."""
    return dict(scope) | ({"state": dict(scope["state"])} if "state" in scope else {})


def _ended(scope: dict[str, Any]) -> Response:
    if not is_navigation(Headers(scope=scope)):
        return PlainTextResponse(_ENDED, 503)
    again = '<meta http-equiv="refresh" content="0">' if scope["method"] in _REPEATED else ""
    return HTMLResponse(f"<!doctype html>{again}<title>The code has changed</title><p>{_ENDED}", 503)
