"""What the development server answers, at every URL, while the application can't be loaded or started."""

from markupsafe import escape
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

# The page asks again by itself, and shows the site as soon as there is one.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>hyper dev: error</title>
<style>
body {{ margin: 3rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222 }}
pre {{ padding: 1rem; overflow-x: auto; background: #f6f2ee; border-left: .3rem solid #b3261e }}
</style>
</head>
<body>
<h1>The site cannot be loaded</h1>
<pre>{problem}</pre>
<p>Mend it and save: this page follows.</p>
</body>
</html>
"""


class StartupErrorApp:
    """An ASGI application that shows `problem`, a text, and nothing else."""

    def __init__(self, problem: str) -> None:
        self.problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1012)(scope, receive, send)
        else:
            await self._response(Headers(scope=scope))(scope, receive, send)

    def _response(self, headers: Headers) -> Response:
        no_store = {"cache-control": "no-store"}
        if "text/event-stream" in headers.get("accept", ""):
            # An error status would make an EventSource give up for good; this makes it ask again in two seconds.
            return Response("retry: 2000\n\n", media_type="text/event-stream", headers=no_store)
        return HTMLResponse(PAGE.format(problem=escape(self.problem)), status_code=500, headers=no_store)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
