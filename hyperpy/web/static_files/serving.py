"""Static files under `/static/`, and those of `static/.well-known/` under `/.well-known/`."""

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate
from functools import cache
from typing import Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import Receive, Scope, Send

from hyperpy.routing import route_path, split_path
from hyperpy.web.static_files.content_codings import ContentCoding, acceptable
from hyperpy.web.static_files.entity_tags import entity_tag
from hyperpy.web.static_files.folder import StaticFile, StaticFolder
from hyperpy.web.static_files.hashed_names import hash_of, without_hash
from hyperpy.web.static_files.ranges import with_usable_range
from hyperpy.web.static_files.static_urls import STATIC_URLS, WELL_KNOWN

_REVALIDATED: Final = "no-cache"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"  # a year; RFC 8246


class _Representation(NamedTuple):
    """A file as it is sent to one client."""

    file: StaticFile
    tag: str
    media_type: str
    headers: Mapping[str, str]


class StaticApp:
    """An ASGI application that serves a folder to GET and HEAD requests, with ETag, Last-Modified and ranges.

    Files are looked up per request, in threads. Browsers revalidate their copy on each use (`no-cache`), so changes
    show at once. A name with the hash of the file's present content is `immutable`; with another hash, which a page
    from before or after a deployment has, it is the present content to be revalidated. A compressed copy beside the
    file is sent to clients that accept it.

    Raises Starlette's HTTPException: 405 with Allow for other methods, and 404.
    """

    def __init__(self, folder: StaticFolder) -> None:
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        segments = split_path(route_path(scope))
        if segments is None or segments[0] not in ("static", WELL_KNOWN) or any("/" in each for each in segments):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        name = "/".join(segments if segments[0] == WELL_KNOWN else segments[1:])
        if not await self.send_file(name, scope, receive, send):
            raise HTTPException(404)

    async def send_file(self, name: str, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a GET or HEAD request with a file of the folder. Returns False if there is no such file."""
        headers = Headers(scope=scope)
        found = await run_in_threadpool(self._representation, name, headers.getlist("accept-encoding"))
        if found is not None:
            await self._response(found, headers)(with_usable_range(scope), receive, send)
        return found is not None

    async def answers(self, path: bytes) -> bool:
        """Whether a path in `STATIC_URLS` is for this folder: all below `/static/`, and files in `.well-known`."""
        if path.startswith(STATIC_URLS[0]):
            return True
        segments = split_path(path)
        return segments is not None and await run_in_threadpool(self._folder.find, "/".join(segments)) is not None

    def _representation(self, name: str, accept_encoding: Sequence[str]) -> _Representation | None:
        file, given = self._folder.find(name), ""
        if file is None and (split := without_hash(name)):
            name, given = split
            file = self._folder.find(name)
        if file is None:
            return None
        copies = self._folder.compressed(name, file)
        try:
            tag = entity_tag(*file)
            headers = {"Cache-Control": _IMMUTABLE if given == hash_of(tag) else _REVALIDATED}
            if copies:
                headers["Vary"] = "Accept-Encoding"
            sent, coding = _chosen(copies, accept_encoding) or (file, None)
            if coding is not None:
                headers["Content-Encoding"] = coding.name
            return _Representation(sent, entity_tag(*sent), media_type(file.path), headers)
        except OSError:  # no permission, or deleted a moment ago
            return None

    def _response(self, found: _Representation, request_headers: Headers) -> Response:
        path, status = found.file
        own = {"ETag": found.tag, "X-Content-Type-Options": "nosniff", **found.headers}
        response = FileResponse(path, headers=own, media_type=found.media_type, stat_result=status)
        if not _is_expected(response.headers, request_headers):
            raise HTTPException(412)
        if matched := request_headers.getlist("if-none-match"):
            is_current = _names_tag(matched, found.tag)
        else:
            is_current = self._folder.is_not_modified(response.headers, request_headers)
        return NotModifiedResponse(response.headers) if is_current else response


def _chosen(
    copies: Mapping[ContentCoding, StaticFile], accept_encoding: Sequence[str]
) -> tuple[StaticFile, ContentCoding] | None:
    return next(((copies[coding], coding) for coding in acceptable(accept_encoding, copies)), None)


def media_type(path: str) -> str:
    """`site.css.gz` under its own name is sent unchanged: as a gzip file, not as a style sheet."""
    kind, coding = _standard_types().guess_file_type(path)
    if kind is None and coding is None:
        kind, coding = mimetypes.guess_file_type(path)
    return kind if kind is not None and coding is None else "application/octet-stream"


@cache
def _standard_types() -> mimetypes.MimeTypes:
    """The types that Python knows. Windows lists others: there, other programs may have changed that of `.js`."""
    return mimetypes.MimeTypes()


def _is_expected(headers: Headers, request_headers: Headers) -> bool:
    """Whether the file is the one that `If-Match` names, or not newer than `If-Unmodified-Since` (RFC 9110, 13.2.2).

    A part of a download that is continued must be of the same file. A date that can't be read is ignored.
    """
    if expected := request_headers.getlist("if-match"):
        return not {"*", headers["etag"]}.isdisjoint(name.strip() for value in expected for name in value.split(","))
    date, modified = parsedate(request_headers.get("if-unmodified-since")), parsedate(headers["last-modified"])
    return date is None or modified is None or modified[:6] <= date[:6]


def _names_tag(values: Iterable[str], tag: str) -> bool:
    """Whether `If-None-Match` names a tag, by weak comparison (RFC 9110, 13.1.2)."""
    tags = {name.strip().removeprefix("W/") for value in values for name in value.split(",")}
    return bool(tags & {"*", tag})
