"""Error responses: for visitors, without any internals, and for developers, with all of them."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from hyperpy.exceptions import HyperError, InputError
from hyperpy.templates import html
from hyperpy.web.tracebacks import users_traceback

_STYLE = Markup(
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "pre{padding:1rem;overflow:auto;background:#f6f6f4;border-left:4px solid #c33;font:14px/1.45 monospace}"
    "h1{font-size:1.3rem}li{margin:.2rem 0}@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}"
    "pre{background:#262626}}"
)


def status_of(error: BaseException) -> int:
    """The HTTP status of the response to an exception."""
    if isinstance(error, HTTPException):
        return error.status_code
    return 422 if isinstance(error, InputError) else 500


def headers_of(error: BaseException) -> Mapping[str, str]:
    return (error.headers or {}) if isinstance(error, HTTPException) else {}


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def error_answer(error: BaseException, accept: str) -> Response:
    """The response for visitors: JSON, plain text or a page, by the `Accept` header. It never has a traceback."""
    status = status_of(error)
    detail: object = error.detail if isinstance(error, HTTPException) else phrase(status)
    text = _sendable(detail if isinstance(detail, str) else phrase(status))
    problems = error.problems if isinstance(error, InputError) else {}
    headers = {"Vary": "Accept", **headers_of(error)}
    if "application/json" in accept and "text/html" not in accept:
        more = {"errors": problems} if problems else {}
        try:
            return JSONResponse({"detail": detail} | more, status, headers)
        except TypeError, ValueError, RecursionError:  # JSON can't hold it
            return JSONResponse({"detail": text} | more, status, headers)
    if "text/html" not in accept:
        lines = [text, *(f"{name}: {why}" for name, why in problems.items())]
        return PlainTextResponse("\n".join(lines), status, headers)
    items = [t"<li><code>{name}</code>: {why}</li>" for name, why in problems.items()]
    listing = t"<ul>{items}</ul>" if items else t""
    explanation = t"<p>{text}</p>" if text != phrase(status) else t""
    return HTMLResponse(error_document(f"{status} {phrase(status)}", t"{explanation}{listing}"), status, headers)


def _sendable(text: str) -> str:
    """The text without lone surrogates, which UTF-8 can't encode."""
    return text.encode("utf-8", "replace").decode()


def debug_answer(error: BaseException) -> Response:
    """The response for developers: the message of a HyperError, the traceback of any other exception."""
    if isinstance(error, HyperError):
        title, text = error.what, str(error)
        cause = error.__cause__
        below = t"<h2>Caused by</h2><pre>{users_traceback(cause)}</pre>" if cause is not None else t""
    else:
        title, text, below = f"{type(error).__name__}: {error}", users_traceback(error), t""
    return HTMLResponse(error_document(title, t"<pre>{text}</pre>{below}"), status_of(error))


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


def error_document(title: str, body: object, *, refresh: int | None = None) -> Markup:
    """The page around every error. `refresh` makes browsers reload it after that many seconds."""
    meta = t'<meta http-equiv="refresh" content="{refresh}">' if refresh else t""
    return html(t"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8">{meta}<title>{title}</title>{Markup("<style>")}{_STYLE}{Markup("</style>")}</head>
        <body><h1>{title}</h1>{body}</body>
        </html>
        """)
