"""The command `hyper build`, once the application is loaded."""

import asyncio
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from hyperpy.app import Hyper
from hyperpy.build.output_paths import Layout
from hyperpy.build.site_build import BuildOptions, build_site
from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError


def run_build(
    app: Hyper,
    settings: Settings,
    out: Path,
    origin: str,
    layout: str,
    *,
    allow_dynamic: bool,
) -> int:
    """Build the site and print the report. Returns the exit status; raises ConfigError for an invalid option."""
    started = time.perf_counter()
    app.configure(replace(app.settings, allowed_hosts=None))  # the address of the build is not one of a visitor's
    root = (settings.root_path or "").strip("/")
    options = BuildOptions(
        out=out,
        layout=Layout(layout),
        allow_dynamic=allow_dynamic,
        origin=_checked_origin(origin),
        root=f"/{quote(root, safe='/')}" if root else "",
    )
    report = asyncio.run(build_site(app, options))
    print(report.text(time.perf_counter() - started), file=sys.stderr if report.fails else sys.stdout)
    return 1 if report.fails else 0


def _checked_origin(origin: str) -> str:
    origin = origin.rstrip("/")
    parts = urlsplit(origin)
    if origin and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query):
        hint = "Write scheme and host, such as https://example.org; a path in front of the site is --root-path."
        raise ConfigError(f"--origin {origin}: this is not the address of a site", hint=hint)
    return origin
