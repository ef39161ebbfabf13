"""Names with a hash of the content in them: `css/app.css` ↔ `css/app.0123456789abcdef.css`."""

import re
from typing import Final

from hyperpy.lazy import lazy_pattern

_LENGTH: Final = 16
_HASHED: Final = lazy_pattern(rf"(?P<stem>.*[^/])\.(?P<hash>[0-9a-f]{{{_LENGTH}}})(?P<suffix>\.[^./]+)?", re.DOTALL)


def hash_of(tag: str) -> str:
    """The part of a file's ETag that stands in its name."""
    return tag.strip('"')[:_LENGTH]


def with_hash(name: str, tag: str) -> str:
    """The name with the hash in front of its last suffix, or at its end."""
    folder, slash, file = name.rpartition("/")
    stem, dot, suffix = file.rpartition(".")
    if not stem:
        stem, dot, suffix = file, "", ""
    return f"{folder}{slash}{stem}.{hash_of(tag)}{dot}{suffix}"


def without_hash(name: str) -> tuple[str, str] | None:
    """The name and the hash; None if there is no hash in it."""
    found = _HASHED.fullmatch(name)
    return (found["stem"] + (found["suffix"] or ""), found["hash"]) if found else None
