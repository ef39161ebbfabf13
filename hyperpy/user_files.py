"""Which files are the user's, and not those of hyperpy, Python or an installed package."""

import os
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import Final

_HYPERPY: Final = Path(__file__).parent
_INSTALLED: Final = tuple(
    {f"{Path(sysconfig.get_path(name))}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)


@lru_cache(maxsize=4096)
def is_users(file: str) -> bool:
    """Whether a file belongs to the site."""
    if file.startswith(("<", f"{_HYPERPY}{os.sep}", *_INSTALLED)):
        return False
    return not any(part in ("site-packages", "dist-packages") for part in Path(file).parts)


def package_of(file: str) -> str:
    """The package that a file outside the site belongs to, for a person."""
    parts = Path(file).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts and len(parts) > (at := parts.index(folder) + 1):
            return parts[at].removesuffix(".py")
    return "hyperpy" if file.startswith(f"{_HYPERPY}{os.sep}") else "Python"
