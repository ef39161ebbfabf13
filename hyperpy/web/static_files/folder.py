"""The files in the static folder that are public, and the URLs of their content."""

import ntpath
import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath, PureWindowsPath
from time import monotonic
from typing import Final, NamedTuple

from starlette.staticfiles import StaticFiles

from hyperpy.exceptions import did_you_mean_path, display_path
from hyperpy.record_classes import record
from hyperpy.routing import URLProblem, quote_path
from hyperpy.web.static_files.content_codings import CODINGS, ContentCoding
from hyperpy.web.static_files.entity_tags import FileVersion, entity_tag, is_settled
from hyperpy.web.static_files.hashed_names import with_hash
from hyperpy.web.static_files.static_urls import WELL_KNOWN

_SOURCE_SUFFIXES: Final = (".py", ".pyc", ".pyi", ".pyo")
_MAX_KNOWN: Final = 4096
_MAX_LISTED: Final = 10_000  # files, for a suggestion


class StaticFile(NamedTuple):
    path: str
    """Without symbolic links."""
    status: os.stat_result


@record(slots=True)
class _KnownURL:
    version: FileVersion
    path: str
    until: float
    """When to look at the file again, by the monotonic clock."""


class StaticFolder(StaticFiles):
    """Finds public files. The folder need not exist, and its files may change at any time.

    Never found are names with a leading dot except for a `.well-known` at the top, Python source and bytecode, folders,
    and what symbolic links reach outside the folder.
    """

    def __init__(self, folder: Path, look_again: float = 0) -> None:
        """`look_again` is how long a URL of a file's content is used without a look at the file, in seconds."""
        super().__init__(directory=folder, check_dir=False)
        self.folder = folder
        self._prefix = f"{folder}{os.sep}"
        self._look_again = look_again
        self._urls: dict[str, _KnownURL] = {}

    def find(self, name: str) -> StaticFile | None:
        """A public file by its path below the folder. It reads from the disk, so call it in a thread."""
        path, status = self.lookup_path(name)
        return StaticFile(path, status) if status is not None and stat.S_ISREG(status.st_mode) else None

    def compressed(self, name: str, file: StaticFile) -> dict[ContentCoding, StaticFile]:
        """The copies of a file that lie beside it, compressed, and are not older."""
        copies: dict[ContentCoding, StaticFile] = {}
        for coding in CODINGS:
            if os.path.lexists(self._prefix + name + coding.suffix):
                copy = self.find(name + coding.suffix)
                if copy is not None and copy.status.st_mtime_ns >= file.status.st_mtime_ns:
                    copies[coding] = copy
        return copies

    def url_path(self, name: str) -> str | None:
        """The percent-encoded path of a file's present content, `/static/app.<hash>.css`; None for an unknown file.

        The content is read once for each version of the file.
        """
        known = self._urls.get(name)
        now = monotonic()
        if known is not None and now < known.until:
            return known.path
        try:
            version = FileVersion.of(os.stat(self._prefix + name))
        except OSError, ValueError:
            return None
        if known is not None and known.version == version:
            known.until = now + self._look_again
            return known.path
        file = self.find(name) if _is_plain(name) else None
        if file is None:
            return None
        try:
            path = quote_path(["static", *with_hash(name, entity_tag(*file)).split("/")])
        except OSError, UnicodeEncodeError:  # it can't be read, or no URL has its name
            return None
        if is_settled(version):
            if len(self._urls) >= _MAX_KNOWN:
                self._urls.clear()
            self._urls[name] = _KnownURL(version, path, now + self._look_again)
        return path

    def problem(self, name: str) -> URLProblem | None:
        """Why a file has no URL, and what to write instead."""
        if self.url_path(name) is not None:
            return None
        shown = display_path(str(self.folder))
        if ".." in PurePath(name).parts:
            return URLProblem(f"`{name}` leads out of `{shown}/`", f"Name a file below `{shown}/`.")
        if _is_hidden(name):
            hint = "Rename the file: names with a leading dot and Python files stay private."
            return URLProblem(f"`{name}` is never served", hint)
        return URLProblem(f"there is no file `{name}` in `{shown}/`", self._suggestion(name))

    def _suggestion(self, name: str) -> str:
        shorter = name.lstrip("/").removeprefix("static/")
        for wanted in (shorter, shorter.partition("?")[0].partition("#")[0]):
            if wanted != name and self.url_path(wanted) is not None:
                rest = f' + "{shorter.removeprefix(wanted)}"' if wanted != shorter else ""
                return f'Write asset("{wanted}"){rest}.'
        listed = list(islice(self.names(), _MAX_LISTED))
        inside = [each for each in listed if each.rpartition("/")[2] == name.rpartition("/")[2]]
        if inside:
            return f"Did you mean `{min(inside)}`?"
        return did_you_mean_path(shorter, listed) or 'Names are relative to this folder, as in asset("css/site.css").'

    def names(self) -> Iterator[str]:
        """The files in the folder, as `asset` names them."""
        for folder, folders, files in os.walk(self.folder):
            folders[:] = sorted(each for each in folders if not each.startswith(".") or each == WELL_KNOWN)
            for file in sorted(files):
                name = Path(folder, file).relative_to(self.folder).as_posix()
                if not _is_hidden(name):
                    yield name

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        if leads_elsewhere(path):
            return "", None
        try:
            full_path, status = super().lookup_path(path)
        except OSError, ValueError:
            # No permission, a name that is too long, circular links, or a file used as a folder.
            return "", None
        if status is None or _is_hidden(path) or self._is_hidden_target(full_path):
            return "", None
        return full_path, status

    def _is_hidden_target(self, full_path: str) -> bool:
        """Whether a link inside the folder leads to a hidden file in it."""
        return _is_hidden(os.path.relpath(full_path, os.path.realpath(self.folder)))


def _is_plain(name: str) -> bool:
    """Whether a name is the one path of its file: without `.`, `..`, a leading slash or empty parts."""
    return "\\" not in name and PurePath(name).as_posix() == name and not {"..", "/"} & set(PurePath(name).parts)


def leads_elsewhere(name: str, flavour: type[PurePath] = Path) -> bool:
    """Whether the system reads more than a path with slashes in a name: on Windows, another drive, the share of another
    machine, a device, or a stream of a file.
    """
    return issubclass(flavour, PureWindowsPath) and ("\\" in name or ":" in name or ntpath.isreserved(name))


def _is_hidden(path: str) -> bool:
    first, *rest = PurePath(path).parts or ("",)
    is_dotted = (first.startswith(".") and not (first == WELL_KNOWN and rest)) or any(p.startswith(".") for p in rest)
    return is_dotted or path.lower().endswith(_SOURCE_SUFFIXES)
