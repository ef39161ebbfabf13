"""ETags of files."""

import hashlib
import os
import time
from functools import lru_cache
from typing import Final, NamedTuple, Self

# Up to this size, the tag is a hash of the content: the same on every machine. Larger ones would take too long to read.
_MAX_HASHED: Final = 64 * 1024 * 1024
_CACHE_SIZE: Final = 4096

# Nanoseconds in which a file may change again without another modification time. Some file systems keep seconds only.
_UNSETTLED: Final = 2_000_000_000


class FileVersion(NamedTuple):
    """Metadata that changes with each write or replacement of a file, unless two fall within one tick of its clock."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def is_settled(version: FileVersion) -> bool:
    """Whether the next change of the file will make it another version."""
    return time.time_ns() - max(version.modified, version.changed) > _UNSETTLED


def entity_tag(path: str, status: os.stat_result) -> str:
    """A strong ETag (RFC 9110, 8.8.3) for a file in this state. It may read the file, so call it in a thread.

    Raises OSError if the file can't be read.
    """
    version = FileVersion.of(status)
    if version.size > _MAX_HASHED:
        return f'"{_digest(repr(version).encode())}"'
    return f'"{_cached_hash(path, version) if is_settled(version) else _hash(path)}"'


@lru_cache(_CACHE_SIZE)
def _cached_hash(path: str, version: FileVersion) -> str:
    return _hash(path)


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _digest(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()
