"""The access log: a line for each request that was answered, in the common log format, as JSON, or short.

The lines of one turn of the event loop are written together, and nothing of `logging` is touched unless somebody
listens there: a formatted record costs more than all the rest of a small answer. Whoever adds a handler to the logger
`hyperpy.access` gets the lines as its messages instead.
"""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

logger = logging.getLogger("hyperpy.access")
server_logger = logging.getLogger("hyperpy.server")

UNLOGGED = "hyperpy.unlogged"  # the key of a scope whose request is not to have a line
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What could end a field, or a line, or be taken for the terminal's.
_UNFIT = re.compile(r'[^\x20-\x7e]|["\\]')


@dataclass(slots=True)
class AccessEntry:
    """A request and its answer. `target` is as it was sent, `sent` are the bytes of the body."""

    client: str
    method: str
    target: str
    version: str
    status: int
    sent: int
    seconds: float


def answered(scope: Mapping[str, Any], status: int, sent: int, seconds: float) -> AccessEntry:
    client = scope["client"]
    target = scope["raw_path"]
    if query := scope["query_string"]:
        target = b"%b?%b" % (target, query)
    method = scope["method"]
    return AccessEntry(
        client[0] if client else "-",
        method,
        target.decode("latin-1"),
        scope["http_version"],
        status,
        0 if method == "HEAD" else sent,
        seconds,
    )


type Format = Callable[[AccessEntry, float], str]


class AccessLog:
    """Writes to standard output. `form` makes a line of a request and the time, in seconds since the epoch."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._lines: list[str] = []
        self._broken = False

    def __call__(self, request: AccessEntry) -> None:
        line = self._form(request, time.time())
        if logger.handlers:
            logger.info(line)
            return
        if not self._lines:
            asyncio.get_running_loop().call_soon(self.flush)
        self._lines.append(line)

    def flush(self) -> None:
        """To be called once more when the loop has ended."""
        if not self._lines:
            return
        text = "\n".join([*self._lines, ""])
        self._lines.clear()
        if self._broken:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            self._broken = True
            server_logger.error("Standard output is gone (%s): there are no more lines about requests.", error)


class CommonFormat:
    """`host ident user [time] "request line" status bytes`, as NCSA's server wrote it, and Apache and nginx do."""

    def __init__(self) -> None:
        self._second = 0
        self._stamp = ""

    def __call__(self, request: AccessEntry, now: float) -> str:
        if (second := int(now)) != self._second:
            self._second, self._stamp = second, _local_stamp(second)
        asked = f"{request.method} {request.target} HTTP/{request.version}" if request.method else "-"
        # Most are fit, which is quickly seen.
        if not asked.isascii() or not asked.isprintable() or '"' in asked or "\\" in asked:
            asked = _UNFIT.sub(_escaped, asked)
        client = request.client
        if not client.isascii() or not client.isprintable() or " " in client:
            client = "-"  # a forwarded header may name anything
        return f'{client} - - [{self._stamp}] "{asked}" {request.status} {request.sent or "-"}'


class JSONFormat:
    """One object a line. `time` is UTC."""

    def __init__(self) -> None:
        self._second = 0
        self._stamp = ""

    def __call__(self, request: AccessEntry, now: float) -> str:
        if (second := int(now)) != self._second:
            self._second, self._stamp = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        path, _, query = request.target.partition("?")
        return (
            f'{{"time":"{self._stamp}.{int(now * 1000) % 1000:03d}Z","client":{quoted(request.client)},'
            f'"method":{quoted(request.method)},"path":{quoted(path)},"query":{quoted(query)},'
            f'"status":{request.status},"bytes":{request.sent},"duration_ms":{request.seconds * 1000:.3f}}}'
        )


def short_format(request: AccessEntry, now: float) -> str:
    """For the terminal of who develops."""
    asked = _UNFIT.sub(_escaped, f"{request.method or '-'} {request.target}")
    return f"{time.strftime('%H:%M:%S', time.localtime(now))} {request.status} {asked} {request.seconds * 1000:.0f} ms"


def _local_stamp(second: int) -> str:
    """`20/Nov/2026:13:55:36 +0100`, in English whatever the locale."""
    at = time.localtime(second)
    return f"{at.tm_mday:02d}/{MONTHS[at.tm_mon - 1]}/{time.strftime('%Y:%H:%M:%S %z', at)}"


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in '"\\':
        return f"\\{character}"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("latin-1", "replace"))
