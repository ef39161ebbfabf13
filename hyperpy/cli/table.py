"""The table of routes that `hyper routes` prints, and `hyper dev` when it starts."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from starlette.types import ASGIApp

from hyperpy.app import Hyper, RouteRow
from hyperpy.cli.loading import loaded_hyper
from hyperpy.cli.route_formats import as_json, as_tree
from hyperpy.config import Settings
from hyperpy.exceptions import display_path
from hyperpy.server.colours import coloured, has_colours

if TYPE_CHECKING:
    from hyperpy.dev.terminal import PrintedWarnings

HEAD = ("METHODS", "URL", "FILE", "KIND", "INPUTS", "GUARDS")


def print_routes(app: ASGIApp, settings: Settings, form: str = "table") -> int:
    """Print the routes, the warnings, and the errors of those that can't be loaded. Returns the exit status.

    `form` is `table`, `tree` or `json`.

    Raises ConfigError if the application is not a Hyper.
    """
    app = loaded_hyper(app, settings)
    match form:
        case "json":
            click.echo(as_json(app.routes_table()))
        case "tree" if app.routes_table():
            click.echo(as_tree(app.routes_table()))
        case _:
            click.echo("\n".join(route_lines(app)))
    colour = has_colours(sys.stderr)
    for warning in app.loaded_routes.warnings:
        click.echo(f"\n{coloured(str(warning), is_error=False) if colour else warning}", err=True, color=colour)
    print_errors(app)
    return 1 if app.load_errors else 0


def announce(app: ASGIApp, first: bool, printed: PrintedWarnings) -> None:
    """Print the routes, the first time, and every time new warnings and the errors of files that can't be loaded."""
    if not isinstance(app, Hyper):
        return
    if first:
        click.echo("\n" + "\n".join(f"  {line}" for line in route_lines(app)) + "\n")
    printed.loaded(app.loaded_routes.warnings, is_whole=not app.load_errors)
    print_errors(app)


def print_errors(app: Hyper) -> None:
    colour = has_colours(sys.stderr)
    for error in app.load_errors:
        click.echo(f"\n{coloured(str(error)) if colour else error}", err=True, color=colour)


def route_lines(app: Hyper) -> list[str]:
    """The table. It has a column of guards if there are any."""
    rows = [_cells(row) for row in app.routes_table()]
    if not rows:
        return ["No route file can be loaded." if app.load_errors else "No routes yet. Create routes/index.py."]
    width = len(HEAD) if any(row[-1] for row in rows) else len(HEAD) - 1
    return _aligned([row[:width] for row in (HEAD, *rows)])


def _cells(row: RouteRow) -> tuple[str, ...]:
    guards = ", ".join(display_path(guard) for guard in row.guards)
    return ", ".join(row.methods), row.url, display_path(row.file), row.kind, ", ".join(row.inputs), guards


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
