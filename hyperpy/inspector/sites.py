"""The sites of an application: itself, and those that are mounted in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.routing import Mount

from hyperpy.app import Hyper
from hyperpy.app.loaded_routes import BrokenRoute
from hyperpy.exceptions import HyperError
from hyperpy.pages import LoadWarning, Route


@dataclass(frozen=True, slots=True)
class InspectedSite:
    """A `Hyper`, and the path that it is mounted at, empty for the application itself."""

    prefix: str
    app: Hyper

    @property
    def routes(self) -> tuple[Route, ...]:
        return self.app.loaded_routes.working()

    @property
    def broken(self) -> list[BrokenRoute]:
        return [entry for entry in self.app.loaded_routes.entries if isinstance(entry, BrokenRoute)]

    @property
    def errors(self) -> list[HyperError]:
        return self.app.load_errors

    @property
    def warnings(self) -> tuple[LoadWarning, ...]:
        return self.app.loaded_routes.warnings


def sites_of(app: Any, prefix: str = "") -> Iterator[InspectedSite]:
    """Looks below middleware and into mounts."""
    while app is not None and not hasattr(app, "routes"):
        app = getattr(app, "app", None)
    if isinstance(app, Hyper):
        yield InspectedSite(prefix, app)
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from sites_of(route.app, prefix + route.path)
