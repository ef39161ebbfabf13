"""Requests for static files, to the ASGI application that serves them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from hyperpy.web.static_files import StaticApp, StaticFolder


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


async def ask(
    folder: Path, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, root_path: str = ""
) -> Answer:
    """The response to a path that no client has normalized."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("a static file needs no body")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": root_path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    try:
        await StaticApp(StaticFolder(folder))(scope, receive, send)
    except HTTPException as error:
        assert not sent
        return Answer(error.status_code, Headers(error.headers))
    start, *rest = sent
    return Answer(start["status"], Headers(raw=start["headers"]), b"".join(message["body"] for message in rest))
