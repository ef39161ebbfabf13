"""The routes and error pages of a folder, loaded."""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from hyperpy.app.runtime_templates import prepare_for_templates
from hyperpy.exceptions import HyperError, Place, RouteConflictError, RouteError, display_path, refuse
from hyperpy.garbage import collection_paused
from hyperpy.lazy import LazyModule
from hyperpy.pages import (
    DELETE,
    GET,
    PATCH,
    POST,
    PUT,
    AssetCheck,
    InputOrigin,
    LoadWarning,
    PublicNames,
    Route,
    RoutesPackage,
    csp_nonce,
    current_request,
    current_response,
    flash,
    flashes,
    load_route,
    render,
    session,
)
from hyperpy.record_classes import record
from hyperpy.routing import Discovery, ErrorPage, ErrorPages, GuardFile, RouteFile, Router, URLPatterns, discover
from hyperpy.templates import TrustedCSS, TrustedJS, TrustedURL
from hyperpy.web.htmx import htmx
from hyperpy.web.redirect import redirect
from hyperpy.web.site_urls import url

if TYPE_CHECKING:
    from hyperpy.app.site_warnings import helper_warnings, name_warnings, stream_warnings
    from hyperpy.pages.request import submitted_body
    from hyperpy.streams.dialects import datastar_stream
else:
    helper_warnings = LazyModule("hyperpy.app.site_warnings.helper_warnings")
    name_warnings = LazyModule("hyperpy.app.site_warnings.name_warnings")
    stream_warnings = LazyModule("hyperpy.app.site_warnings.stream_warnings")
    submitted_body = LazyModule("hyperpy.pages.request.submitted_body")
    datastar_stream = LazyModule("hyperpy.streams.dialects.datastar_stream")

# By these objects, names in route files are resolved.
PUBLIC_NAMES: Final = PublicNames(
    {method.name: method for method in (DELETE, GET, PATCH, POST, PUT)}
    | {
        "TrustedCSS": TrustedCSS,
        "TrustedJS": TrustedJS,
        "TrustedURL": TrustedURL,
        "csp_nonce": csp_nonce,
        "flash": flash,
        "flashes": flashes,
        "htmx": htmx,
        "redirect": redirect,
        "render": render,
        "request": current_request,
        "response": current_response,
        "session": session,
        "url": url,
    },
    {
        "hyperpy.channels.named_channel": "channel",
        "hyperpy.components": "Suspense",
        "hyperpy.forms.field_component": "FormField",
        "hyperpy.streams.events": "Event JSON",
        "hyperpy.web.assets": "asset",
    },
)


@record(frozen=True, slots=True)
class BrokenRoute:
    """A route file that can't be loaded. In debug mode, its URL shows the error."""

    file: str
    url: str
    error: HyperError


type LoadedRoute = Route | BrokenRoute

_SOURCES: Final = ("path", "query", "header", "cookie")
_LISTED: Final = 5  # places of the same error, or files that import it
_OF_BODY: Final = frozenset({"form", "file", "body"})


class RouteRow(NamedTuple):
    """A row of `hyper routes`."""

    methods: tuple[str, ...]
    url: str
    file: str
    kind: str
    inputs: tuple[str, ...]
    """The inputs, from the path to the body: `id: int (path)`, `page: int (optional)`, `name: str (form)`."""
    guards: tuple[str, ...] = ()
    """The files of its guards, outermost first."""


@record(frozen=True, slots=True)
class LoadedRoutes:
    """Everything in a folder of routes, ready for requests."""

    folder: Path
    router: Router[LoadedRoute]
    error_pages: ErrorPages[LoadedRoute]
    patterns: URLPatterns
    entries: tuple[LoadedRoute, ...]
    found: Discovery
    """The files, by their names."""
    package: str
    """The name under which the folder is imported."""
    conflicts: tuple[RouteError, ...] = ()
    """Errors of files that answer the same URLs as others or can't have a URL, if these didn't stop loading."""
    below: Mapping[Path, frozenset[str]] = MappingProxyType({})
    """For each guard, the path parameters of the routes and error pages behind it."""

    @property
    def errors(self) -> tuple[HyperError, ...]:
        """The errors of files that can't be loaded.

        One in a guard or in a file that others import is listed once, and so is a module that many of them miss.
        """
        broken = {id(entry.error): entry.error for entry in self.entries if isinstance(entry, BrokenRoute)}
        return (*self.conflicts, *_with_missing_modules(broken.values()))

    @property
    def warnings(self) -> tuple[LoadWarning, ...]:
        """Warnings about code of the site that works, but probably not as intended."""
        own = (warning for file in self.files() for warning in file.warnings)
        return (
            *name_warnings.name_warnings(self.found),
            *own,
            *stream_warnings.stream_warnings(self.files()),
            *helper_warnings.helper_warnings(self.files(), PUBLIC_NAMES),
        )

    def files(self) -> Iterator[Route]:
        """The files that could be loaded: routes, guards and error pages."""
        return (entry for entry in self.entries if isinstance(entry, Route))

    def working(self) -> tuple[Route, ...]:
        """The routes that could be loaded."""
        return tuple(file for file in self.files() if file.url)

    def with_session(self) -> Iterator[str]:
        """The files that name the session or flashes. Those that only import it, as by `*`, don't count."""
        return (file.file for file in self.files() if _names_session(file))

    def rows(self) -> list[RouteRow]:
        """The routes that could be loaded, as `hyper routes` prints them."""
        return [_row(route) for route in self.working()]


