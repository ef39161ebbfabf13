"""Which hub, and which cursor, the running code means."""

from contextvars import ContextVar
from typing import Final
from weakref import WeakSet

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.channels.cursor import Cursor
from hyperpy.channels.hub.hub import HUB_KEY, Hub
from hyperpy.exceptions import ChannelError
from hyperpy.pages import current

CURSOR_KEY: Final = "hyperpy.cursor"

IN_A_SCRIPT: Final = """In a script:
    from hyperpy.channels import connect

    async with connect():
        await channel(name).publish(data)"""

# The hub of the lifespan that code runs in, and of the tasks that were begun there.
hub_of_lifespan: Final[ContextVar[Hub | None]] = ContextVar("hub_of_lifespan", default=None)
# For code that has neither a request nor a lifespan around it: threads of its own, endpoints that are not route files.
running: Final[WeakSet[Hub]] = WeakSet()


def current_hub() -> Hub:
    """The hub of the request, else of the lifespan, else the only one of the process."""
    run = current.get(None)
    if run is not None:
        return _hub_of(run.scope)
    if (hub := hub_of_lifespan.get()) is not None:
        return hub
    hubs = list(running)
    if len(hubs) == 1:
        return hubs[0]
    if hubs:
        raise ChannelError(
            "several applications run in this process, and it is not clear whose channel this is",
            hint="Use channels in a request, or in the lifespan of one of them.",
        )
    raise ChannelError("channels work while an application runs, and none does", hint=IN_A_SCRIPT)


def _hub_of(scope: Scope) -> Hub:
    hub = scope.get("state", {}).get(HUB_KEY)
    if hub is None:  # mounted, or served without a lifespan
        hub = scope["app"].own_hub()
    assert isinstance(hub, Hub)
    return hub


def current_cursor() -> Cursor:
    """The cursor that all subscriptions of a request share; one of its own for code outside of requests."""
    run = current.get(None)
    if run is None:
        return Cursor()
    cursor = run.scope.get(CURSOR_KEY)
    if cursor is None:
        cursor = run.scope[CURSOR_KEY] = Cursor(Headers(scope=run.scope).get("last-event-id"))
    assert isinstance(cursor, Cursor)
    return cursor
