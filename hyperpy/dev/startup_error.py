"""The application that `hyper dev` serves while the user's own can't be loaded or started."""

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from hyperpy.web.errors import error_document

RETRY = 2  # seconds until browsers try again


class StartupErrorApp:
    """An ASGI application that shows `problem`, a text, at every URL. The page reloads itself."""

    def __init__(self, problem: str) -> None:
        self.problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1012)(scope, receive, send)
        else:
            await self._response(Headers(scope=scope))(scope, receive, send)

    def _response(self, headers: Headers) -> Response:
        no_store = {"cache-control": "no-store"}
        if "text/event-stream" in headers.get("accept", ""):
            # After an error status, an EventSource would never reconnect.
            return Response(f"retry: {RETRY * 1000}\n\n", media_type="text/event-stream", headers=no_store)
        body = t"<pre>{self.problem}</pre><p>Fix the error and save. This page will reload.</p>"
        page = error_document("The site can't be loaded", body, refresh=RETRY)
        return HTMLResponse(page, status_code=500, headers=no_store)
