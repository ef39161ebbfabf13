"""Everything that `hyper check` finds in a loaded site."""

import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from hyperpy.app import Hyper
from hyperpy.check.component_tags import check_components
from hyperpy.check.destinations import Destinations
from hyperpy.check.duplicates import check_duplicates
from hyperpy.check.element_ids import check_ids
from hyperpy.check.findings import Finding, Severity, in_order
from hyperpy.check.fragment_names import check_fragments
from hyperpy.check.links import check_links
from hyperpy.check.site_files import site_files
from hyperpy.check.streams import check_event_names
from hyperpy.check.types import check_types
from hyperpy.exceptions import HyperError
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class Report:
    """The findings by file and line, and how many files were checked."""

    findings: tuple[Finding, ...]
    files: int

    def with_errors(self, errors: Iterable[HyperError]) -> Report:
        """The report, with errors that were found before the site could be checked."""
        return replace(self, findings=tuple(in_order([*map(Finding.of_error, errors), *self.findings])))

    def fails(self, *, strict: bool) -> bool:
        """Whether there is an error, or with `strict` anything."""
        return any(strict or finding.severity is Severity.ERROR for finding in self.findings)


@contextmanager
def without_collector() -> Iterator[None]:
    """Turn the garbage collector off: most of what is allocated to load and check a site is in use until the end."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def check_site(app: Hyper, elsewhere: Collection[str] = (), *, types: bool = False) -> Report:
    """Check the route files of an application in debug mode, and what they import; with `types`, by a type checker too.

    `elsewhere` are prefixes of paths that something else answers, such as a proxy.
    """
    loaded = app.loaded_routes
    files = site_files(loaded)
    destinations = Destinations(app, elsewhere)
    findings = [
        *map(Finding.of_error, loaded.errors),
        *map(Finding.of_warning, loaded.warnings),
        *check_links(files, destinations),
        *check_event_names(files, destinations),
        *check_fragments(files),
        *check_duplicates(files),
        *check_ids(files),
        *check_components(files),
        *(check_types(loaded.found.folder, files) if types else ()),
    ]
    return Report(tuple(in_order(findings)), len(files.files))
