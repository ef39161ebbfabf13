"""Names that other frameworks and newcomers give to loaders and streams."""

from collections.abc import Collection
from typing import Final

LOADERS: Final = frozenset({"getserversideprops", "load", "loaddata", "loader", "onload"})
STREAMS: Final = frozenset({"sse", "stream"})


def is_name_of(name: str, names: Collection[str]) -> bool:
    """Whether a function's name is one of these, in any case and with any underscores."""
    return plain_name(name) in names


def plain_name(name: str) -> str:
    return name.replace("_", "").lower()
