"""From the URL of a page to the file that hosts look for, and which files would be in each other's way."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

from hyperpy.exceptions import HyperError, Place, RouteConflictError, RouteError
from hyperpy.web.built.manifest import MANIFEST

LONGEST_NAME: Final = 255  # bytes, on all common file systems
_HTML: Final = (".html", ".htm")


class Layout(StrEnum):
    """Where the page of `/about` is: in `about/index.html` or in `about.html`."""

    FOLDERS = "folders"
    FILES = "files"


def output_path(path: str, *, is_html: bool, layout: Layout) -> str:
    """The file for the percent-encoded path of a URL. It has the decoded name, by which hosts look for it.

    Raises RouteError without a place if no file can have that name.
    """
    names = [unquote(segment) for segment in path.strip("/").split("/")] if path != "/" else []
    if any("/" in name or "\\" in name for name in names):
        raise RouteError(f"{path} has an encoded slash, which hosts of files read as a folder")
    if long := next((name for name in names if len(name.encode()) > LONGEST_NAME - len(".html")), None):
        raise RouteError(f"{path:.80}… is too long for the name of a file: {len(long.encode())} bytes")
    if not is_html:
        if not names:
            raise RouteError("only HTML can be the file of the URL /", hint="Move it to a URL with a name.")
        return "/".join(names)
    if names and names[-1].endswith(_HTML):
        return "/".join(names)
    if not names or layout is Layout.FOLDERS:
        return "/".join([*names, "index.html"])
    return "/".join([*names[:-1], f"{names[-1]}.html"])


class OutputNames:
    """The files of a build, each with what it is made from. No two may have the same name on any file system."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[str, Place | None]] = {}
        self._folders: dict[str, tuple[str, Place | None]] = {}
        self.claim(MANIFEST, "the list of files", None)

    def claim(self, name: str, owner: str, place: Place | None) -> HyperError | None:
        """Note a file. Returns the error if another one has its name, differs only in case or in how
        its accents are encoded, or is in its way."""
        key = normalize("NFC", normalize("NFC", name).casefold())
        folders = [str(folder) for folder in PurePosixPath(key).parents][:-1]
        in_the_way = self._owners.get(key) or self._folders.get(key)
        in_the_way = in_the_way or next((self._owners[folder] for folder in folders if folder in self._owners), None)
        if in_the_way is not None:
            other, other_place = in_the_way
            where = f" ({other_place})" if other_place and other_place != place else ""
            what = f"{owner} would be the file {name}, which is in the way of {other}{where}"
            return RouteConflictError(what, place=place, hint="Rename one of the two.")
        self._owners[key] = (owner, place)
        for folder in folders:
            self._folders.setdefault(folder, (owner, place))
        return None
