"""Links, forms and requests that lead to no route, or to one that doesn't answer their method or use what they send."""

from collections.abc import Iterable, Iterator

from hyperpy.check.destinations import Destinations
from hyperpy.check.findings import Finding, Severity
from hyperpy.check.ignored_values import IgnoredValues
from hyperpy.check.references import Reference, references
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.check.targets import path_of
from hyperpy.pages import Route
from hyperpy.templates.syntax.nodes import Tag, walk


def check_links(files: SiteFiles, destinations: Destinations) -> Iterator[Finding]:
    """Findings about every URL that is written out, at least at its beginning."""
    has_base = any(_has_base(file) for file in files.files)
    found_in = {file: list(references(file)) for file in files.files}
    fetched = _fetched([reference for found in found_in.values() for reference in found], destinations)
    ignored = IgnoredValues(files, destinations)
    for file, found_here in found_in.items():
        yield from ignored.of_calls(file)
        base = file.url if file.url and not has_base and file.path not in fetched else None
        for reference in found_here:
            if (found := _check(reference, base, destinations)) is not None:
                yield found
            else:
                yield from ignored.of_reference(reference, file, base)


def _fetched(found: Iterable[Reference], destinations: Destinations) -> frozenset[str]:
    """The route files whose HTML scripts put into other pages. There, relative URLs mean something else."""
    paths = (path_of(reference.target, None) for reference in found if reference.is_fetched)
    return frozenset(route.file for path in paths if path is not None for route in destinations.routes(path))


def _check(reference: Reference, base: str | None, destinations: Destinations) -> Finding | None:
    path = path_of(reference.target, base) if base or not reference.is_relative else None
    if path is None or (reference.is_relative and reference.method == "GET"):
        return None
    problem = destinations.problem(path, reference.method)
    if problem is not None:
        what = f"{reference.source} leads nowhere: {problem.what}"
        return Finding(Severity.ERROR, "link", what, reference.place(), problem.hint)
    if reference.is_stream:
        found = list(destinations.routes(path))
        if found and not any(map(_may_stream, found)):
            route = found[0]
            what = f"{reference.source} needs a stream, and `{route.url}` isn't one"
            hint = "A stream is an `async def` with `yield` in the route file."
            return Finding(Severity.ERROR, "link", what, reference.place(), hint)
    return None


def _may_stream(route: object) -> bool:
    if not isinstance(route, Route):
        return True
    get = route.by_method.get("GET", route)
    return get.stream is not None or route.responds or bool(route.loader and not route.templates)


def _has_base(file: SiteFile) -> bool:
    return any(
        isinstance(node, Tag) and node.name.lower() == "base"
        for literal in file.literals
        for node in walk(literal.document.nodes)
    )
