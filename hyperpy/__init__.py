"""A folder of route files becomes a live site: pages, streams, fragments and progressive HTML for Python 3.14.

The names are imported when they are first used.
"""

from typing import TYPE_CHECKING

from hyperpy.lazy import lazy_names

if TYPE_CHECKING:
    from markupsafe import Markup
    from starlette.exceptions import HTTPException
    from starlette.requests import Request

    from hyperpy.app import Hyper, spawn
    from hyperpy.channels import NOW, START, Message, listen, queue
    from hyperpy.channels.named_channel import channel
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
        Cookie,
        Depends,
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
    from hyperpy.pages.body_inputs import Body, File, Form
    from hyperpy.pages.proxies import request, response
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
    from hyperpy.streams.dialects.swaps import swap
    from hyperpy.templates import TrustedCSS, TrustedJS, TrustedURL, fragment, html
    from hyperpy.web.assets import asset
    from hyperpy.web.htmx import HTMX, htmx
    from hyperpy.web.redirect import redirect
    from hyperpy.web.site_urls import url
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "markupsafe": "Markup",
            "starlette.exceptions": "HTTPException",
            "starlette.requests": "Request",
            "hyperpy.app": "Hyper spawn",
            "hyperpy.channels": "Message NOW START listen queue",
            "hyperpy.channels.named_channel": "channel",
            "hyperpy.components": "FormField Suspense",
            "hyperpy.config": "Settings",
            "hyperpy.exceptions": "HyperError",
            "hyperpy.forms": "UploadFile",
            "hyperpy.pages.body_inputs": "Body File Form",
            "hyperpy.pages.input_functions": "Cookie Depends Header Loaded Path Query",
            "hyperpy.pages": "DELETE GET PATCH POST PUT InputMarker csp_nonce flash flashes render route session",
            "hyperpy.pages.proxies": "request response",
            "hyperpy.responses": "FileResponse HTMLResponse JSONResponse PlainTextResponse RedirectResponse Response"
            " StreamingResponse",
            "hyperpy.sessions": "Flash Session",
            "hyperpy.streams": "Event JSON poll",
            "hyperpy.streams.dialects.swaps": "swap",
            "hyperpy.templates": "TrustedCSS TrustedJS TrustedURL fragment html",
            "hyperpy.web.assets": "asset",
            "hyperpy.web.htmx": "HTMX htmx",
            "hyperpy.web.redirect": "redirect",
            "hyperpy.web.site_urls": "url",
        },
        encoding="Event Flash JSON JSONResponse Session channel flash flashes htmx listen poll queue session url",
    )

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
    "swap",
    "url",
]


def __dir__() -> list[str]:
    return __all__
