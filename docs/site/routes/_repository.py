"""Where the files outside `docs/` can be read."""

import tomllib
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parents[2]
ROOT: Final = DOCS.parent
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The address of the repository, if the project has one. Without it, links to its files are shown as their path.
ADDRESS: Final[str | None] = PROJECT.get("urls", {}).get("Repository")
VERSION: Final[str] = PROJECT["version"]


def file_url(file: Path) -> str | None:
    """The address of a file or folder of the repository."""
    kind = "tree" if file.is_dir() else "blob"
    return f"{ADDRESS.rstrip('/')}/{kind}/main/{file.relative_to(ROOT)}" if ADDRESS else None
