"""An ASGI layer that warns about what responses show of mistakes in the site."""

import linecache
import logging
import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.dev.page_warnings import RUN_WARNING
from hyperpy.dev.problems import Editor, answering_file, is_local
from hyperpy.dev.problems.problem_responses import problem_answer
from hyperpy.dev.terminal.ignored_query import ignored_in_query
from hyperpy.dev.terminal.redirect_loops import RedirectLoops
from hyperpy.exceptions import HyperError, Place, message, printable
from hyperpy.pages import REFUSED

_CALL: Final = re.compile(r"\bredirect\(")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

log: Final = logging.getLogger("hyperpy")


class RequestWarnings:
    """Forwards everything to `app`, and logs each warning once until `forget` is called.

    Browsers say nothing of the cause when redirects lead in a circle: in place of the last one, the developer gets a
    page that does.
    """

    def __init__(self, app: ASGIApp, editor: Editor) -> None:
        self.app = app
        self._editor = editor
        self._loops = RedirectLoops()
        self._known: set[str] = set()

    def forget(self) -> None:
        """There is other code."""
        self._loops.forget()
        self._known.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[REFUSED] = []
        circle: HyperError | None = None

        async def watched(sent: Message) -> None:
            nonlocal circle
            if sent["type"] == "http.response.start":
                self._look_at_query(scope, sent["status"])
                circle = self._circle(scope, sent["status"], sent.get("headers", ()))
                if circle is not None:
                    response = problem_answer(circle, scope, self._editor, reloads=True)
                    await response(scope, receive, send)
            if circle is None:
                await send(sent)

        await self.app(scope, receive, watched)

    def _look_at_query(self, scope: Scope, status: int) -> None:
        if scope["query_string"] and status < 400:
            for warning in ignored_in_query(answering_file(), scope["query_string"]):
                text = message(warning.what, warning.place, warning.hint)
                if self._is_new(text):
                    log.warning("%s", text, extra={RUN_WARNING: warning})

    def _circle(self, scope: Scope, status: int, raw: Sequence[tuple[bytes, bytes]]) -> HyperError | None:
        """The error that the developer gets in place of a redirect, if it leads in a circle."""
        if scope["method"] != "GET":
            return None
        location = Headers(raw=list(raw)).get("location") if status in _REDIRECTS else None
        paths = self._loops.note(scope["path"], location, Headers(scope=scope).get("host", ""))
        if not paths:
            return None
        guard = next(iter(scope[REFUSED]), "")
        error = _endless(paths, guard or answering_file(), is_guard=bool(guard))
        if self._is_new(" ".join(sorted(paths))):
            log.warning("%s", error)
        return error if is_local(scope) else None

    def _is_new(self, text: str) -> bool:
        is_new = text not in self._known
        self._known.add(text)
        return is_new


def _endless(paths: Sequence[str], file: str, *, is_guard: bool) -> HyperError:
    way = " → ".join(printable(path) for path in (*paths, paths[0]))
    hint = "Each of these pages redirects to the next. Let one of them answer."
    if is_guard:
        hint = (
            "A guard runs before every page below its folder, even before the one that it redirects to. Redirect to\n"
            "a page in another folder. If this is the page where visitors log in, let it through: "
            f'`if request.url.path != "{printable(paths[-1])}":`'
        )
    return HyperError(f"these redirects never end: {way}", place=_place(file), hint=hint)


def _place(file: str) -> Place | None:
    """The redirect in a file, if it has only one."""
    calls = ((number, _CALL.search(line)) for number, line in enumerate(linecache.getlines(file), 1))
    found = [Place(file, number, call.start(), len(call[0])) for number, call in calls if call]
    if len(found) != 1:
        return Place(file) if file else None
    return found[0]
