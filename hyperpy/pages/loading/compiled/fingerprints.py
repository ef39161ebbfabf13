"""What the names of a file stood for when it was compiled, as text that can be compared in another process.

A fingerprint has what analysis has found out about the objects that imports bind. A change of their modules that gives
the same answers leaves it as it is.
"""

import functools
import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
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
    """The versions of Python and hyperpy, and the state of hyperpy's files, which may be edited."""
    versions = sorted(name for name in os.listdir(HYPERPY.parent) if name.startswith("hyperpy-"))
    files = sorted(_files(HYPERPY))
    return digest([sys.version, importlib.util.MAGIC_NUMBER.hex(), sys.platform, *versions, *map(repr, files)]).hex()


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
