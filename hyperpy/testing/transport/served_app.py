"""Turns what a test serves, an application or a folder of routes, into an application."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from starlette.types import ASGIApp

from hyperpy.app import Hyper
from hyperpy.pages import temporary_imports

type Served = ASGIApp | str | PathLike[str]
"""An ASGI application, or the path of a folder of routes."""


@contextmanager
def application_of(served: Served) -> Iterator[ASGIApp]:
    """The application to serve. A folder is loaded afresh, and its modules are forgotten afterwards.

    As under `hyper serve`, modules can be imported from the working directory, and its `static/` is served.
    """
    if not isinstance(served, str | PathLike):
        if not callable(served):
            raise TypeError(f"expected an ASGI application or the path of a folder, not {served!r}")
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