def _names_session(route: Route) -> bool:
    if any(given.origin is InputOrigin.SESSION for given in route.inputs):
        return True
    names = {
        name for name, value in route.definitions.items() if any(value is own for own in (session, flash, flashes))
    }
    return bool(names) and any(
        isinstance(node, ast.Name) and node.id in names for node in ast.walk(ast.parse(Path(route.file).read_bytes()))
    )


@collection_paused()
def load_routes(
    folder: Path,
    *,
    static: bool = False,
    check_asset: AssetCheck | None = None,
    tolerant: bool = False,
    before: LoadedRoutes | None = None,
) -> LoadedRoutes:
    """Load a folder of routes.

    A file that can't be loaded becomes a BrokenRoute; conflicts and invalid names raise RouteError, unless `tolerant`.

    `before` are the routes of the same folder that this process has loaded before. Those whose module is still
    registered are kept: take the modules whose files have changed out of `sys.modules` first.
    """
    conflicts: list[RouteError] = []
    report: Callable[[RouteError], None] = conflicts.append if tolerant else refuse
    found = discover(folder, report)
    if static:
        for file in found.routes:
            _refuse_static(file, report)
    if before is None or before.conflicts or found.routes != before.found.routes:
        Router(((file, file) for file in found.routes), report)  # raises for conflicts before any user code runs
    package = RoutesPackage(found, PUBLIC_NAMES, check_asset)
    package.register()
    below = _parameters_below(found)
    files: tuple[RouteFile | ErrorPage, ...] = (*found.routes, *found.error_pages)
    kept = _kept(before, package, below) if before is not None else {}
    guards = [kept.get(guard) or _load(guard, package, below[guard.path]) for guard in found.guards]
    loaded = _with_common_errors([*guards, *(kept.get(file) or _load(file, package) for file in files)])
    known = {guard.path: entry for guard, entry in zip(found.guards, loaded, strict=False)}
    guarded = [_guarded(entry, file, found, known) for file, entry in zip(files, loaded[len(known) :], strict=True)]
    routes = list(zip(found.routes, guarded, strict=False))
    pages = list(zip(found.error_pages, guarded[len(routes) :], strict=True))
    entries = (*known.values(), *guarded)
    loaded_files = [entry for entry in entries if isinstance(entry, Route)]
    prepare_for_templates(loaded_files)
    if any(route.stream for file in loaded_files for route in (file, *file.by_method.values())):
        _ = datastar_stream.kind_of_events  # imports what the requests for streams need
    if any(file.body_needs for file in loaded_files):
        _ = submitted_body.read_submitted
    router, error_pages = Router(routes, lambda known: None), ErrorPages(pages, report)
    return LoadedRoutes(
        found.folder, router, error_pages, package.patterns, entries, found, package.name, tuple(conflicts), below
    )


def _kept(
    before: LoadedRoutes, package: RoutesPackage, below: Mapping[Path, frozenset[str]]
) -> dict[RouteFile | ErrorPage | GuardFile, Route]:
    """The routes whose modules are still those that they were loaded from."""
    found = before.found
    files: tuple[RouteFile | ErrorPage | GuardFile, ...] = (*found.guards, *found.routes, *found.error_pages)
    return {
        file: entry
        for file, entry in zip(files, before.entries, strict=True)
        if isinstance(entry, Route) and package.has_module(file, entry.definitions)
        if before.below.get(file.path) == below.get(file.path)
    }


def _refuse_static(file: RouteFile, report: Callable[[RouteError], None]) -> None:
    if file.url.startswith("/static/"):
        what = "this file can't answer: URLs below /static/ belong to the static files"
        hint = "Rename the folder, or turn static files off: Hyper(static=None)."
        report(RouteConflictError(what, place=Place(str(file.path)), hint=hint))


