"""The URLs that a site answers: route files, static files, and the routes and mounts of Starlette."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from starlette.routing import BaseRoute, Match, Mount, WebSocketRoute
from starlette.routing import Route as StarletteRoute

from hyperpy.app import Hyper
from hyperpy.app.loaded_routes import BrokenRoute, LoadedRoute
from hyperpy.check.references import VALUE
from hyperpy.check.targets import Path, can_match
from hyperpy.exceptions import did_you_mean_path, display_path
from hyperpy.pages import Route
from hyperpy.record_classes import record
from hyperpy.routing import Match as FileMatch
from hyperpy.routing import RouteFile, URLProblem, quote_path
from hyperpy.routing.patterns import Segment, SegmentKind

_STATIC: Final = "static"
_OWN: Final = "_hyper"


@record(frozen=True)
class Destinations:
    """What an application answers, as its routes are now."""

    app: Hyper

    @cached_property
    def elsewhere(self) -> tuple[str, ...]:
        """Beginnings of paths that something else answers, such as a proxy in front of the site."""
        return tuple(filter(None, map(str.strip, (self.app.settings.elsewhere or "").split(","))))

    def problem(self, path: Path, method: str | None) -> URLProblem | None:
        """Why a request to this path would be a 404 or a 405; None if it wouldn't, or that can't be known."""
        if str(path).startswith(self.elsewhere) or path.segments[:1] == (_OWN,):
            return None
        explicit = self._explicit(path, method)
        if explicit is not False:
            return explicit if isinstance(explicit, URLProblem) else None
        if path.segments[:1] == (_STATIC,) and self.app.static_folder is not None:
            return self._static(path)
        found = list(self.routes(path))
        if not found:
            return self._unknown(path)
        if method is None or any(_answers(route, method) for route in found):
            return None
        return _wrong_method(found, method)

    def routes(self, path: Path) -> Iterator[LoadedRoute]:
        """The routes of files that may answer a path. For a literal path, it is the one that does."""
        if path.is_literal:
            match self.app.loaded_routes.router.match(quote_path(path.segments).encode()):
                case FileMatch(target):
                    yield target
            return
        first = path.segments[0] if path.segments else ""
        begins = None if VALUE in first or (path.is_open and len(path.segments) == 1) else first
        for file, entry in self._files if begins is None else self._files_by_first.get(begins, self._unbound_files):
            if can_match(path, file.segments):
                yield entry

    def only_file(self, path: Path, method: str) -> Route | None:
        """The route file that answers a request, if only one can, and nothing else."""
        if self.problem(path, method) is not None or self._explicit(path, method) is not False:
            return None
        if str(path).startswith(self.elsewhere):
            return None
        found = list(self.routes(path))
        return found[0] if len(found) == 1 and isinstance(found[0], Route) else None

    @cached_property
    def _files(self) -> Sequence[tuple[RouteFile, LoadedRoute]]:
        loaded = self.app.loaded_routes
        entries = {entry.url: entry for entry in loaded.entries if entry.url}
        return [(file, entries[file.url]) for file in loaded.found.routes]

    @cached_property
    def _unbound_files(self) -> Sequence[tuple[RouteFile, LoadedRoute]]:
        """The files whose URLs may begin with any segment."""
        return [each for each in self._files if not _first_literal(each[0])]

    @cached_property
    def _files_by_first(self) -> Mapping[str, Sequence[tuple[RouteFile, LoadedRoute]]]:
        """For each literal first segment, the files whose URLs may begin with it."""
        known = {_first_literal(file) for file, _ in self._files}
        return {
            first: [each for each in self._files if _first_literal(each[0]) in (first, "")] for first in known - {""}
        }

    def _static(self, path: Path) -> URLProblem | None:
        assert self.app.static_folder is not None
        name = "/".join(path.segments[1:])
        if not path.is_literal or self.app.static_folder.find(name) is not None:
            return None
        return self.app.static_folder.problem(name)

    def _explicit(self, path: Path, method: str | None) -> URLProblem | bool:
        """Whether a route or mount of Starlette may answer, or the problem if one answers only other methods."""
        problem: URLProblem | None = None
        for route in self.app.router.routes:
            if isinstance(route, WebSocketRoute):
                continue
            if not isinstance(route, StarletteRoute | Mount):
                return True  # such as a Host
            if not (path.is_literal and method is not None):
                if _may_match(route, path):
                    return True
                continue
            found = _match(route, path, method)
            if found is Match.FULL:
                return True
            if found is Match.PARTIAL and isinstance(route, StarletteRoute):
                answered = ", ".join(sorted(set(route.methods or ()) - {"HEAD"}))
                problem = problem or URLProblem(f"`{path}` doesn't answer {method}", f"Its route answers {answered}.")
        return problem or False

    def _unknown(self, path: Path) -> URLProblem:
        known = [file.url for file in self.app.loaded_routes.found.routes]
        shown = str(path)
        near = did_you_mean_path(re.sub("…", "{}", shown), known)
        file = display_path(str(self.app.loaded_routes.found.folder / "…"))[:-1] + (shown.strip("/") or "index")
        hint = near or f"Add {file}.py, or correct the URL."
        if not near and ("…" in file or any("." in part for part in path.segments[-1:])):
            hint = "Correct the URL, or add a route for it. Other files belong into the static folder."
        return URLProblem(f"nothing answers `{shown}`", hint)


def _first_literal(file: RouteFile) -> str:
    """The first segment of a file's URLs, or nothing if it may be any or there is none."""
    return file.segments[0].text if file.segments and file.segments[0].kind is SegmentKind.LITERAL else ""


def _answers(route: LoadedRoute, method: str) -> bool:
    return isinstance(route, BrokenRoute) or method in route.methods


def _wrong_method(found: Sequence[LoadedRoute], method: str) -> URLProblem:
    route = found[0]
    assert isinstance(route, Route)
    answered = ", ".join(sorted(route.methods - {"HEAD"}))
    file = display_path(route.file)
    return URLProblem(f"`{route.url}` doesn't answer {method}", f"{file} answers {answered}.")


def _match(route: BaseRoute, path: Path, method: str) -> Match:
    url = "/" + "/".join(path.segments)
    scope = {"type": "http", "method": method, "path": url, "root_path": "", "headers": [], "path_params": {}}
    return route.matches(scope)[0]


def _may_match(route: StarletteRoute | Mount, path: Path) -> bool:
    written = [part for part in route.path.split("/") if part]
    pattern = [_segment(part) for part in written]
    if isinstance(route, Mount):
        pattern.append(Segment(SegmentKind.REST, "path"))
    return can_match(path, pattern)


def _segment(part: str) -> Segment:
    if "{" not in part:
        return Segment(SegmentKind.LITERAL, part)
    return Segment(SegmentKind.REST if ":path}" in part else SegmentKind.PARAMETER, part)
