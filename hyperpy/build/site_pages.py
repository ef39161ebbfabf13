"""Renders the pages of a site, and decides what becomes of each: a file, a redirect, or nothing, and why."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from starlette.datastructures import Headers

from hyperpy.app import Hyper
from hyperpy.build.dynamic_routes import Dynamic, dynamic_route, query_names
from hyperpy.build.path_values import static_paths
from hyperpy.build.recorded_request import UNKNOWN_ORIGIN, Recorded, Requests
from hyperpy.build.watched_scope import QUERY
from hyperpy.check.findings import Finding, Severity
from hyperpy.exceptions import HyperError, Place
from hyperpy.pages import Route
from hyperpy.record_classes import record
from hyperpy.routing.urls import build_path
from hyperpy.tracebacks import raising_place

AT_ONCE = 32  # pages that wait for something at the same time

_VARIES_ANYWAY = frozenset({"accept", "accept-encoding", "datastar-request", ""})
_PRIVATE = ("private", "no-store")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNAUTHORIZED = frozenset({401, 403})
# What a host sends by itself.
_USUAL = frozenset({"content-type", "content-length", "vary", "location", "etag", "last-modified", "accept-ranges"})
_OF_STREAMS = frozenset({"cache-control", "x-accel-buffering"})


@record(frozen=True, slots=True)
class SitePage:
    """A page to be built. Its path is percent-encoded, without the root path."""

    path: str
    place: Place
    route: Route | None
    """None for the error page."""

    @property
    def name(self) -> str:
        """The URL of its route, for what is the same for all pages of a route."""
        return self.route.url if self.route is not None else self.path


@record(frozen=True, slots=True)
class BuiltPage:
    page: SitePage
    recorded: Recorded
    media_type: str
    target: str = ""
    """Where it redirects to."""
    own_headers: tuple[str, ...] = ()
    """The headers that a file doesn't have."""


PAGE = "\0"
"""In a message: the pages that it is about."""

_STATIC_PATHS = "`static_paths`"


class PageErrors:
    """The errors of pages. What is wrong with many pages in the same way is told once."""

    def __init__(self) -> None:
        self._pages: dict[Finding, list[str]] = {}

    def add(self, finding: Finding, path: str) -> None:
        """`finding` has PAGE in the place of the path, which may be `static_paths` instead."""
        self._pages.setdefault(finding, []).append(path)

    def findings(self) -> Iterator[Finding]:
        for finding, paths in self._pages.items():
            yield replace(finding, what=finding.what.replace(PAGE, _listed_pages(paths)))


def _listed_pages(paths: list[str]) -> str:
    pages = [path for path in paths if path != _STATIC_PATHS]
    others = len(pages) - 1
    listed = pages[0] + (f" and {others} other page{'s' if others > 1 else ''}" if others else "") if pages else ""
    return " and ".join(filter(None, [listed, _STATIC_PATHS if len(pages) < len(paths) else ""]))


@record(slots=True)
class SitePages:
    """What becomes of all routes."""

    pages: list[BuiltPage] = field(default_factory=list)
    dynamic: list[Dynamic] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """The paths of the pages that have errors. A link to one isn't another error."""
    errors: list[Finding] = field(default_factory=list)
    page_errors: PageErrors = field(default_factory=PageErrors)
    notes: list[Finding] = field(default_factory=list)


def error_of(what: str, place: Place | None, hint: str = "") -> Finding:
    return Finding(Severity.ERROR, "build", what, place, hint)


def note_of(what: str, place: Place | None, hint: str = "") -> Finding:
    return Finding(Severity.WARNING, "build", what, place, hint)


async def site_pages(app: Hyper, requests: Requests) -> SitePages:
    """Render everything that can be a file."""
    found = SitePages()
    wanted: list[SitePage] = []
    for route in app.loaded_routes.working():
        if (dynamic := dynamic_route(route)) is not None:
            found.dynamic.append(dynamic)
        elif "{" in route.url:
            place = Place(route.file, route.static_paths)
            try:
                paths, errors = await static_paths(route)
            except Exception as error:  # noqa: BLE001 (it is the user's code)
                found.page_errors.add(_raised(error, place), _STATIC_PATHS)
                continue
            found.errors += map(Finding.of_error, errors)
            wanted += [SitePage(path, place, route) for path in paths]
        else:
            wanted.append(SitePage(build_path(route.url, {}) or route.url, Place(route.file), route))
    await _render(wanted, requests, found)
    await _error_page(app, requests, found)
    for entry in app.router.routes:
        path = getattr(entry, "path", type(entry).__name__)
        found.dynamic.append(Dynamic(path or "/", "is a route or mount of the application, not a file", None))
    return found


async def _render(wanted: Iterable[SitePage], requests: Requests, found: SitePages) -> None:
    waiting = iter(wanted)
    done: list[tuple[SitePage, Recorded]] = []

    async def worker() -> None:
        for page in waiting:
            done.append((page, await requests.get(page.path)))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())
    for page, recorded in sorted(done, key=lambda each: each[0].path):
        _decide(page, recorded, 200, requests, found)


