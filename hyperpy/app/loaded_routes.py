"""The routes and error pages of a folder, loaded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from hyperpy.exceptions import HyperError, Place, RouteConflictError, RouteError
from hyperpy.pages import (
    DELETE,
    GET,
    PATCH,
    POST,
    PUT,
    LoadWarning,
    PublicNames,
    Query,
    Route,
    RoutesPackage,
    load_route,
    render,
)
from hyperpy.routing import ErrorPage, ErrorPages, RouteFile, Router, URLPatterns, discover
from hyperpy.streams import JSON, Event
from hyperpy.web.redirect import redirect
from hyperpy.web.urls import url

# By these objects, names in route files are resolved.
PUBLIC_NAMES: Final = PublicNames(
    {method.name: method for method in (DELETE, GET, PATCH, POST, PUT)}
    | {"Event": Event, "JSON": JSON, "redirect": redirect, "render": render, "url": url}
)


@dataclass(frozen=True, slots=True)
class BrokenRoute:
    """A route file that can't be loaded. In debug mode, its URL shows the error."""

    file: str
    url: str
    error: HyperError


type LoadedRoute = Route | BrokenRoute


class RouteRow(NamedTuple):
    """A row of `hyper routes`."""

    methods: tuple[str, ...]
    url: str
    file: str
    kind: str
    inputs: tuple[str, ...]
    """The required inputs, besides those in the path: `page: int`, `x-token: str (header)`."""


@dataclass(frozen=True, slots=True)
class LoadedRoutes:
    """Everything in a folder of routes, ready for requests."""

    folder: Path
    router: Router[LoadedRoute]
    error_pages: ErrorPages[LoadedRoute]
    patterns: URLPatterns
    entries: tuple[LoadedRoute, ...]

    @property
    def errors(self) -> tuple[HyperError, ...]:
        return tuple(entry.error for entry in self.entries if isinstance(entry, BrokenRoute))

    @property
    def warnings(self) -> tuple[LoadWarning, ...]:
        """What works in the route files, but probably not as it is meant."""
        return tuple(warning for entry in self.entries if isinstance(entry, Route) for warning in entry.warnings)

    def rows(self) -> list[RouteRow]:
        """The routes that could be loaded, as `hyper routes` prints them."""
        return [_row(entry) for entry in self.entries if isinstance(entry, Route) and entry.url]


def load_routes(folder: Path, *, static: bool = False) -> LoadedRoutes:
    """Load a folder of routes.

    A file that can't be loaded becomes a BrokenRoute; conflicts and invalid names raise RouteError.
    """
    found = discover(folder)
    if static:
        for file in found.routes:
            _refuse_static(file)
    Router((file, file) for file in found.routes)  # raises for conflicts before any user code runs
    package = RoutesPackage(found, PUBLIC_NAMES)
    package.register()
    routes = [(file, _load(file, package)) for file in found.routes]
    pages = [(page, _load(page, package)) for page in found.error_pages]
    entries = tuple(loaded for _, loaded in (*routes, *pages))
    return LoadedRoutes(found.folder, Router(routes), ErrorPages(pages), package.patterns, entries)


def _refuse_static(file: RouteFile) -> None:
    if file.url.startswith("/static/"):
        what = "this file can't answer: URLs below /static/ belong to the static files"
        hint = "Rename the folder, or turn static files off: Hyper(static=None)."
        raise RouteConflictError(what, place=Place(str(file.path)), hint=hint)


def _load(file: RouteFile | ErrorPage, package: RoutesPackage) -> LoadedRoute:
    try:
        return load_route(file, package)
    except HyperError as error:
        return BrokenRoute(str(file.path), file.url if isinstance(file, RouteFile) else "", error)


def all_errors(errors: Iterable[HyperError]) -> HyperError:
    """One error that contains all of them; a single error is returned unchanged."""
    errors = list(errors)
    if len(errors) == 1:
        return errors[0]
    texts = "\n\n".join(str(error) for error in errors)
    return RouteError(f"{len(errors)} route files can't be loaded\n\n{texts}")


def _row(route: Route) -> RouteRow:
    methods = sorted(route.methods, key=lambda method: (method != "GET", method))
    return RouteRow(tuple(methods), route.url, route.file, route.kind, tuple(_required_inputs(route)))


def _required_inputs(route: Route) -> Iterator[str]:
    for given in route.inputs:
        if given.required and given.marker is not None:
            source = "" if isinstance(given.marker, Query) else f" ({type(given.marker).__name__.lower()})"
            yield f"{given.key}: {given.kind}{source}"
