"""Problems of requests that open pages have made. The pages show them until they are solved."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.dev.browser import Update, is_navigation
from hyperpy.record_classes import record

_KEPT: Final = 20  # problems; the oldest go first


@record(frozen=True, slots=True)
class ProblemReport:
    """A problem to show. `page` is the path and query of the page whose request has failed; None if it is unknown."""

    document: str
    identity: tuple[str, str, int]
    """The same for problems of one kind from one line."""
    page: str | None
    request: tuple[str, str]
    """The method and path."""
    file: str
    """The route file that has answered, or the empty string."""
    at: float
    """The time, in milliseconds since the epoch."""
    repeats: bool
    """The client sends its request again by itself."""


class Reports:
    """The unsolved problems by their ids. `tell` sends an event to all open pages. For the server's event loop only."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._open: dict[str, ProblemReport] = {}

    def add(self, report: ProblemReport) -> None:
        """Show a problem in the place of earlier ones of the same request.

        A client that tries again by itself must not bring back an overlay that the developer has closed.
        """
        known = (each for each in self._open.values() if each.request == report.request)
        if report.repeats and any((each.identity, each.page) == (report.identity, report.page) for each in known):
            return
        self.solved(report.request)
        while len(self._open) >= _KEPT:
            self._remove(next(iter(self._open)))
        key = secrets.token_hex(8)
        self._open[key] = report
        self._tell(_problem_event(key, report))

    def solved(self, request: tuple[str, str]) -> None:
        """A request, as method and path, has succeeded."""
        for key in [key for key, report in self._open.items() if report.request == request]:
            self._remove(key)

    def take(self, update: Update) -> None:
        """There is other code for some routes, or for all."""
        for key, report in list(self._open.items()):
            if update.files is None or (update.files and (not report.file or report.file in update.files)):
                self._remove(key)

    def document(self, key: str) -> str | None:
        """The page that shows a problem; None once it is solved."""
        return report.document if (report := self._open.get(key)) else None

    def events(self) -> Iterator[str]:
        """The events for a page that connects now: the problems that are open, and that all others are solved.

        Those of an earlier process have ended with it.
        """
        yield from (_problem_event(key, report) for key, report in self._open.items())
        yield f"event: unsolved\ndata: {json.dumps(list(self._open))}\n\n"

    def _remove(self, key: str) -> None:
        del self._open[key]
        self._tell(f"event: solved\ndata: {json.dumps({'id': key})}\n\n")


def _problem_event(key: str, report: ProblemReport) -> str:
    data = json.dumps({"id": key, "page": report.page, "at": report.at})
    return f"event: problem\ndata: {data}\n\n"


def now() -> float:
    return time.time() * 1000


def is_of_page(headers: Headers) -> bool:
    """Whether a browser has sent a request, rather than a program such as `curl`."""
    return any(name in headers for name in ("sec-fetch-mode", "referer", "hx-current-url"))


def page_of(scope: Scope) -> str | None:
    """The path and query of the page that a request belongs to; None if the browser doesn't say."""
    headers = Headers(scope=scope)
    if is_navigation(headers):
        query = scope.get("query_string", b"").decode("latin-1")
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        return path.decode("latin-1") + (f"?{query}" if query else "")
    written = headers.get("hx-current-url") or headers.get("referer", "")
    try:
        url = urlsplit(written)
    except ValueError:
        return None
    if not url.netloc or url.netloc != headers.get("host") or not url.path:
        return None
    return url.path + (f"?{url.query}" if url.query else "")
