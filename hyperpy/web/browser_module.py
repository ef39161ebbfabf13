"""hyperpy's own scripts for browsers: the module `/_hyper/stream.js` with its type declarations, and `sse-swap.js`."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hyperpy.routing import route_path

PREFIX: Final = b"/_hyper/"

_FOLDER: Final = Path(__file__).parent / "client"

# Not guessed: the system's MIME tables may call `.ts` a video.
_SCRIPT: Final = "text/javascript; charset=utf-8"
_TYPES: Final = {"stream.js": _SCRIPT, "sse-swap.js": _SCRIPT, "stream.d.ts": "text/plain; charset=utf-8"}


class BrowserModule:
    """An ASGI application that serves the files under `/_hyper/` to GET and HEAD requests.

    Browsers revalidate their copy on each use, as for static files. The ETag is a hash of the content, so it is the
    same in every worker. Raises Starlette's HTTPException: 404, and 405 with Allow for other methods.
    """

    def __init__(self) -> None:
        self._files = {PREFIX + name.encode(): _read(name) for name in _TYPES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = route_path(scope)
        if path not in self._files:
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        response = _response(*self._files[path], Headers(scope=scope).get("if-none-match", ""))
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)


def _read(name: str) -> tuple[bytes, Mapping[str, str]]:
    """The content and the headers of a file."""
    content = (_FOLDER / name).read_bytes()
    headers = {
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",
        "Content-Type": _TYPES[name],
        "X-Content-Type-Options": "nosniff",
    }
    return content, headers


def _response(content: bytes, headers: Mapping[str, str], if_none_match: str) -> Response:
    """304 if the client has this content. Proxies that compress weaken the ETag with `W/`."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if tags & {"*", headers["ETag"]}:
        kept = {name: value for name, value in headers.items() if name != "Content-Type"}
        return Response(status_code=304, headers=kept)
    return Response(content, headers=headers)
