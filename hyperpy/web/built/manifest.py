"""The list of the files that `hyper build` has written into a folder, which makes the folder its own."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from hyperpy.exceptions import ConfigError, Place, display_path
from hyperpy.record_classes import record

MANIFEST: Final = ".hyper-build.json"
_FORMAT: Final = 1


@record(frozen=True, slots=True)
class BuildManifest:
    files: tuple[str, ...] = ()
    """The files of the build, relative to its folder and with slashes."""
    pages: Mapping[str, str] | None = None
    """The files that a server may send instead of running a route, by the percent-encoded path of their URLs."""
    sources: Mapping[str, str] | None = None
    """A digest of each file that pages depend on, by its path relative to the working directory.

    These are the Python files in the routes folder, other modules, and static files.
    """
    uses: Mapping[str, tuple[str, ...]] | None = None
    """The files that each page depends on, by the path of its URL."""
    root: str = ""
    """The percent-encoded path in front of all URLs."""

    @classmethod
    def read(cls, folder: Path) -> BuildManifest | None:
        """The list in a folder; None if it has none. Raises ConfigError if it can't be read."""
        file = folder / MANIFEST
        try:
            data = json.loads(file.read_text("utf-8"))
            if data["hyper-build"] != _FORMAT:
                raise ValueError(f"its format is {data['hyper-build']!r}")
            uses = {url: tuple(group["files"]) for group in data.get("uses", ()) for url in group["pages"]}
            manifest = cls(tuple(data["files"]), dict(data["pages"]), dict(data["sources"]), uses, str(data["root"]))
            if outside := [name for name in (*manifest.files, *manifest.of_urls.values()) if not _is_inside(name)]:
                raise ValueError(f"it names {outside[0]!r}, outside the folder")
        except FileNotFoundError, NotADirectoryError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            hint = f"Remove {display_path(str(folder))}, and build again."
            raise ConfigError(f"this can't be read: {error}", place=Place(str(file)), hint=hint) from error
        return manifest

    @property
    def of_urls(self) -> Mapping[str, str]:
        return self.pages or {}

    def uses_of(self, url: str) -> tuple[str, ...]:
        return (self.uses or {}).get(url, ())

    def text(self) -> str:
        groups: dict[tuple[str, ...], list[str]] = {}
        for url, files in sorted((self.uses or {}).items()):
            groups.setdefault(files, []).append(url)
        data: dict[str, Any] = {
            "hyper-build": _FORMAT,
            "root": self.root,
            "files": sorted(self.files),
            "pages": dict(sorted(self.of_urls.items())),
            "sources": dict(sorted((self.sources or {}).items())),
            "uses": [{"files": files, "pages": pages} for files, pages in sorted(groups.items())],
        }
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"

    def unlike_build(self) -> Callable[[str], bool]:
        """A function that tells of a file whether it differs from the one that was built, or is new."""
        known = self.sources or {}

        @cache
        def differs(file: str) -> bool:
            digest = _digest(Path(file))
            return not digest or known.get(display_path(file)) != digest

        return differs

    def changed_sources(self) -> list[str]:
        """The files that differ from those that were built, or are gone."""
        return [name for name, digest in (self.sources or {}).items() if _digest(Path(name)) != digest]


def source_digests(folder: Path, others: Iterable[str]) -> Mapping[str, str]:
    """The digests of the Python files below a folder, and of other files."""
    own = (display_path(str(path)) for path in folder.rglob("*.py") if path.is_file())
    return {name: digest for name in (*own, *others) if (digest := _digest(Path(name)))}


def _digest(path: Path) -> str:
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()
    except OSError:
        return ""


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and path.as_posix() == name
