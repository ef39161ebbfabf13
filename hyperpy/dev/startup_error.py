"""The application that `hyper dev` serves while the user's own can't be loaded or started."""

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from hyperpy.web.errors import debug_answer


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
            await debug_answer(self.problem, scope, reloads=True)(scope, receive, send)
