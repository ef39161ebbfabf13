"""Checks where the links of the built pages lead: to a built file, an element in it, or a route that needs a server."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from hyperpy.app import Hyper
from hyperpy.build.html_references import References, references
from hyperpy.build.output_paths import Layout
from hyperpy.build.site_pages import PAGE, BuiltPage, PageErrors, error_of
from hyperpy.check.destinations import Destinations
from hyperpy.check.targets import Path
from hyperpy.exceptions import Place
from hyperpy.pages import Route, read_source
from hyperpy.record_classes import record
from hyperpy.routing import Match, URLProblem, quote_path, split_path

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\")
_HERE: Final = "http://here"
_OF_SCRIPTS: Final = ("/", "!")  # fragments that routers in the browser read
OWN_FILES: Final = "/_hyper/"

type Problem = URLProblem | None


@record(slots=True)
class _Target:
    """A page, by the path of its URL."""

    built: BuiltPage
    found: References


@record
class InternalLinks:
    """`files` are the names of all built files, `unbuilt` the URLs of pages that failed or need a server."""

    app: Hyper
    pages: Sequence[BuiltPage]
    files: Collection[str]
    unbuilt: Collection[str]
    layout: Layout
    root: str = ""
    origin: str = ""
    own_files: set[str] = field(default_factory=set)
    """The paths of hyperpy's own files that pages link to."""
    _known: dict[str, Problem] = field(default_factory=dict)
    _sources: dict[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def _targets(self) -> Mapping[str, _Target]:
        return {page.page.path: _Target(page, _references(page)) for page in self.pages}

    @cached_property
    def _destinations(self) -> Destinations:
        return Destinations(self.app)

    def check(self, errors: PageErrors) -> None:
        """Add an error for each link that leads nowhere."""
        for target in self._targets.values():
            for attribute, url in target.found.urls:
                if (problem := self._problem(url, target)) is not None:
                    what = f"{attribute}={url!r:.200} of {PAGE} leads nowhere: {problem.what}"
                    errors.add(error_of(what, self._place(target.built, url), problem.hint), target.built.page.path)

    def _place(self, page: BuiltPage, url: str) -> Place:
        """The line that has the URL, in the route file or in a private one, such as that of the layout."""
        own = page.page.place.file
        written = re.compile(rf"(?<![\w./-]){re.escape(url)}(?=[\"'`\s,)>]|\Z)")
        for file in (own, *self._private_files):
            for number, text in enumerate(self._lines(file), 1):
                if match := written.search(text):
                    return Place(file, number, match.start(), len(url))
        return Place(own)

    @cached_property
    def _private_files(self) -> Sequence[str]:
        return sorted(map(str, self.app.loaded_routes.found.folder.rglob("_*.py")))

    def _lines(self, file: str) -> Sequence[str]:
        if file not in self._sources:
            self._sources[file] = read_source(FilePath(file)).splitlines()
        return self._sources[file]

    def _problem(self, url: str, source: _Target) -> Problem:
        if self.origin and (url == self.origin or url.startswith(f"{self.origin}/")):
            url = url.removeprefix(self.origin) or "/"
        if _SCHEME.match(url) or url.startswith("?") or not url:
            return None
        if url.startswith("#"):
            return _missing_id(url[1:], source.found)
        if url.startswith("/"):
            if url not in self._known:
                self._known[url] = self._absolute(url)
            return self._known[url]
        return self._relative(url, source)

    def _relative(self, url: str, source: _Target) -> Problem:
        """Where a page has two URLs, `/about` and `/about/`, a relative link must mean the same in both."""
        path = source.built.page.path
        if source.built.page.route is None:
            what = "the error page is shown at any URL, and a relative link means something else at each"
            return URLProblem(what, "Write a path from the root, or url(…).")
        here = urljoin(_HERE + self.root + path, source.found.base).removeprefix(_HERE)
        if _SCHEME.match(here):
            return None
        meant = urljoin(_HERE + here, url).removeprefix(_HERE)
        if self.layout is Layout.FOLDERS and path != "/" and not source.found.base:
            below = urljoin(f"{_HERE}{here}/", url).removeprefix(_HERE)
            if below != meant:
                what = f"it means {meant} at {here}, and {below} at {here}/, where hosts show this page"
                return URLProblem(what, "Write a path from the root, or url(…).")
        return self._absolute(meant)

    def _absolute(self, url: str) -> Problem:
        parts = urlsplit(url)
        path = parts.path
        if path.startswith(self._destinations.elsewhere):
            return None
        if self.root:
            if path != self.root and not path.startswith(f"{self.root}/"):
                hint = f"Write url(…), which begins with {self.root}, or pass --elsewhere {path}."
                return URLProblem(f"it is outside of {self.root}", hint)
            path = path.removeprefix(self.root) or "/"
        if path.startswith(OWN_FILES):
            self.own_files.add(path)
            return None
        segments = split_path((path.rstrip("/") or "/").encode()) if path != "/" else []
        if segments is None:
            return URLProblem("no URL of a site is like this", "Correct it, or percent-encode its characters.")
        canonical = quote_path(segments) if segments else "/"
        target = self._targets.get(canonical)
        if target is not None:
            return _missing_id(parts.fragment, target.found) if target.built.media_type == "text/html" else None
        if "/".join(segments) in self.files:
            return None
        return self._unbuilt(canonical, segments)

    def _unbuilt(self, path: str, segments: list[str]) -> Problem:
        match self.app.loaded_routes.router.match(path.encode()):
            case Match(Route(url=url) as route):
                if url in self.unbuilt or path in self.unbuilt:
                    return None
                what = f"{route.url} has no page {path}"
                return URLProblem(what, "Add it to the `static_paths` of its file, or correct the link.")
        return self._destinations.problem(Path(tuple(segments)), None)


def _references(page: BuiltPage) -> References:
    if page.target:
        return References((("location", page.target),), frozenset(), "")
    if page.media_type != "text/html":
        return References((), frozenset(), "")
    return references(page.recorded.body.decode("utf-8", "replace"))


def _missing_id(fragment: str, found: References) -> Problem:
    name = unquote(fragment).partition(":~:")[0]
    if not name or name.startswith(_OF_SCRIPTS) or name.lower() == "top" or name in found.ids or fragment in found.ids:
        return None
    return URLProblem(f'no element there has id="{name}"', "Add the id, or correct the link.")
