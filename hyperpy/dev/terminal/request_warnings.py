"""An ASGI layer that warns about what responses show of mistakes in the site."""

import logging
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.dev.page_warnings import RUN_WARNING
from hyperpy.dev.problems import answering_file
from hyperpy.dev.terminal.ignored_query import ignored_in_query
from hyperpy.dev.terminal.redirect_loops import RedirectLoops
from hyperpy.exceptions import display_path, message, printable
from hyperpy.pages import LoadWarning

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

log: Final = logging.getLogger("hyperpy")


class RequestWarnings:
    """Forwards everything to `app`, and logs each warning once until `forget` is called."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._loops = RedirectLoops()
        self._known: set[LoadWarning] = set()

    def forget(self) -> None:
        """There is other code."""
        self._loops.forget()
        self._known.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def watched(started: Message) -> None:
            if started["type"] == "http.response.start":
                self._look(scope, started["status"], started.get("headers", ()))
            await send(started)

        await self.app(scope, receive, watched)

    def _look(self, scope: Scope, status: int, raw: Sequence[tuple[bytes, bytes]]) -> None:
        if scope["query_string"] and status < 400:
            for warning in ignored_in_query(answering_file(), scope["query_string"]):
                if warning not in self._known:
                    self._known.add(warning)
                    text = message(warning.what, warning.place, warning.hint)
                    log.warning("%s", text, extra={RUN_WARNING: warning})
        if scope["method"] == "GET":
            location = Headers(raw=list(raw)).get("location") if status in _REDIRECTS else None
            if circle := self._loops.note(scope["path"], location, Headers(scope=scope).get("host", "")):
                log.warning("%s", _circle(circle, answering_file()))


def _circle(paths: Sequence[str], file: str) -> str:
    way = " → ".join(printable(path) for path in (*paths, paths[0]))
    where = f" ({display_path(file)})" if file else ""
    hint = (
        "A guard runs before every page below its folder, even before the one that it redirects to. Redirect to\n"
        "a page in another folder. If this is the page where visitors log in, let it through: "
        f'`if request.url.path != "{printable(paths[-1])}":`'
    )
    return message(f"these redirects never end: {way}{where}", None, hint)
