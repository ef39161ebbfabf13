"""The application that `hyper dev` serves while the user's own can't be loaded or started."""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from hyperpy.web.errors import debug_answer

RETRY = 2  # seconds until an EventSource tries again


class StartupErrorApp:
    """An ASGI application that shows `problem` at every URL. The page reloads itself."""

    def __init__(self, problem: BaseException) -> None:
        self.problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1012)(scope, receive, send)
        else:
            await self._response(scope)(scope, receive, send)

    def _response(self, scope: Scope) -> Response:
        if "text/event-stream" in Headers(scope=scope).get("accept", ""):
            # After an error status, an EventSource would never reconnect.
            headers = {"cache-control": "no-store"}
            return Response(f"retry: {RETRY * 1000}\n\n", media_type="text/event-stream", headers=headers)
        return debug_answer(self.problem, scope, reloads=True)
