"""The routes and error pages of a folder, loaded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from hyperpy.exceptions import HyperError, Place, RouteConflictError, RouteError, display_path
from hyperpy.pages import (
    DELETE,
    GET,
    PATCH,
    POST,
    PUT,
    LoadWarning,
    PublicNames,
    Route,
    RoutesPackage,
    current_request,
    current_response,
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
    | {
        "Event": Event,
        "JSON": JSON,
        "redirect": redirect,
        "render": render,
        "request": current_request,
        "response": current_response,
        "url": url,
    }
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
        """The errors of files that can't be loaded. One in a file that others import is listed once."""
        return tuple(
            {id(entry.error): entry.error for entry in self.entries if isinstance(entry, BrokenRoute)}.values()
        )

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
    files: tuple[RouteFile | ErrorPage, ...] = (*found.routes, *found.error_pages)
    loaded = _with_common_errors([_load(file, package) for file in files])
    routes = list(zip(found.routes, loaded, strict=False))
    pages = list(zip(found.error_pages, loaded[len(routes) :], strict=True))
    return LoadedRoutes(found.folder, Router(routes), ErrorPages(pages), package.patterns, tuple(loaded))


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


def _with_common_errors(loaded: list[LoadedRoute]) -> list[LoadedRoute]:
    """The same, where broken files have one error object if a file that they import is what fails in all of them."""
    importers: dict[str, list[BrokenRoute]] = {}
    for entry in loaded:
        if isinstance(entry, BrokenRoute):
            importers.setdefault(str(entry.error), []).append(entry)
    common: dict[str, HyperError] = {}
    for broken in importers.values():
        error = broken[0].error
        others = [display_path(each.file) for each in broken if error.place is None or each.file != error.place.file]
        if others:
            error.hint = f"{error.hint}\nThis file is imported by {', '.join(others)}.".lstrip()
        common |= {each.file: error for each in broken}
    return [
        BrokenRoute(each.file, each.url, common[each.file]) if isinstance(each, BrokenRoute) else each
        for each in loaded
    ]


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
            source = "" if given.source == "query" else f" ({given.source})"
            yield f"{given.key}: {given.kind}{source}"
