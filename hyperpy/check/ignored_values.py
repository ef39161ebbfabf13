"""Values that a link or form sends to a route file which assigns the variable of that name: `?page=2`, `page: int = 1`.

An assignment is never an input, so the page is the same whatever is sent.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Final
from urllib.parse import parse_qsl

from hyperpy.check.destinations import Destinations
from hyperpy.check.findings import Finding
from hyperpy.check.references import Reference, expression_text
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.check.targets import path_of
from hyperpy.exceptions import Place
from hyperpy.forms.strict_inputs import FormInput
from hyperpy.pages import InputOrigin, Route
from hyperpy.pages.analysis.mistakes.constant_controls import FixedValue, fixed_values
from hyperpy.pages.body_inputs import BodyMarker, FormMarker
from hyperpy.pages.facts import place_of
from hyperpy.pages.input_markers import TextMarker
from hyperpy.pages.loading.resolved_inputs import Input
from hyperpy.record_classes import record
from hyperpy.routing.urls import parameters
from hyperpy.web.htmx import HTMX

# With one of these in its text, code may read values by names that can't be known.
_READS: Final = re.compile(
    r"query_params|query_string|\brequest\b(?!\.(?:method|headers|cookies|client|url\.path)\b)|\bscope\b"
    r"|[sS]earchParams|location\.(?:search|href)"
)
_IMPORTS: Final = re.compile(r"^\s*(?:from [\w.]+ )?import .*", re.MULTILINE)


@record(frozen=True)
class IgnoredValues:
    """Finds them; each variable once."""

    files: SiteFiles
    destinations: Destinations

    @cached_property
    def _warned(self) -> set[tuple[str, int]]:
        """Loading has warned about these places."""
        return {(each.place.file, each.place.line) for each in self.destinations.app.loaded_routes.warnings}

    @cached_property
    def _fixed(self) -> dict[str, Mapping[str, FixedValue]]:
        return {}

    def of_reference(self, reference: Reference, file: SiteFile, base: str | None) -> Iterator[Finding]:
        """Findings about what a link, form or request sends. `base` is as for `path_of`."""
        query = reference.target.partition("#")[0].partition("?")[2]
        if reference.method is None or not (query or reference.controls):
            return
        is_own = reference.is_relative or (base is not None and reference.target.startswith("?"))
        route = file.route if is_own and base else None
        if not is_own and (path := path_of(reference.target, base)) is not None:
            route = self.destinations.only_file(path, reference.method)
        if not isinstance(route, Route):
            return
        names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
        by_query = [*names, *reference.controls] if reference.method == "GET" else names
        yield from self._ignored(route, by_query, "Query", reference.place)
        if reference.method == "POST":
            yield from self._ignored(route, reference.controls, "Form", reference.place)

    def of_calls(self, file: SiteFile) -> Iterator[Finding]:
        """Findings about the queries of `url("/list", page=2)`."""
        for call in file.parsed.index.of(ast.Call):
            if call.args and call.keywords and file.vocabulary.public_name(call.func) == "url":
                pattern = expression_text(call.args[0])
                if isinstance(route := self._by_url.get(pattern), Route):
                    names = [each.arg for each in call.keywords if each.arg and each.arg not in parameters(pattern)]
                    yield from self._ignored(route, names, "Query", partial(place_of, call, file.path))

    @cached_property
    def _by_url(self) -> Mapping[str, Route]:
        entries = self.destinations.app.loaded_routes.entries
        return {entry.url: entry for entry in entries if isinstance(entry, Route) and entry.url}

    def _ignored(
        self, route: Route, names: Iterable[str], marker: str, place: Callable[[], Place]
    ) -> Iterator[Finding]:
        for name in dict.fromkeys(names):
            fixed = self._fixed_in(route).get(name)
            if fixed is None or self._may_read(route, name, marker):
                continue
            sent = f"`?{name}=`" if marker == "Query" else f"the control `{name}` of a form"
            warning = fixed.ignored(sent, marker, route.file, str(place()))
            position = (warning.place.file, warning.place.line)
            if position not in self._warned:
                self._warned.add(position)
                yield Finding.of_warning(warning)

    def _fixed_in(self, route: Route) -> Mapping[str, FixedValue]:
        if route.file not in self._fixed:
            file = self.files.by_path.get(route.file)
            self._fixed[route.file] = fixed_values(file.parsed.tree) if file else {}
        return self._fixed[route.file]

    def _may_read(self, route: Route, name: str, marker: str) -> bool:
        """Whether the route, a guard of it or a module that these import may read the value."""
        read = [route, *route.guards]
        inputs = [(each.file, given) for each in read for given in each.inputs]
        needed = [dependency for each in read for dependency in each.dependencies]
        inputs += [(each.place.file, given) for each in needed for given in each.inputs]
        if any(_may_be(given, name, marker, is_known=file in self.files.by_path) for file, given in inputs):
            return True
        files = [self.files.by_path[each.file] for each in read if each.file in self.files.by_path]
        return any(_READS.search(_IMPORTS.sub("", each.source)) for file in files for each in self.files.reach(file))


def _may_be(given: Input, name: str, marker: str, *, is_known: bool) -> bool:
    """Whether an input takes the value of that name, or may take it. The code that it is for may be known."""
    match given.marker:
        case None:
            if given.origin is InputOrigin.REQUEST:  # what the code does with it is seen by its usual name
                return not (is_known and given.name == "request")
            return given.origin is InputOrigin.OBJECT and given.request_object is not HTMX
        case TextMarker():
            return given.marker.key(given.name) == name
        case FormMarker(model=None, input=FormInput(is_field=True)):
            return marker == "Form" and given.marker.key(given.name) == name
        case FormMarker() | BodyMarker():
            return marker == "Form"
    return True
