"""The sites of an application: itself, and those that are mounted in it."""

from collections.abc import Iterator
from typing import Any, Final
from weakref import WeakKeyDictionary

from starlette.routing import Mount

from hyperpy.app import Hyper
from hyperpy.app.loaded_routes import BrokenRoute, LoadedRoutes
from hyperpy.app.site_warnings.helper_warnings import helper_files
from hyperpy.dev.page_warnings import RouteWarnings
from hyperpy.exceptions import HyperError
from hyperpy.pages import LoadWarning, Route
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
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
        """They are looked for once in the routes as they are: the pages ask again with each update."""
        loaded = self.app.loaded_routes
        known = _found.get(self.app)
        if known is None or known[0] is not loaded:
            known = _found[self.app] = (loaded, loaded.warnings)
        return known[1]


_found: Final[WeakKeyDictionary[Hyper, tuple[LoadedRoutes, tuple[LoadWarning, ...]]]] = WeakKeyDictionary()


def sites_of(app: Any, prefix: str = "") -> Iterator[InspectedSite]:
    """Looks below middleware and into mounts."""
    while app is not None and not hasattr(app, "routes"):
        app = getattr(app, "app", None)
    if isinstance(app, Hyper):
        yield InspectedSite(prefix, app)
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from sites_of(route.app, prefix + route.path)


def warnings_about(app: Any, file: str) -> RouteWarnings | None:
    """The warnings about a route file, its guards, and the modules that these import. It may be of a mounted site."""
    for site in sites_of(app):
        route = next((route for route in site.routes if route.file == file), None)
        if route is not None:
            files = frozenset({file, *(guard.file for guard in route.guards)}) | helper_files([route, *route.guards])
            return RouteWarnings(files, [warning for warning in site.warnings if warning.place.file in files])
    return None
