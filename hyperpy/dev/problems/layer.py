"""An ASGI layer that answers errors: with everything for the developer, and for others as `hyper serve` does."""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.dev.problems.answers import problem_answer
from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.local_clients import is_local
from hyperpy.web.errors import PROBLEM_ANSWER, error_answer


class ProblemLayer:
    """Forwards requests to `app`, with a function in their scope by which the application answers exceptions."""

    def __init__(self, app: ASGIApp, editor: Editor) -> None:
        self.app = app
        self.editor = editor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[PROBLEM_ANSWER] = self._answer if is_local(scope) else _public_answer
        await self.app(scope, receive, send)

    def _answer(self, error: BaseException, scope: Scope, reloads: bool) -> Response:
        return problem_answer(error, scope, self.editor, reloads=reloads)


def _public_answer(error: BaseException, scope: Scope, reloads: bool) -> Response:
    return error_answer(error, ",".join(Headers(scope=scope).getlist("accept")))
