"""A folder of route files becomes a live site: pages, streams, fragments and progressive HTML for Python 3.14."""

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hyperpy.app import Hyper, spawn
from hyperpy.channels import NOW, START, Message, channel, listen, queue
from hyperpy.components import FormField, Suspense
from hyperpy.config import Settings
from hyperpy.exceptions import HyperError
from hyperpy.forms import UploadFile
from hyperpy.pages import (
    DELETE,
    GET,
    PATCH,
    POST,
    PUT,
    Body,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    InputMarker,
    Loaded,
    Path,
    Query,
    csp_nonce,
    flash,
    flashes,
    render,
    route,
    session,
)
from hyperpy.pages import current_request as request
from hyperpy.pages import current_response as response
from hyperpy.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from hyperpy.sessions import Flash, Session
from hyperpy.streams import JSON, Event, poll
from hyperpy.templates import TrustedCSS, TrustedJS, TrustedURL, fragment, html
from hyperpy.web.assets import asset
from hyperpy.web.htmx import HTMX, htmx
from hyperpy.web.redirect import redirect
from hyperpy.web.site_urls import url

__all__ = [
    "DELETE",
    "GET",
    "HTMX",
    "JSON",
    "NOW",
    "PATCH",
    "POST",
    "PUT",
    "START",
    "Body",
    "Cookie",
    "Depends",
    "Event",
    "File",
    "FileResponse",
    "Flash",
    "Form",
    "FormField",
    "HTMLResponse",
    "HTTPException",
    "Header",
    "Hyper",
    "HyperError",
    "InputMarker",
    "JSONResponse",
    "Loaded",
    "Markup",
    "Message",
    "Path",
    "PlainTextResponse",
    "Query",
    "RedirectResponse",
    "Request",
    "Response",
    "Session",
    "Settings",
    "StreamingResponse",
    "Suspense",
    "TrustedCSS",
    "TrustedJS",
    "TrustedURL",
    "UploadFile",
    "asset",
    "channel",
    "csp_nonce",
    "flash",
    "flashes",
    "fragment",
    "html",
    "htmx",
    "listen",
    "poll",
    "queue",
    "redirect",
    "render",
    "request",
    "response",
    "route",
    "session",
    "spawn",
    "url",
]
