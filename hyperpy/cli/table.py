"""The table of routes, as `hyper routes` prints it and `hyper dev` at its start."""

from collections.abc import Iterable, Sequence

import click
from starlette.types import ASGIApp

from hyperpy.app import Hyper
from hyperpy.config import Settings
from hyperpy.exceptions import display_path

HEAD = ("METHODS", "URL", "FILE", "KIND", "INPUTS")


def print_routes(app: ASGIApp, settings: Settings) -> int:
    """Print the routes, then the errors of those that can't be loaded; returns the exit status.

    Raises ConfigError if the application is none of hyperpy's, whose routes are not known.
    """
    if not isinstance(app, Hyper):
        kind = type(app).__name__
        raise settings.error("target", f"the application is a {kind}, not a Hyper", "Only a Hyper() has route files.")
    click.echo("\n".join(route_lines(app)))
    print_errors(app)
    return 1 if app.load_errors else 0


def announce(app: ASGIApp, first: bool) -> None:
    """What `hyper dev` says once it has loaded the application: its routes the first time, its errors every time."""
    if not isinstance(app, Hyper):
        return
    if first:
        click.echo("\n" + "\n".join(f"  {line}" for line in route_lines(app)) + "\n")
    print_errors(app)


def print_errors(app: Hyper) -> None:
    for error in app.load_errors:
        click.echo(f"\n{error}", err=True)


def route_lines(app: Hyper) -> list[str]:
    rows = [
        (_joined(methods), url, display_path(str(file)), kind, _joined(inputs))
        for methods, url, file, kind, inputs in app.routes_table()
    ]
    return _aligned([HEAD, *rows]) if rows else ["There is no route file yet: write routes/index.py."]


def _joined(names: str | Iterable[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
