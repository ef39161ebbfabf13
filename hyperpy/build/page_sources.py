"""The files that built pages depend on: their route files and guards, what these import, and static files."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from hyperpy.app import Hyper
from hyperpy.build.site_pages import BuiltPage
from hyperpy.check.site_files import site_files
from hyperpy.exceptions import display_path


def page_sources(app: Hyper, pages: Iterable[BuiltPage], static: Path | None) -> Mapping[str, tuple[str, ...]]:
    """The files by the paths of pages, relative to the working directory. Rather too many than too few.

    A static file is one of them if `asset()` has put the hash of its content into the page.
    """
    files = site_files(app.loaded_routes)

    @cache
    def imported(path: str) -> frozenset[str]:
        file = files.by_path.get(path)
        return frozenset(each.path for each in files.reach(file)) if file else frozenset({path})

    def sources(page: BuiltPage) -> Iterator[str]:
        route = page.page.route
        for each in (route, *route.guards) if route is not None else ():
            yield from imported(each.file)
        if static is not None:
            yield from (str(static / name) for name in page.recorded.assets)

    return {page.page.path: tuple(sorted(set(map(display_path, sources(page))))) for page in pages}
