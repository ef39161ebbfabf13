"""What the names of a file stood for when it was compiled, as text that can be compared in another process.

A fingerprint has what analysis has found out about the objects that imports bind. A change of their modules that gives
the same answers leaves it as it is.
"""

import functools
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from hyperpy.pages.analysis.names.builtin_names import Builtins, builtins_now
from hyperpy.pages.analysis.objects.asked import StoredQuestions, answers
from hyperpy.pages.analysis.objects.descriptions import described
from hyperpy.pages.known_names import PublicNames

HYPERPY: Final = Path(__file__).parents[3]
# Every module has its own, which tells nothing about a file.
_OF_MODULES: Final = frozenset(
    {"__builtins__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__"}
)

_last_builtins: tuple[Builtins | None, bytes] = (None, b"")


def digest(parts: Iterable[str]) -> bytes:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@functools.cache
def environment() -> str:
    """The versions of Python and hyperpy, and the state of hyperpy's files."""
    python = sys.version, importlib.util.MAGIC_NUMBER.hex(), sys.platform
    return digest([*python, *state_of_package(HYPERPY)]).hex()


def state_of_package(package: Path) -> Iterator[str]:
    """What changes when the files of a package change.

    Those of a source checkout may be edited; an installed package has a list of its files with their hashes.
    """
    distributions = sorted(name for name in os.listdir(package.parent) if name.startswith(f"{package.name}-"))
    yield from distributions
    found = [_record(package, name) for name in distributions if name.endswith(".dist-info")]
    if len(found) == 1 and found[0]:
        yield found[0]
    else:
        yield from map(repr, sorted(_files(package)))


def _record(package: Path, distribution: str) -> str:
    """The list of installed files, if it has those of the package: that of an editable installation doesn't."""
    try:
        record = (package.parent / distribution / "RECORD").read_text("utf-8")
    except OSError:
        return ""
    return record if f"\n{package.name}/__init__.py,sha256=" in f"\n{record}" else ""


def _files(folder: str | Path) -> Iterable[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_size
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _files(entry.path)


def names_print(
    objects: Mapping[str, object], local: Sequence[object], public: PublicNames, asked: StoredQuestions
) -> bytes:
    """The fingerprint of the names that a file's code can see, and of what analysis has asked about their objects.

    Hidden names are not the file's.
    """
    names = sorted([name for name in objects if not name.startswith((".", "_."))])
    known = [described(objects[name], public) for name in names if name not in _OF_MODULES]
    known += [described(value, public) for value in local]
    return digest([*names, "", *known, *answers(asked, objects, local, public)])


def builtins_print() -> bytes:
    """The fingerprint of the names in `builtins`, to which an application may add."""
    global _last_builtins
    now, (known, found) = builtins_now(), _last_builtins
    if now is not known:
        found = digest([*sorted(now.names), "", *sorted(now.added)])
        _last_builtins = now, found
    return found
