"""Which routes need a server, as far as their files show without running them, and why."""

import re
from collections.abc import Iterator
from pathlib import Path

from hyperpy.exceptions import Place, display_path
from hyperpy.pages import InputOrigin, Route
from hyperpy.pages.loading.resolved_inputs import Input
from hyperpy.record_classes import record
from hyperpy.streams import GeneratorShape, StreamMode, accepts, choose


@record(frozen=True, slots=True)
class Dynamic:
    """A route or one of its pages that is not built."""

    url: str
    why: str
    place: Place | None
    is_declared: bool = False
    """Whether its file says so itself: `route(dynamic=True)`."""


def dynamic_route(route: Route) -> Dynamic | None:
    """Why none of a route's pages can be built; None if they may be."""
    return next(_reasons(route), None)


def _reasons(route: Route) -> Iterator[Dynamic]:
    def because(why: str, place: Place | None = None) -> Dynamic:
        return Dynamic(route.url, why, place or Place(route.file))

    if route.settings.dynamic:
        yield Dynamic(route.url, "its file says dynamic=True", _line(route, r"\bdynamic\s*="), is_declared=True)
    others = sorted(route.methods - {"GET", "HEAD"})
    if others:
        yield because(f"answers {', '.join(others)}", _line(route, rf"^[ \t]*(?:if|elif|while)\b.*\b{others[0]}\b"))
    get = route.by_method.get("GET", route)
    if get.stream is not None:
        shape = GeneratorShape(
            get.has_page, get.stream.begins_document, get.stream.first_is_html, get.stream.yields_event
        )
        place = Place(route.file, get.stream.line)
        if get.has_page:
            yield because("has a stream beside its page", place)
        elif choose(shape, accepts("text/html"), forced=False) is StreamMode.SSE:
            yield because("is a stream", place)
    for file in (route, *route.guards):
        own = (given for dependency in file.dependencies for given in dependency.inputs)
        for given in (*file.inputs, *own):
            if (given.methods is None or "GET" in given.methods) and (why := _why(given)):
                whose = f"has a guard, {display_path(file.file)}, that " if file is not route else ""
                yield because(whose + why, _line(file, rf"^[ \t]*{re.escape(given.name)}\s*:"))
    if "{" in route.url and not route.static_paths:
        yield because("has parameters, and no `static_paths` that lists its pages")


def _why(given: Input) -> str:
    """How an input makes a page differ between requests; empty if it doesn't."""
    if given.origin is InputOrigin.SESSION:
        return "reads the session"
    if given.origin is InputOrigin.OBJECT:
        return f"reads headers of the request, for `{given.name}`"
    if given.source in ("header", "cookie"):
        return f"reads the {given.source} `{given.key}`"
    if given.source == "query" and given.required:
        return f"needs `{given.key}` in the query"
    return ""


def query_names(route: Route) -> list[str]:
    """The parameters of the query that a page reads, with its defaults if there are none."""
    own = (given for dependency in route.dependencies for given in dependency.inputs)
    return sorted({given.key for given in (*route.inputs, *own) if given.source == "query"})


def _line(route: Route, pattern: str) -> Place:
    """The first line of a file that matches."""
    text = Path(route.file).read_text("utf-8", "replace")
    found = re.search(pattern, text, re.MULTILINE)
    return Place(route.file, text.count("\n", 0, found.start()) + 1 if found else 0)