async def _error_page(app: Hyper, requests: Requests, found: SitePages) -> None:
    """The page for unknown URLs, if the root of the routes has one."""
    files = {page.name: page for page in app.loaded_routes.found.error_pages if not page.folder}
    if file := files.get("_404") or files.get("_error"):
        page = SitePage("/404.html", Place(str(file.path)), None)
        _decide(page, await requests.missing_page(), 404, requests, found)


def _decide(page: SitePage, recorded: Recorded, expected: int, requests: Requests, found: SitePages) -> None:
    headers = recorded.headers
    guards = page.route.guards if page.route else ()
    if reason := next(_differs(recorded), None):
        why, place = reason
        if page.route is None:  # it can't say dynamic=True
            found.notes.append(note_of(f"{page.path} is not built: the error page {why}", place or page.place))
            return
        found.dynamic.append(Dynamic(page.path, why, place if place and place.file else page.place))
        return
    if guards and recorded.status in _REDIRECTS | _UNAUTHORIZED and not recorded.failures:
        guard = Place(guards[-1].file)
        found.dynamic.append(Dynamic(page.path, f"has a guard, and was answered {recorded.status}", guard))
        return
    found.notes += [note_of(f"{page.path}: {text}", None) for text in recorded.warnings]
    if errors := list(_errors(page, recorded, expected)):
        for error in errors:
            found.page_errors.add(error, page.path)
        found.failed.add(page.path)
        return
    usual = _USUAL
    if page.route and page.route.by_method.get("GET", page.route).stream:
        usual |= _OF_STREAMS
    own = tuple(sorted(recorded.own_headers - usual))
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    names = query_names(page.route) if page.route else []
    if names or QUERY in recorded.reads:
        listed = f" `{'`, `'.join(names)}`" if names else ""
        what = f"{page.name} reads{listed} from the query, which a file doesn't see"
        found.notes.append(note_of(what, page.place, "It is built as it is without a query."))
    target = headers.get("location", "") if recorded.status in _REDIRECTS else ""
    found.pages.append(BuiltPage(page, recorded, media_type, target, own))


def _differs(recorded: Recorded) -> Iterator[tuple[str, Place | None]]:
    """Why a page is not the same for everybody."""
    yield from ((why, place) for why, place in recorded.reads.items() if why != QUERY)
    headers = recorded.headers
    if "set-cookie" in headers:
        yield "sets a cookie", None
    for name in _listed(headers, "vary"):
        is_for_htmx = name.startswith("hx-") and recorded.status in _REDIRECTS  # it leads htmx to the same place
        if name not in _VARIES_ANYWAY and not is_for_htmx:
            yield f"differs by the header `{name}`", None
    for directive in _listed(headers, "cache-control"):
        if directive in _PRIVATE:
            yield f"says Cache-Control: {directive}", None
    if headers.get("content-type", "").startswith("text/event-stream"):
        yield "is a stream", None


def _listed(headers: Headers, name: str) -> list[str]:
    return [part.strip().lower() for value in headers.getlist(name) for part in value.split(",")]


def _errors(page: SitePage, recorded: Recorded, expected: int) -> Iterator[Finding]:
    for failure in recorded.failures:
        yield _failure(page, failure)
    if recorded.failures:
        return
    given = page.route is not None and page.route.static_paths
    if recorded.status not in {expected, *_REDIRECTS}:
        hint = "`static_paths` gives it. Its values have to fit the annotations of the file." if given else ""
        hint = hint or "Write route(dynamic=True) in its file if only a server can answer it."
        yield error_of(f"{PAGE} was answered with status {recorded.status}", page.place, hint)
    elif UNKNOWN_ORIGIN.partition("//")[2].encode() in recorded.body + recorded.headers.get("location", "").encode():
        hint = "Run `hyper build --origin https://example.org`, with the address of the site."
        yield error_of(f"{PAGE} has the address of the site in it, which is unknown", page.place, hint)


def _failure(page: SitePage, failure: BaseException | str) -> Finding:
    if isinstance(failure, str):
        return error_of(f"{PAGE}: {failure}", page.place)
    if isinstance(failure, HyperError):
        return error_of(f"{PAGE}: {failure.what}", failure.place or page.place, failure.hint)
    return _raised(failure, page.place)


def _raised(failure: BaseException, place: Place) -> Finding:
    return error_of(f"{PAGE} raised {type(failure).__name__}: {failure}", raising_place(failure) or place)


def by_reason(dynamic: Iterable[Dynamic]) -> Mapping[tuple[str, str], list[Dynamic]]:
    """What is dynamic, by the place and the reason."""
    groups: dict[tuple[str, str], list[Dynamic]] = {}
    for each in dynamic:
        groups.setdefault((str(each.place or ""), each.why), []).append(each)
    return groups
