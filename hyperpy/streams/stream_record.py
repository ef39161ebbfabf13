"""The record of one stream: the request, how much has been sent, and why the stream has ended."""

from enum import Enum
from functools import lru_cache
from time import monotonic
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.types import Scope

from hyperpy.exceptions import HyperError, display_path
from hyperpy.streams.negotiate import StreamMode

# Most characters of a path or an error in a log line: their length is up to clients and exceptions.
MAX_LENGTH: Final = 200

# It looks up the working directory, which takes longer than the rest of a line.
_display_path: Final = lru_cache(display_path)

_UNITS: Final = ("KiB", "MiB", "GiB", "TiB")


class EndReason(Enum):
    """Why a stream has ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CLIENT_LEFT = "the client left"
    CLIENT_STALLED = "the client stalled"
    DRAINING = "the server stops"
    CANCELLED = "the request was cancelled"
    BROKEN = "sending failed"


class StreamRecord:
    """One stream, open or ended.

    `file` is the route file and `route` its URL (`/users/{id}`), empty outside a route. `path` is that of the request,
    `client` the client's address or empty. `events` counts the yielded items that have been sent, `bytes` the whole
    body. `end_reason` is None while the stream is open. `error` is the error message; the log has details under
    `log_id`.
    """

    __slots__ = (
        "bytes",
        "client",
        "end_reason",
        "ended_at",
        "error",
        "events",
        "failure",
        "file",
        "log_id",
        "mode",
        "opened_at",
        "path",
        "route",
    )

    def __init__(self, file: str, route: str, mode: StreamMode, scope: Scope) -> None:
        client = scope.get("client")
        self.file = file
        self.route = route
        self.mode = mode
        self.path: str = scope.get("path", "")
        self.client: str = client[0] if client else ""
        self.opened_at = monotonic()
        self.ended_at: float | None = None
        self.events = 0
        self.bytes = 0
        self.end_reason: EndReason | None = None
        self.error = ""
        self.log_id = ""
        self.failure: Exception | None = None  # until the end: its traceback refers to the stream

    @property
    def age(self) -> float:
        """Seconds since the stream was opened, until now or until it ended."""
        return (monotonic() if self.ended_at is None else self.ended_at) - self.opened_at

    def failed(self, error: Exception) -> None:
        self.failure = error
        what = error.what if isinstance(error, HyperError) else str(error)
        self.error = f"{type(error).__name__}: {what}"[:MAX_LENGTH].removesuffix(": ")

    def end(self, ending: EndReason) -> None:
        if self.end_reason is None:
            self.end_reason = ending
        self.ended_at = monotonic()

    def __str__(self) -> str:
        """One line for the log. It leaves out the query, which may contain secrets."""
        path = quote(self.path[:MAX_LENGTH], errors="backslashreplace")
        unit = "event" if self.mode is StreamMode.SSE else "part"
        sent = f"{self.events:,} {unit}{'' if self.events == 1 else 's'}, {_size(self.bytes)} in {_seconds(self.age)}"
        ending = f"; {self.end_reason.value}" if self.end_reason else ""
        error = f": {_printable(self.error)}" if self.error else ""
        log_id = f" [{self.log_id}]" if self.log_id else ""
        return f"{_display_path(self.file)} {path} {_printable(self.client) or '-'}: {sent}{ending}{error}{log_id}"


def is_refusal(error: BaseException) -> bool:
    """Whether an error is a 4xx, which blames the client."""
    return isinstance(error, HTTPException) and error.status_code < 500


def _printable(text: str) -> str:
    """Escape control characters: they could forge log lines and control terminals."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, len(_UNITS))
    return f"{count / 1024**power:.1f} {_UNITS[power - 1]}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:,.1f} s"
