"""Static files under `/static/`."""

import mimetypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePath

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

from hyperpy.routing import route_path, split_path
from hyperpy.web.entity_tags import entity_tag
from hyperpy.web.ranges import with_usable_range

_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_SOURCE_SUFFIXES = (".py", ".pyc", ".pyi", ".pyo")


class StaticApp:
    """An ASGI application that serves `/static/…` to GET and HEAD requests, with ETag, Last-Modified and ranges.

    Files are looked up per request, in threads; the folder need not exist. Browsers revalidate their copy on each use
    (`no-cache`), so changes show at once. Raises Starlette's HTTPException: 405 with Allow for other methods; 404 for
    missing files, folders, names with a leading dot, Python source and bytecode, and for symbolic links that lead out
    of the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._files = _Files(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        segments = split_path(route_path(scope))
        if segments is None or segments[0] != "static" or any("/" in segment for segment in segments):
            raise HTTPException(404)
        response = await self._files.get_response("/".join(segments[1:]), scope)
        await response(with_usable_range(scope), receive, send)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        found = await run_in_threadpool(self._find, path)
        if found is None:
            raise HTTPException(404)
        full_path, status, tag = found
        response = FileResponse(full_path, headers={"ETag": tag, **_HEADERS}, stat_result=status)
        if "content-type" in response.headers and mimetypes.guess_file_type(full_path)[1] is not None:
            # `site.css.gz` is sent unchanged: as a gzip file, not as a style sheet.
            response.headers["Content-Type"] = "application/octet-stream"
        request_headers = Headers(scope=scope)
        if matched := request_headers.getlist("if-none-match"):
            is_current = _names_tag(matched, tag)
        else:
            is_current = self.is_not_modified(response.headers, request_headers)
        return NotModifiedResponse(response.headers) if is_current else response

    def _find(self, path: str) -> tuple[str, os.stat_result, str] | None:
        """The path, the status and the ETag of a file."""
        full_path, status = self.lookup_path(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        try:
            return full_path, status, entity_tag(full_path, status)
        except OSError:  # no permission, or deleted a moment ago
            return None

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        try:
            full_path, status = super().lookup_path(path)
        except OSError, ValueError:
            # No permission, a name that is too long, circular links, or a file used as a folder.
            return "", None
        if status is None or _is_hidden(path) or self._is_hidden_target(full_path):
            return "", None
        return full_path, status

    def _is_hidden_target(self, full_path: str) -> bool:
        """Whether a link inside the folder leads to a hidden file in it."""
        assert self.directory is not None
        return _is_hidden(os.path.relpath(full_path, os.path.realpath(self.directory)))


def _names_tag(values: Iterable[str], tag: str) -> bool:
    """Whether `If-None-Match` names a tag, by weak comparison (RFC 9110, 13.1.2)."""
    tags = {name.strip().removeprefix("W/") for value in values for name in value.split(",")}
    return bool(tags & {"*", tag})


def _is_hidden(path: str) -> bool:
    parts = PurePath(path).parts
    return any(part.startswith(".") for part in parts) or path.lower().endswith(_SOURCE_SUFFIXES)
