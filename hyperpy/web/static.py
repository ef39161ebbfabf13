"""Static files under `/static/`."""

import mimetypes
import os
from pathlib import Path, PurePath

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Receive, Scope, Send

from hyperpy.routing import route_path, split_path
from hyperpy.web.ranges import with_usable_range

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

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if "content-type" in response.headers and mimetypes.guess_file_type(full_path)[1] is not None:
            # `site.css.gz` is sent unchanged: as a gzip file, not as a style sheet.
            response.headers["Content-Type"] = "application/octet-stream"
        return response


def _is_hidden(path: str) -> bool:
    parts = PurePath(path).parts
    return any(part.startswith(".") for part in parts) or path.lower().endswith(_SOURCE_SUFFIXES)