def _parameters_below(found: Discovery) -> dict[Path, frozenset[str]]:
    """For each guard, the path parameters of the routes and error pages behind it."""
    below: dict[Path, set[str]] = {guard.path: set() for guard in found.guards}
    files: tuple[RouteFile | ErrorPage, ...] = (*found.routes, *found.error_pages)
    for file in files:
        for guard in found.guards_of(file.path):
            below[guard.path].update(file.parameters)
    return {guard: frozenset(names) for guard, names in below.items()}


def _guarded(
    loaded: LoadedRoute, file: RouteFile | ErrorPage, found: Discovery, known: Mapping[Path, LoadedRoute]
) -> LoadedRoute:
    """The route with its guards. It is broken if one of these is."""
    guards = [known[guard.path] for guard in found.guards_of(file.path)]
    if isinstance(loaded, BrokenRoute):
        return loaded
    intact = tuple(guard for guard in guards if isinstance(guard, Route))
    error = next((guard.error for guard in guards if isinstance(guard, BrokenRoute)), None)
    error = error or next((unmet for guard in intact for unmet in _unmet_inputs(guard, file)), None)
    if error is not None:
        return BrokenRoute(loaded.file, loaded.url, error)
    if len(intact) == len(loaded.guards) and all(map(operator.is_, intact, loaded.guards, strict=True)):
        return loaded
    own = {method: replace(route, guards=intact) for method, route in loaded.by_method.items()}
    return replace(loaded, guards=intact, by_method=own)


def _unmet_inputs(guard: Route, file: RouteFile | ErrorPage) -> Iterator[RouteError]:
    """An error for each path parameter that a guard needs and the URL lacks, because a symbolic link leads there."""
    own = (given for dependency in guard.dependencies for given in dependency.inputs)
    for given in (*guard.inputs, *own):
        if given.origin is InputOrigin.PATH and given.key not in file.parameters:
            what = f"its guard {display_path(guard.file)} needs `{given.key}`, which this URL doesn't have"
            hint = "A symbolic link leads to this file, out of the guard's folder. Copy the file instead."
            yield RouteError(what, place=Place(str(file.path)), hint=hint)


def _load(
    file: RouteFile | ErrorPage | GuardFile, package: RoutesPackage, below: frozenset[str] = frozenset()
) -> LoadedRoute:
    try:
        return load_route(file, package, below)
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
            more = f" and {len(others) - _LISTED} other files" if len(others) > _LISTED + 1 else ""
            names = ", ".join(others[:_LISTED] if more else others)
            error.hint = f"{error.hint}\nThis file is imported by {names}{more}.".lstrip()
        common |= {each.file: error for each in broken}
    return [
        BrokenRoute(each.file, each.url, common[each.file]) if isinstance(each, BrokenRoute) else each
        for each in loaded
    ]


def _with_missing_modules(errors: Iterable[HyperError]) -> Iterator[HyperError]:
    """The same errors, with one for each module that several files miss."""
    missing: dict[tuple[str, str], list[HyperError]] = {}
    for error in errors:
        is_missing = isinstance(error.__cause__, ModuleNotFoundError) and error.place is not None
        missing.setdefault((error.what, error.hint) if is_missing else ("", str(id(error))), []).append(error)
    for first, *others in missing.values():
        if others:
            places = ", ".join(str(error.place) for error in others[:_LISTED])
            more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
            whole = copy(first)
            whole.hint = f"{first.hint}\nThe same import fails in {places}{more}.".lstrip()
            yield whole
        else:
            yield first


def all_errors(errors: Iterable[HyperError]) -> HyperError:
    """One error that contains all of them; a single error is returned unchanged."""
    errors = list(errors)
    if len(errors) == 1:
        return errors[0]
    texts = "\n\n".join(str(error) for error in errors)
    return RouteError(f"{len(errors)} route files can't be loaded\n\n{texts}")


def _row(route: Route) -> RouteRow:
    methods = sorted(route.methods, key=lambda method: (method != "GET", method))
    found = (each for file in (*route.guards, route) for each in _inputs(file))
    inputs = dict.fromkeys(text for _, text in sorted(found, key=operator.itemgetter(0)))
    guards = tuple(guard.file for guard in route.guards)
    return RouteRow(tuple(methods), route.url, route.file, route.kind, tuple(inputs), guards)


def _inputs(route: Route) -> Iterator[tuple[int, str]]:
    """Each with the place of its source among all."""
    own = (given for dependency in route.dependencies for given in dependency.inputs)
    for given in (*route.inputs, *own):
        source = given.source
        if source == "path" or given.marker is not None:
            facts = [source] if source != "query" else []
            if source not in _OF_BODY and given.methods and "GET" not in given.methods:
                facts += sorted(given.methods)
            if source != "path" and not given.required:
                facts.append("optional")
            said = f" ({', '.join(facts)})" if facts else ""
            yield _SOURCES.index(source) if source in _SOURCES else len(_SOURCES), f"{given.key}: {given.kind}{said}"
