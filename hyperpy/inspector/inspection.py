"""What the pages of the inspector show, and how they get it."""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from weakref import WeakSet

from starlette.requests import Request

from hyperpy.channels import Hub
from hyperpy.dev.problems import Editor
from hyperpy.dev.terminal import trimmed_traceback
from hyperpy.inspector.history import Records
from hyperpy.inspector.sites import InspectedSite, sites_of
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class Inspection:
    """The inspected application, and the records of its requests."""

    app: Any
    records: Records
    hubs: WeakSet[Hub]
    editor: Editor

    @property
    def sites(self) -> list[InspectedSite]:
        return list(sites_of(self.app))

    @property
    def problem(self) -> str:
        """Why the application couldn't be loaded, if this is so."""
        problem = getattr(self.app, "problem", None)
        return trimmed_traceback(problem) if isinstance(problem, BaseException) else ""

    @property
    def warning_count(self) -> int:
        return sum(len(site.warnings) + len(site.errors) for site in self.sites)

    async def updates_of_routes(self) -> AsyncIterator[None]:
        """Yield once at the start, and when the routes have been loaded again or another number of streams is open."""
        shown: object = None
        async for _ in self.records.changes.updates():
            now = [id(site.app.loaded_routes) for site in self.sites], self.records.open_count
            if now != shown:
                shown = now
                yield

    def subscribers(self, key: str) -> int:
        """How many subscribers a channel has in this process."""
        return sum(hub.subscribers(key) for hub in list(self.hubs))

    def addresses(self) -> Iterable[str]:
        return sorted({hub.address for hub in list(self.hubs)})


def inspection_of(request: Request) -> Inspection:
    """The dependency of the inspector's pages."""
    found: Inspection = request.app.state.inspection
    return found
