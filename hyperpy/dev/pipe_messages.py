"""What the parent of `hyper dev` and the process that serves say to each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hyperpy.dev.file_states import Files
from hyperpy.dev.terminal import Printed
from hyperpy.dev.zygote import InstalledImports


class Start(NamedTuple):
    """What the parent says to a new child: if it is the first one, what the others have printed, and where to work.

    The folder may be another one of the same name than the parent was started in.
    """

    is_first: bool
    printed: Printed
    folder: Path


class Kept(NamedTuple):
    """What the child wants its successor to know of: the warnings that are in the terminal."""

    printed: Printed


class ChangedFiles(NamedTuple):
    """What the parent has seen change."""

    code: Sequence[Path]
    assets: Sequence[str]
    """Static files, by their names in the folder."""
    number: int
    """That of this message, which its answers have too."""


class Answer(NamedTuple):
    """What the child says about changed files: first that its event loop knows of them, then whether it has them."""

    number: int
    is_taken_over: bool | None


class Ready(NamedTuple):
    """The child serves, and takes changes over."""

    static: Path | None
    dependencies: InstalledImports


class Imported(NamedTuple):
    """The files of the user that the child has imported, or that an import has failed in."""

    files: Files
