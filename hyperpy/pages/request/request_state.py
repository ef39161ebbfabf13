"""State of a whole request, which may consist of several Runs: of guards, a route, and an error page."""

from typing import Final

from starlette.types import Scope

from hyperpy.pages.request.dependencies import Dependencies
from hyperpy.sessions import SessionContent

# In the ASGI scope: the RequestState, once something needs it.
STATE: Final = "hyperpy.request"

# In the ASGI scope under `hyper dev`: a list to which the file of the route that answers is added.
ANSWERED: Final = "hyperpy.answered"

# In the ASGI scope under `hyper dev`: a list to which the file of a guard that answers is added.
REFUSED: Final = "hyperpy.refused"

# In the ASGI scope, once a response has its headers while its body is still to come.
HEADERS_SETTLED: Final = "hyperpy.headers_settled"


# In the ASGI scope under `hyper build`: a page with deferred values is sent once it is complete.
WHOLE: Final = "hyperpy.whole"


class RequestState:
    """Shared by all Runs of a request. It is made on first use, because most requests need none of it."""

    __slots__ = ("_dependencies", "session")

    def __init__(self) -> None:
        self._dependencies: Dependencies | None = None
        self.session: SessionContent | None = None

    @property
    def dependencies(self) -> Dependencies:
        """The dependencies of the request, made on first use."""
        if self._dependencies is None:
            self._dependencies = Dependencies()
        return self._dependencies

    @property
    def has_dependencies(self) -> bool:
        """Whether anything has asked for them, so that they have to be finished."""
        return self._dependencies is not None

    def session_content(self, scope: Scope) -> SessionContent:
        """The session of the request, made on first use."""
        if self.session is None:
            self.session = SessionContent(scope, scope["app"].session_cookie)
            if HEADERS_SETTLED in scope:
                self.session.seal()
        return self.session


def request_state(scope: Scope) -> RequestState:
    state: RequestState | None = scope.get(STATE)
    if state is None:
        state = scope[STATE] = RequestState()
    return state
