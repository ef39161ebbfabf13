"""The commands of `hyper`, in the order in which its help lists them."""

import asyncio
import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import Field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpy.cli.help_texts import HelpfulGroup, with_variable
from hyperpy.cli.short_process import short_process
from hyperpy.config import Settings, app_setting_names, flag_of, key_of, load_settings, setting_fields
from hyperpy.exceptions import HyperError
from hyperpy.lazy import LazyModule

# Each command needs some of these.
if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from hyperpy import build as site_builds
    from hyperpy import channels as channel_backends
    from hyperpy import check as site_checks
    from hyperpy import dev as development
    from hyperpy import inspector, server, sessions, tracebacks
    from hyperpy.app import reloading
    from hyperpy.cli import loading, new_project, table
    from hyperpy.cli import shell as prompt
    from hyperpy.dev.page_warnings import RouteWarnings
    from hyperpy.pages import LoadWarning
else:
    site_builds = LazyModule("hyperpy.build")
    channel_backends = LazyModule("hyperpy.channels")
    site_checks = LazyModule("hyperpy.check")
    development = LazyModule("hyperpy.dev")
    inspector = LazyModule("hyperpy.inspector")
    server = LazyModule("hyperpy.server")
    sessions = LazyModule("hyperpy.sessions")
    tracebacks = LazyModule("hyperpy.tracebacks")
    reloading = LazyModule("hyperpy.app.reloading")
    loading = LazyModule("hyperpy.cli.loading")
    new_project = LazyModule("hyperpy.cli.new_project")
    table = LazyModule("hyperpy.cli.table")
    prompt = LazyModule("hyperpy.cli.shell")

type Decorator = Callable[[Callable[..., None]], Callable[..., None]]

METAVARS = {
    "elsewhere": "PREFIX,…",
    "watch": "PATH,…",
    "routes": "FOLDER",
    "static": "FOLDER",
    "uds": "PATH",
    "ssl_keyfile": "FILE",
    "ssl_certfile": "FILE",
}

EPILOG = "Every option can also be set as a variable (HYPER_PORT=80), or in [tool.hyper] of pyproject.toml."


@click.group(cls=HelpfulGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="hyperpy", message="hyper %(version)s")
def main() -> None:
    """Serve a folder of route files as a live site. `hyper COMMAND --help` explains a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="backslashreplace")  # pipes of Windows take the characters of one language


def options(*names: str) -> Decorator:
    """The command-line options for the named settings, and TARGET. Values stay text: hyperpy.config converts them."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        known = setting_fields()
        for name in reversed(names):
            field = known[name]
            help = with_variable(field.metadata["help"], name, _display(field.default))
            if field.metadata["many"]:
                listed = partial(click.option, multiple=True, metavar=METAVARS[name], callback=_joined)
                command = listed(flag_of(name), name, help=help)(command)
            elif field.type is bool:
                flags = f"{flag_of(name)}/--no-{key_of(name)}"
                command = click.option(flags, name, default=None, help=help)(command)
            else:
                command = click.option(flag_of(name), name, default=None, metavar=_metavar(field), help=help)(command)
        return click.argument("target", required=False)(command)

    return decorate


def _joined(context: click.Context, option: click.Parameter, values: Sequence[str]) -> str | None:
    return ",".join(values) or None


def _metavar(field: Field[Any]) -> str:
    if field.type in (int, float):
        return "NUMBER"
    if choices := field.metadata["choices"]:
        return "|".join(choices)
    return METAVARS.get(field.name, "TEXT")


def _display(default: object) -> object:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default is None else default


# Only a server that visitors use reads the files of a build, and only a check the prefixes of other sites.
APP_SETTINGS = tuple(name for name in app_setting_names() if name not in ("built", "elsewhere"))


