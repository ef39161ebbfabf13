"""Everything that `hyper check` finds in a loaded site."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

from hyperpy.app import Hyper
from hyperpy.check.component_tags import check_components, check_slots
from hyperpy.check.destinations import Destinations
from hyperpy.check.duplicates import check_duplicates
from hyperpy.check.element_ids import check_ids
from hyperpy.check.findings import Finding, Severity, in_order
from hyperpy.check.fragment_names import check_fragments
from hyperpy.check.links import check_links
from hyperpy.check.site_files import SiteFiles, files_with, site_files
from hyperpy.check.streams import check_event_names
from hyperpy.check.type_findings import check_types
from hyperpy.exceptions import HyperError
from hyperpy.pages import LoadWarning
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class Report:
    """The findings by file and line."""

    findings: tuple[Finding, ...] = ()
    checked: SiteFiles = SiteFiles(())

    @property
    def files(self) -> int:
        """How many files were checked."""
        return len(self.checked.files)

    def with_errors(self, errors: Iterable[HyperError]) -> Report:
        """The report, with errors that were found before the site could be checked."""
        return replace(self, findings=tuple(in_order([*map(Finding.of_error, errors), *self.findings])))

    def fails(self, *, strict: bool) -> bool:
        """Whether there is an error, or with `strict` anything."""
        return any(strict or finding.severity is Severity.ERROR for finding in self.findings)


def _across_files(files: SiteFiles, destinations: Destinations) -> Iterator[Finding]:
    yield from check_links(files, destinations)
    yield from check_event_names(files, destinations)
    yield from check_fragments(files)
    yield from check_duplicates(files)
    yield from check_ids(files)
    yield from check_components(files)
    yield from check_slots(files)


# By application, the files of the last check, most of which the next one finds unchanged.
_checked: WeakKeyDictionary[Hyper, SiteFiles] = WeakKeyDictionary()


def check_loaded(app: Hyper) -> list[LoadWarning]:
    """What doesn't fit together across the files of a served site, besides what loading has reported."""
    files = _checked[app] = site_files(app.loaded_routes, _checked.get(app))
    found = in_order(_across_files(files, Destinations(app)))
    return [LoadWarning(each.what, each.place, each.hint) for each in found if each.place is not None]


def check_site(app: Hyper, *, types: bool = False) -> Report:
    """Check the route files of an application in debug mode, and what they import.

    With `types`, a type checker does so too, and checks the module that makes the application.
    """
    loaded = app.loaded_routes
    files, folder = site_files(loaded), loaded.found.folder
    findings = [
        *map(Finding.of_error, loaded.errors),
        *map(Finding.of_warning, loaded.warnings),
        *_across_files(files, Destinations(app)),
        *(check_types(folder, files, files_with(app, folder)) if types else ()),
    ]
    return Report(tuple(in_order(findings)), files)
