"""The access log: one line for each answered request, in the common log format, as JSON, or short.

The lines of one event loop iteration are written together, and bypass `logging` unless it has a handler for them:
formatting a record costs more than the rest of a small response. A handler on the logger `hyperpy.access` receives the
lines as its messages, and they are no longer written to standard output.
"""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Self

from hyperpy.record_classes import record

logger = logging.getLogger("hyperpy.access")
server_logger = logging.getLogger("hyperpy.server")

UNLOGGED = "hyperpy.unlogged"  # in the scope of a request that gets no line
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Characters that could end a field or a line, or control a terminal.
_UNSAFE = re.compile(r'[^\x20-\x7e]|["\\]')


@record(slots=True)
class AccessEntry:
    """A request and its response. `target` is as the client sent it; `sent` counts the bytes of the body."""

    client: str
    method: str
    target: str
    version: str
    status: int
    sent: int
    seconds: float

    @classmethod
    def of(cls, scope: Mapping[str, Any], status: int, sent: int, seconds: float) -> Self:
        client = scope["client"]
        target = scope["raw_path"]
        if query := scope["query_string"]:
            target = b"%b?%b" % (target, query)
        method = scope["method"]
        return cls(
            client[0] if client else "-",
            method,
            target.decode("latin-1"),
            scope["http_version"],
            status,
            0 if method == "HEAD" else sent,
            seconds,
        )


class AccessLog:
    """Writes to standard output, or to the handlers of `hyperpy.access`.

    `line_format` turns an entry and the time, in seconds since the epoch, into a line.
    """

    def __init__(self, line_format: Callable[[AccessEntry, float], str]) -> None:
        self._format = line_format
        self._lines: list[str] = []
        self._broken = False

    def __call__(self, entry: AccessEntry) -> None:
        line = self._format(entry, time.time())
        if logger.handlers:
            logger.info(line)
            return
        if not self._lines:
            asyncio.get_running_loop().call_soon(self.flush)
        self._lines.append(line)

    def flush(self) -> None:
        """Write the pending lines. To be called once more after the loop has ended."""
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
            server_logger.error("Can't write to standard output (%s): requests are no longer logged.", error)


def common_format(entry: AccessEntry, now: float) -> str:
    """`host ident user [time] "request line" status bytes`: the format of NCSA httpd, Apache and nginx."""
    request = f"{entry.method} {entry.target} HTTP/{entry.version}" if entry.method else "-"
    # Most need no escaping, and these checks are faster than the pattern.
    if not request.isascii() or not request.isprintable() or '"' in request or "\\" in request:
        request = _UNSAFE.sub(_escaped, request)
    client = entry.client
    if not client.isascii() or not client.isprintable() or " " in client or '"' in client:
        client = "-"  # X-Forwarded-For may hold anything
    return f'{client} - - [{local_stamp(int(now))}] "{request}" {entry.status} {entry.sent or "-"}'


def json_format(entry: AccessEntry, now: float) -> str:
    path, _, query = entry.target.partition("?")
    return (
        f'{{"time":"{utc_stamp(now)}","client":{quoted(entry.client)},'
        f'"method":{quoted(entry.method)},"path":{quoted(path)},"query":{quoted(query)},'
        f'"status":{entry.status},"bytes":{entry.sent},"duration_ms":{entry.seconds * 1000:.3f}}}'
    )


def short_format(entry: AccessEntry, now: float) -> str:
    """For a developer's terminal."""
    request = _UNSAFE.sub(_escaped, f"{entry.method or '-'} {entry.target}")
    time_of_day = time.strftime("%H:%M:%S", time.localtime(now))
    return f"{time_of_day} {entry.status} {request} {entry.seconds * 1000:.0f} ms"


def utc_stamp(now: float) -> str:
    """`2026-11-20T12:55:36.125Z`."""
    return f"{_utc_second(int(now))}.{int(now * 1000) % 1000:03d}Z"


@lru_cache(maxsize=1)
def _utc_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


@lru_cache(maxsize=1)
def local_stamp(second: int) -> str:
    """`20/Nov/2026:13:55:36 +0100`, in English in any locale."""
    at = time.localtime(second)
    return f"{at.tm_mday:02d}/{MONTHS[at.tm_mon - 1]}/{time.strftime('%Y:%H:%M:%S %z', at)}"


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in '"\\':
        return f"\\{character}"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("latin-1", "replace"))
