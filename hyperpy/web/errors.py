"""Error responses: for visitors, without any internals, and for developers, with all of them."""

import copy
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from string.templatelib import Template
from typing import Literal

from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from hyperpy.config import running_command
from hyperpy.exceptions import HyperError, InputError, RefusedRedirectError, display_path
from hyperpy.lazy import lazy_pattern
from hyperpy.pages import with_vary
from hyperpy.templates import html, replace_surrogates
from hyperpy.tracebacks import users_traceback
from hyperpy.web.bodiless import BODILESS

PROBLEM_ANSWER = "hyperpy.problem_answer"
"""Where a scope has the function by which `hyper dev` answers an exception: (error, scope, reloads) -> response."""

MISSING_STREAM_ANSWER = "hyperpy.missing_stream_answer"
"""Where it has the one for event streams without a route: (scope) -> response, or None for any other request."""

RELOAD_AFTER = 2  # seconds between two attempts of a page to reload

_STYLE = Markup(
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "pre{padding:1rem;overflow:auto;background:#f6f6f4;border-left:4px solid #c33;font:14px/1.45 monospace}"
    "h1{font-size:1.3rem}li{margin:.2rem 0}@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}"
    "pre{background:#262626}}"
)

_FLAGS_TO_ADD = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OF_BODY = frozenset({"content-length", "content-type", "transfer-encoding"})
_JSON_TYPE = lazy_pattern(r"application/(?:[^/ ]+\+)?json")
_QUALITY = lazy_pattern(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


def status_of(error: BaseException) -> int:
    """The HTTP status of the response to an exception."""
    return error.status_code if isinstance(error, HTTPException | InputError | RefusedRedirectError) else 500


def describe(error: Exception, log_id: str = "") -> None:
    """Give an exception the attributes of a PageError that it lacks, and the id under which the log has it."""
    status = status_of(error)
    title = phrase(status)
    detail = str(error) if isinstance(error, InputError) else title
    for name, value in {"status_code": status, "title": title, "detail": detail, "fields": {}}.items():
        if not hasattr(error, name):
            setattr(error, name, value)
    error.log_id = log_id  # type: ignore[attr-defined]


def headers_of(error: BaseException) -> Mapping[str, str]:
    """The headers of an HTTPException, without those that belong to the body of the error page."""
    given = (error.headers or {}) if isinstance(error, HTTPException) else {}
    return {name: value for name, value in given.items() if name.lower() not in _OF_BODY}


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def completed_error(
    response: Response, error: BaseException, status: int, headers: Iterable[tuple[bytes, bytes]] = ()
) -> Response:
    """A copy of the response of an error page, with this status, the error's headers, and `headers`."""
    own = copy.copy(response)
    own.status_code = status
    own.raw_headers = [*response.raw_headers, *headers]
    fields = MutableHeaders(raw=own.raw_headers)
    for name, value in headers_of(error).items():
        fields[name] = value
    own.raw_headers = with_vary(own.raw_headers, "Accept")
    vars(own).pop("_headers", None)  # Starlette's cache, which refers to the list of the original
    return own


def takes_html(accept: str) -> bool:
    """Whether a client gets an error page: it names HTML, or any type, and doesn't prefer JSON."""
    return preferred_format(accept) in ("html", "any")


def preferred_format(accept: str) -> Literal["json", "html", "any", "text"]:
    """The media type that a client's `Accept` header prefers (RFC 9110, 12.5.1). Browsers name HTML, scripts JSON."""
    qualities = dict(map(_media_range, accept.lower().split(",")))
    json = max((q for kind, q in qualities.items() if _JSON_TYPE.fullmatch(kind)), default=0)
    html = max(qualities.get("text/html", 0), qualities.get("application/xhtml+xml", 0))
    if json > html:
        return "json"
    if html:
        return "html"
    return "any" if any(qualities.get(kind, 0) for kind in ("*/*", "text/*", "")) else "text"


def _media_range(text: str) -> tuple[str, float]:
    """The type and its quality; an invalid quality counts as 1."""
    kind, *parameters = (part.strip() for part in text.split(";"))
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    return kind, float(quality) if _QUALITY.fullmatch(quality) else 1


def error_answer(error: BaseException, accept: str) -> Response:
    """The response for visitors: JSON, plain text or a page, by the `Accept` header.

    It never has a traceback. An exception that was logged has its `log_id`.
    """
    status = status_of(error)
    detail: object = error.detail if isinstance(error, HTTPException) else phrase(status)
    text = replace_surrogates(detail if isinstance(detail, str) else phrase(status))
    fields = error.fields if isinstance(error, InputError) else {}
    log_id: str = getattr(error, "log_id", "")
    headers = {"Vary": "Accept", **headers_of(error)}
    if status in BODILESS:
        return Response(status_code=status, headers=headers)
    kind = preferred_format(accept)
    if kind == "json":
        problem: dict[str, object] = {"type": "about:blank", "title": phrase(status), "status": status, "detail": text}
        problem |= ({"fields": fields} if fields else {}) | ({"log_id": log_id} if log_id else {})
        more = detail if isinstance(detail, dict) else {} if isinstance(detail, str) else {"data": detail}
        try:
            return _Problem(problem | more, status, headers)
        except TypeError, ValueError, RecursionError:  # JSON can't hold it
            return _Problem(problem, status, headers)
    if kind != "html":
        lines = [text, *(f"{name}: {why}" for name, why in fields.items()), *([f"Log id: {log_id}"] if log_id else ())]
        return PlainTextResponse("\n".join(lines), status, headers)
    items = [t"<li><code>{name}</code>: {why}</li>" for name, why in fields.items()]
    listing = t"<ul>{items}</ul>" if items else t""
    explanation = t"<p>{text}</p>" if text != phrase(status) else t""
    logged = t"<p>Log id: <code>{log_id}</code></p>" if log_id else t""
    return HTMLResponse(
        error_document(f"{status} {phrase(status)}", t"{explanation}{listing}{logged}"), status, headers
    )


class _Problem(JSONResponse):
    """Problem details (RFC 9457). A structured `detail` of an HTTPException adds members of its own."""

    media_type = "application/problem+json"


def debug_answer(error: BaseException, scope: Scope, *, reloads: bool = False) -> Response:
    """The response for developers: that of `hyper dev`, or else a page with the message or the traceback.

    With `reloads`, the page reloads itself, so that it goes away once the file is fixed.
    """
    if PROBLEM_ANSWER in scope:
        answer: Response = scope[PROBLEM_ANSWER](error, scope, reloads)
        return answer
    if isinstance(error, HyperError):
        title, text = error.what, str(error)
        cause = error.__cause__
        below = t"<h2>Caused by</h2><pre>{users_traceback(cause)}</pre>" if cause is not None else t""
    else:
        title, text, below = f"{type(error).__name__}: {_text_of(error)}", users_traceback(error), t""
    if reloads:
        below = t"{below}<p>Fix the error and save. This page will reload.</p>"
    document = error_document(title, t"<pre>{text}</pre>{below}", refresh=RELOAD_AFTER if reloads else None)
    return HTMLResponse(replace_surrogates(document), status_of(error), {"Cache-Control": "no-store"})


def missing_stream_answer(scope: Scope) -> Response | None:
    """The response of `hyper dev` to a client that waits for the events of a route that may come (back)."""
    answer: Response | None = scope[MISSING_STREAM_ANSWER](scope) if MISSING_STREAM_ANSWER in scope else None
    return answer


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (the class and the traceback say enough)
        return "<exception str() failed>"


def no_route_answer(path: str, folder: str, routes: Iterable[tuple[str, str]]) -> Response:
    """The 404 page for developers: the file to create, and the existing `routes` as (URL, file)."""
    name = path.strip("/") or "index"
    items = [t"<li><code>{url}</code> &nbsp; {file}</li>" for url, file in routes]
    body = t"""
        <p>To add one, create <code>{folder}/{name}.py</code>. One line is enough to start with:</p>
        <pre>t"&lt;h1&gt;Hello&lt;/h1&gt;"</pre>
        <p>Existing routes:</p><ul>{items}</ul>
        """
    return HTMLResponse(error_document(f"No route for {path}", body), 404)


def method_error(method: str, file: str, allow: str, *, debug: bool) -> HTTPException:
    """A 405 for a route file that answers the methods `allow`. Developers are told how to answer this one."""
    detail = f"{display_path(file)} answers {allow}." if debug else None
    if debug and method in _FLAGS_TO_ADD:
        detail = f"{detail} To answer {method}, import {method} from hyperpy and write `if {method}:`."
    return HTTPException(405, detail, headers={"Allow": allow})


def error_document(title: str, body: object, *, refresh: int | None = None) -> Markup:
    """The page around every error. `refresh` makes browsers reload it after that many seconds."""
    meta = t'<meta http-equiv="refresh" content="{refresh}">' if refresh else t""
    return html(t"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8">{meta}<title>{title}</title>{Markup("<style>")}{_STYLE}{Markup("</style>")}</head>
        <body><h1>{title}</h1>{body}{_inspector_link()}</body>
        </html>
        """)


def _inspector_link() -> Template | None:
    """A link to the inspector, which only `hyper dev` has."""
    command = running_command.get()
    if command is None or not command.development_key:
        return None
    return t'<p><a href="/_hyper/">Inspector: routes, requests, streams</a></p>'