@main.command(epilog=EPILOG)
@options("host", "port", "editor", "routes", "static", "watch", "elsewhere", *APP_SETTINGS)
def dev(**flags: str | bool | None) -> None:
    """Serve for development: reload on every change, and show errors in the browser.

    TARGET is an application, as module:attribute. The default is app:app if there is an app.py in the working
    directory, else the folder of routes on its own.
    """
    with reported():
        settings = _settings(flags)
        # Each restart reads the settings again: pyproject.toml may have changed.
        load, inspected = partial(_reload, flags, sessions.new_key()), partial(_inspected, settings)
        hooks = development.Hooks(
            load,
            table.announce,
            reloading.reload_routes,
            inspected,
            loading.static_folder,
            _warnings_about,
            _load_errors,
            _found_across_files,
        )
        sys.exit(development.develop(hooks, settings, Path.cwd()))


@main.command("serve", epilog=EPILOG)
@options(
    *("host", "port", "uds", "backlog"),
    *("workers", "limit_max_requests", "limit_max_requests_jitter"),
    *("routes", "static", "built", "root_path"),
    *("proxy_headers", "forwarded_allow_ips"),
    *("ssl_certfile", "ssl_keyfile"),
    *APP_SETTINGS,
    *("timeout_keep_alive", "timeout_request_head", "timeout_request_body", "timeout_graceful_shutdown"),
    "timeout_worker",
    *("limit_concurrency", "limit_request_line", "limit_request_head"),
    *("access_log", "log_format", "log_level"),
)
def serve_command(**flags: str | bool | None) -> None:
    """Serve in production.

    TARGET is an application, as module:attribute. The default is app:app if there is an app.py in the working
    directory, else the folder of routes on its own. SIGTERM and Ctrl-C end open streams at once and let other
    responses finish. With several workers, SIGHUP replaces them one by one.
    """
    gc.disable()  # while modules are imported; the server turns it on
    with reported():
        settings = _settings(flags)
        sys.exit(server.serve(partial(loading.load_app, settings), settings))


@main.command()
@options("routes", "static")
@click.option("--format", "form", type=click.Choice(["table", "tree", "json"]), default="table", show_default=True)
def routes(form: str, **flags: str | bool | None) -> None:
    """List the routes: methods, URL, file, kind and required inputs."""
    with reported(), short_process() as kept:
        settings = _settings(flags)
        # In debug mode, files that can't be loaded don't keep the others from being listed.
        app = loading.load_app(settings, debug=True)
        kept.append(app)
        sys.exit(table.print_routes(app, settings, form))


@main.command()
@options("routes", "static", "elsewhere")
@click.option("--strict", is_flag=True, help="Exit with status 1 for warnings as well.")
@click.option("--types", is_flag=True, help="Check types as well, with the installed mypy or Pyright.")
@click.option("--format", "form", type=click.Choice(["text", "github", "json"]), default="text", show_default=True)
def check(strict: bool, types: bool, form: str, **flags: str | bool | None) -> None:
    """Load the site, and report errors, likely mistakes, broken links, and unknown names and arguments.

    TARGET is an application, as module:attribute. The status is 1 if there is an error.
    """
    with reported(), short_process() as kept:
        problems: list[HyperError] = []
        app = loading.load_tolerantly(flags, problems)
        report = site_checks.Report() if app is None else site_checks.check_site(app, types=types)
        kept += [app, report]
        report = report.with_errors(problems)
        click.echo(site_checks.FORMATS[form](report.findings, report.files))
        sys.exit(1 if report.fails(strict=strict) else 0)


@main.command(epilog=EPILOG)
@options("routes", "static", *APP_SETTINGS)
@click.option("-c", "--code", default=None, metavar="CODE", help="Run these statements instead of reading a prompt.")
def shell(code: str | None, **flags: str | bool | None) -> None:
    """Open a Python prompt in the running application, where `await` works.

    It has the application, a client for requests in this process, `url`, `channel` and the project's modules. The
    prompt is IPython if that is installed. Without a terminal, the code is read from standard input.

    TARGET is an application, as module:attribute.
    """
    with reported():
        settings = _settings(flags)
        sys.exit(prompt.run_shell(partial(loading.load_app, settings, debug=True), code))


