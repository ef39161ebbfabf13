"""Lists the files in a folder of routes: the URL of each, the error pages and the guards. Opens none of them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from hyperpy.exceptions import Place, RouteError, printable, refuse
from hyperpy.record_classes import record
from hyperpy.routing.patterns import Segment, SegmentKind, is_private, parse_segment, pattern

type ErrorPageName = Literal["_404", "_error"]

_ERROR_PAGES: dict[str, ErrorPageName] = {"_404.py": "_404", "_error.py": "_error"}
_GUARD = "_guard.py"


@record(frozen=True, slots=True)
class RouteFile:
    """A file that answers a URL. `module` is its dotted name inside the routes package."""

    path: Path
    segments: tuple[Segment, ...]
    module: str

    @property
    def url(self) -> str:
        return pattern(self.segments)

    @property
    def folder(self) -> Path:
        """The folder of routes that the file is in, at any depth."""
        return self.path.parents[self.module.count(".")]

    @property
    def parameters(self) -> tuple[str, ...]:
        return _parameters(self.segments)


@record(frozen=True, slots=True)
class ErrorPage:
    """A `_404.py` or `_error.py`, used for the URLs at and below its folder."""

    path: Path
    folder: tuple[Segment, ...]
    module: str
    name: ErrorPageName

    @property
    def parameters(self) -> tuple[str, ...]:
        return _parameters(self.folder)


@record(frozen=True, slots=True)
class GuardFile:
    """A `_guard.py`, which runs before the routes and error pages in its folder and below."""

    path: Path
    folder: tuple[Segment, ...]
    module: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return _parameters(self.folder)


@record(frozen=True)
class Discovery:
    """The contents of a folder of routes. Routes are sorted by URL: literals, then `{name}`, then `{...name}`."""

    folder: Path
    routes: tuple[RouteFile, ...]
    error_pages: tuple[ErrorPage, ...]
    guards: tuple[GuardFile, ...] = ()

    def guards_of(self, file: Path) -> tuple[GuardFile, ...]:
        """The guards of a file, outermost first: those of the folders in its path.

        If symbolic links lead to it, the guards of the folders that hold it in reality follow, so that no link opens a
        closed folder.
        """
        if not self.guards:
            return ()
        name = str(file)
        found = self._known.get(name)
        if found is None:
            is_link = file.is_symlink()
            folder = "" if is_link else os.path.dirname(name)
            found = self._known.get(folder) if folder else None
            if found is None:
                found = self._guards_above(file.parent, file.resolve().parent if is_link else file.parent.resolve())
            self._known[name] = self._known[folder or name] = found
        return found

    def _guards_above(self, written: Path, real: Path) -> tuple[GuardFile, ...]:
        """The guards of the folder in which a file stands, and of the folder in which it really is."""
        guards, places = self._guarded
        found = {places[folder]: guards[folder] for folder in _with_parents(written) if folder in guards}
        by_place = {places[folder]: guard for folder, guard in guards.items()}
        for folder in _with_parents(real):
            if folder in by_place:
                found.setdefault(folder, by_place[folder])
        return tuple(found.values())

    @cached_property
    def _guarded(self) -> tuple[Mapping[Path, GuardFile], Mapping[Path, Path]]:
        """The guards by their folders, and the real paths of these."""
        folders = {guard.path.parent: guard for guard in self.guards}
        return folders, {folder: folder.resolve() for folder in folders}

    @cached_property
    def _known(self) -> dict[str, tuple[GuardFile, ...]]:
        """The guards of each file that has been asked for, and those of a folder's files that aren't links."""
        return {}


def _with_parents(folder: Path) -> tuple[Path, ...]:
    """A folder and those around it, outermost first."""
    return (*reversed(folder.parents), folder)


def discover(folder: Path, report: Callable[[RouteError], None] = refuse) -> Discovery:
    """The contents of `folder`. Raises RouteError if it doesn't exist or can't be read.

    Files that can't be read or whose names can't be part of a URL are left out, and the errors passed to `report`.
    """
    root = Path(os.path.abspath(folder))
    if not root.is_dir():
        what = "the routes folder is a file" if root.exists() else "the routes folder does not exist"
        hint = f'Create `{folder / "index.py"}` with one line: t"<h1>Hello</h1>"'
        raise RouteError(what, place=Place(str(root)), hint=hint)
    routes: list[RouteFile] = []
    error_pages: list[ErrorPage] = []
    guards: list[GuardFile] = []
    for path, parts in _python_files(root, (), (), report):
        try:
            if name := _ERROR_PAGES.get(parts[-1]):
                error_pages.append(ErrorPage(path, _folder(parts[:-1]), _module(parts), name))
            elif parts[-1] == _GUARD:
                guards.append(GuardFile(path, _folder(parts[:-1]), _module(parts)))
            else:
                routes.append(RouteFile(path, _segments(parts), _module(parts)))
        except RouteError as error:
            report(error.at(Place(printable(str(path)))))
    return Discovery(root, tuple(sorted(routes, key=_order)), tuple(error_pages), tuple(guards))


def _python_files(
    folder: Path, parts: tuple[str, ...], above: tuple[tuple[int, int], ...], report: Callable[[RouteError], None]
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Each route file, error page and guard below the root, with the parts of its path there, sorted.

    A symbolic link to a folder is followed, unless it leads to one of the folders `above`: that would never end. What
    can't be read is left out, and so is a folder whose guard can't be.
    """
    try:
        status = folder.stat()
        paths = sorted(folder.iterdir(), key=str)
    except OSError as error:
        unreadable = RouteError(f"can't be read: {error.strerror}", place=Place(printable(str(folder))))
        if not parts:
            raise unreadable from error
        report(unreadable)
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    if (unusable := _unusable_guard(paths)) is not None:
        report(unusable)
        return
    for path in paths:
        name = os.path.basename(str(path))
        if path.info.is_dir():
            if not is_private(name):
                yield from _python_files(path, (*parts, name), (*above, here), report)
        elif name in _ERROR_PAGES or name == _GUARD or (name.endswith(".py") and not is_private(name)):
            if path.info.is_file():
                yield path, (*parts, name)
            elif path.info.is_symlink() and not path.exists():
                report(_broken_link(path))


