"""What a test names as its site, made an application."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from starlette.types import ASGIApp

from hyperpy.app import Hyper
from hyperpy.pages import temporary_imports

type Served = ASGIApp | str | PathLike[str]
"""An ASGI application, or the path of a folder of route files."""


@contextmanager
def loaded(served: Served) -> Iterator[ASGIApp]:
    """The application. A folder is loaded anew, and what is imported from it is forgotten afterwards.

    As under `hyper serve`, modules are also imported from the working directory, and `static/` there is served.
    """
    if not isinstance(served, str | PathLike):
        if not callable(served):
            raise TypeError(f"an ASGI application or the path of a folder is needed, not {served!r}")
        yield served
        return
    with _importing_from(str(Path.cwd())), temporary_imports(Path(served)):
        yield Hyper(routes=served)


@contextmanager
def _importing_from(folder: str) -> Iterator[None]:
    if folder in sys.path:
        yield
        return
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
