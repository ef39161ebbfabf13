"""Answers with the pages of `hyper build` where there are any, and as usual otherwise."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from hyperpy.app.dispatch import Dispatch
from hyperpy.app.loaded_routes import LoadedRoutes
from hyperpy.app.sender import Sender
from hyperpy.config import Settings, is_serving
from hyperpy.lazy import LazyModule
from hyperpy.pages import Route
from hyperpy.routing import Match, route_path

if TYPE_CHECKING:
    from hyperpy.web.built import built_pages
else:
    built_pages = LazyModule("hyperpy.web.built.built_pages")


class BuiltDispatch(Dispatch):
    """A Dispatch of its own, so that sites without a build don't look for one in each request."""

    def __init__(self, app: Any, loaded: LoadedRoutes, settings: Settings) -> None:
        super().__init__(app, loaded, settings)
        self._built = built_pages.BuiltPages.of(settings, self._sources)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sender = Sender(send, scope, self.headers)
        try:
            is_answered = await self._built.answers(route_path(scope), scope, receive, sender.watched)
        except HTTPException as error:  # 412, for a part of another version of the file
            response = await self.error_response(scope, receive, error)
            await response(scope, receive, sender.watched)
            return
        if not is_answered:
            await super().__call__(scope, receive, send)

    def _sources(self, path: bytes) -> Sequence[str]:
        """The files of the route for a path, and of its guards."""
        match self.loaded.router.match(path):
            case Match(Route() as route):
                return [route.file, *(guard.file for guard in route.guards)]
        return ()


def make_dispatch(app: Any, loaded: LoadedRoutes, settings: Settings) -> Dispatch:
    """Raises ConfigError if the setting `built` names a folder that was not built."""
    is_built = settings.built is not None and is_serving(debug=app.debug)
    return (BuiltDispatch if is_built else Dispatch)(app, loaded, settings)
