"""Sites made from a dict of files, and the types of the fixtures that make them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import httpx

from hyperpy import Hyper

type Files = Mapping[str, str]
type Write = Callable[..., Path]
type Site = Callable[..., httpx.AsyncClient]
type Make = Callable[..., Hyper]


def write_files(folder: Path, files: Files) -> Path:
    """Write the text of each file, without its margin, to its path below `folder`, and return the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip())
    return folder
