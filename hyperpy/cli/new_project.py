"""`hyper new`: a small site in a new folder, to be changed into one's own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hyperpy.exceptions import HyperError

PROJECT: Final = Path(__file__).parent / "project"
_PLACEHOLDER: Final = "the-project"
_DOT: Final = "dot-"  # in place of a leading dot, so that no tool takes such a file for hyperpy's own
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)


class NewProjectError(HyperError):
    """A project can't be created: its name doesn't do, or the folder has something in it."""


def create_project(folder: Path) -> list[Path]:
    """Write a new project into a folder, which may exist if it is empty. Its name becomes that of the project.

    Returns the files, relative to the folder. Raises NewProjectError, and OSError if the folder can't be written.
    """
    name = folder.resolve().name
    if not _NAME.fullmatch(name):
        hint = "Use lower-case letters, digits and hyphens, as in `hyper new my-site`."
        raise NewProjectError(f"{name!r} can't be the name of a project", hint=hint)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is a file"
        raise NewProjectError(f"{folder} {what}", hint="Choose another name. Nothing has been written.")
    return [_written(folder, source, name) for source in _sources()]


def _sources() -> Iterator[Path]:
    for path in sorted(PROJECT.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _written(folder: Path, source: Path, name: str) -> Path:
    parts = (re.sub(f"^{_DOT}", ".", part) for part in source.relative_to(PROJECT).parts)
    file = Path(*(part.replace(_PLACEHOLDER, name) for part in parts))
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source.read_text("utf-8").replace(_PLACEHOLDER, name), "utf-8", newline="\n")
    return file
