"""Programs of the machine that the tests and the benchmark depend on."""

import os
import shutil
from pathlib import Path

# The headless shell is the same engine without a window, and needs a third of the time.
NAMES = {"chromium": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")}
PACKAGES = {"chromium": "chromium-headless-shell", "nginx": "nginx-light", "node": "nodejs", "postgres": "postgresql"}


def find_program(program: str) -> str | None:
    """The path of a program. Debian keeps some servers outside PATH, or only in root's."""
    own = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", *own])
    paths = (shutil.which(name, path=places) for name in NAMES.get(program, (program,)))
    return next((path for path in paths if path), None)


def how_to_get(program: str) -> str:
    return f"this needs {program}; on Debian: apt install {PACKAGES.get(program, program)}"