def _unusable_guard(paths: Iterable[Path]) -> RouteError | None:
    """The error for what has the name of a guard and can't be one, so that its folder would be unprotected."""
    for path in paths:
        name = os.path.basename(str(path))
        if f"{name}.py" == _GUARD and path.info.is_dir():
            what, hint = "a guard is a file, and this folder guards nothing", f"Make it a file: `{_GUARD}`."
            return RouteError(what, place=Place(printable(str(path))), hint=hint)
        if name == _GUARD and not path.info.is_file():
            if path.info.is_symlink() and not path.exists():
                return _broken_link(path)
            what = "this has the name of a guard, and is not a file"
            return RouteError(what, place=Place(printable(str(path))), hint="Make it a Python file, or rename it.")
    return None


def _broken_link(path: Path) -> RouteError:
    what = "this is a symbolic link to a file that does not exist"
    return RouteError(what, place=Place(printable(str(path))), hint="Fix the symlink or remove it.")


def _parameters(segments: tuple[Segment, ...]) -> tuple[str, ...]:
    return tuple([segment.text for segment in segments if segment.kind is not SegmentKind.LITERAL])


def _segments(parts: tuple[str, ...]) -> tuple[Segment, ...]:
    *folders, file = parts
    stem = file.removesuffix(".py")
    segments = _folder(tuple(folders))
    if stem != "index":
        segments = (*segments, parse_segment(stem))
    names = _parameters(segments)
    if duplicate := next((name for name in names if names.count(name) > 1), None):
        what = f"the URL {pattern(segments)} has two parameters named `{duplicate}`"
        raise RouteError(what, hint=f"Rename one, for example to `{{parent_{duplicate}}}`.")
    return segments


@lru_cache(maxsize=4096)
def _folder(names: tuple[str, ...]) -> tuple[Segment, ...]:
    segments = tuple(parse_segment(name) for name in names)
    for at, segment in enumerate(segments):
        if segment.kind is SegmentKind.REST:
            file = "/".join((*names[:at], f"{segment}.py"))
            what = f"`{segment}` matches the rest of the URL, so it can't be a folder"
            raise RouteError(what, hint=f"Make it a file: `{file}`.")
    return segments


def _module(parts: tuple[str, ...]) -> str:
    """The dotted name. Dots within a name are escaped, so that `a.b.py` and `a/b.py` are two modules."""
    names = (*parts[:-1], parts[-1].removesuffix(".py"))
    return ".".join([name.replace("%", "%25").replace(".", "%2E") for name in names])


def _order(route: RouteFile) -> tuple[tuple[tuple[int, str], ...], str]:
    return tuple([(int(segment.kind), segment.text) for segment in route.segments]), str(route.path)