@main.command()
@options("routes", "static", "elsewhere", "root_path")
@click.option("--out", type=click.Path(path_type=Path), default="dist", show_default=True, help="Folder to write.")
@click.option("--allow-dynamic", is_flag=True, help="Leave out what needs a server, and build the rest.")
@click.option(
    *("--layout", "layout"),
    type=click.Choice(["folders", "files"]),
    default="folders",
    show_default=True,
    help="Whether the page of /about is about/index.html or about.html.",
)
@click.option("--origin", default="", metavar="URL", help="Address of the site, such as https://example.org.")
def build(out: Path, allow_dynamic: bool, layout: str, origin: str, **flags: str | bool | None) -> None:
    """Render the routes to files, for any host of static files.

    A file whose URL has parameters says in `static_paths` which pages there are. Whatever needs a server is listed. The
    folder is changed only if everything is right: every link of a page leads somewhere, too.

    TARGET is an application, as module:attribute. The status is 1 if there is an error.
    """
    with reported():
        settings = replace(_settings(flags), built=None)
        app = loading.loaded_hyper(loading.load_app(settings, development_key=sessions.new_key()), settings)
        sys.exit(site_builds.run_build(app, settings, out, origin, layout, allow_dynamic=allow_dynamic))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Create a small site in FOLDER: pages, a live list, forms, accounts, tests, and files to deploy it."""
    with reported():
        for file in new_project.create_project(folder):
            click.echo(f"{folder / file}")
        click.echo(f"\nNext: cd {folder}\nREADME.md there says how to set it up. Then `hyper dev` serves it.")


@main.group()
def channels() -> None:
    """Manage the channels backend."""


@channels.command("init", epilog=EPILOG)
@click.option("--channels", default=None, metavar="TEXT", help="Channels backend URL. [HYPER_CHANNELS]")
@click.option("--print", "print_only", is_flag=True, help="Print the SQL instead of running it.")
def init_channels(channels: str | None, print_only: bool) -> None:
    """Create the tables for channels in PostgreSQL. Servers do this themselves if their role is allowed to."""
    with reported():
        hub = channel_backends.make_hub(_settings({"channels": channels}))
        if not hub.backend.preparation:
            click.echo(f"{hub.address} needs no preparation.", err=True)
        elif print_only:
            click.echo(hub.backend.preparation, nl=False)
        else:
            asyncio.run(hub.backend.prepare())
            click.echo(f"{hub.address} is ready.", err=True)


def _reload(flags: dict[str, str | bool | None], development_key: str) -> ASGIApp:
    return loading.load_app(_settings(flags), debug=True, development_key=development_key)


def _warnings_about(app: ASGIApp, file: str) -> RouteWarnings | None:
    return inspector.warnings_about(app, file)


def _load_errors(app: ASGIApp) -> Sequence[HyperError]:
    return [error for site in inspector.sites_of(app) for error in site.app.loaded_routes.errors]


def _found_across_files(app: ASGIApp) -> Sequence[LoadWarning]:
    """What a check finds in an application, without those that are mounted in it."""
    sites = (site.app for site in inspector.sites_of(app) if not site.prefix)
    return [found for site in sites for found in site_checks.check_loaded(site)]


def _inspected(settings: Settings, app: ASGIApp) -> ASGIApp:
    """The application with its inspector, which only the serving process of `hyper dev` imports."""
    return inspector.inspected(app, settings)


def _settings(flags: dict[str, str | bool | None]) -> Settings:
    return load_settings(flags, os.environ, Path.cwd())


@contextmanager
def reported() -> Iterator[None]:
    """Print errors to stderr, and exit with status 1."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (the user's module may raise any exception)
        prefix = "Error: " if isinstance(error, HyperError) else ""
        click.echo(prefix + tracebacks.describe_failure(error), err=True)
        sys.exit(1)
