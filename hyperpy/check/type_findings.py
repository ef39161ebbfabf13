"""What a type checker finds in all route files at once."""

import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from hyperpy.check.component_arguments import component_calls
from hyperpy.check.findings import Finding, Severity
from hyperpy.check.site_files import SiteFiles
from hyperpy.check.types.type_checkers import COPIES, Diagnostic, TypeChecker, TypeCheckerError, find_type_checker
from hyperpy.check.types.typed_copies import Copies, Insertion, copy_routes


def check_types(routes: Path, files: SiteFiles, application: Iterable[str]) -> Iterator[Finding]:
    """Findings of the installed type checker in a routes folder, the modules that it imports and the application's.

    One is that there is none, or that it fails.
    """
    try:
        yield from _run(find_type_checker(), routes, files, application)
    except TypeCheckerError as error:
        yield Finding(Severity.ERROR, "type", error.what, None, error.hint)


def _run(checker: TypeChecker, routes: Path, files: SiteFiles, application: Iterable[str]) -> Iterator[Finding]:
    paths = map(Path, dict.fromkeys([*files.by_path, *application]))
    others = [path for path in paths if not path.is_relative_to(routes)]
    with tempfile.TemporaryDirectory(prefix=COPIES) as name:
        target = Path(name).resolve()
        copies = copy_routes(routes, target, partial(_calls, files), assigned=checker.needs_values)
        for found in checker.check(target, copies.folder, others):
            if (finding := _finding(found, copies)) is not None:
                yield finding


def _calls(files: SiteFiles, path: Path) -> Iterable[Insertion]:
    file = files.by_path.get(str(path))
    return () if file is None else component_calls(file)


def _finding(found: Diagnostic, copies: Copies) -> Finding | None:
    """A diagnostic in the user's file; None for one about a call that isn't in it."""
    place = copies.place(found)
    severity = Severity.ERROR if found.severity == "error" else Severity.WARNING
    return None if place is None else Finding(severity, "type", found.message, place, found.hint)
