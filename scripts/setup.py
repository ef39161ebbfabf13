"""Make a virtual environment for working on hyperpy: `setup.py FOLDER [VERSION]`.

This and what it imports run on the Python that a machine happens to have (3.10 or newer), so they can use none of the
syntax of the package itself.
"""

import os
import subprocess
import sys
from pathlib import Path

from debian_python import find_pip
from get_python import PythonNotFound, get_python

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "requirements"

# What would point Python or pip at another environment than the one that is being made.
MISLEADING = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER")


def main(folder: str, version: str = "") -> None:
    venv = REPOSITORY / folder
    for name in MISLEADING:
        os.environ.pop(name, None)
    try:
        python = get_python(version)
        print(f"setup: making {folder} with {python}", flush=True)
        make_venv(Path(python), venv)
        install(venv / "bin" / "python")
    except PythonNotFound as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"setup: this failed with status {error.returncode}: {' '.join(map(str, error.cmd))}")


def make_venv(python: Path, venv: Path) -> None:
    """Create the environment with a pip of its own, unless it is there and works."""
    inside = venv / "bin" / "python"
    if stands(venv):
        return
    run(python, "-m", "venv", "--clear", "--without-pip", venv)
    pip = find_pip(python)
    if pip:
        # A wheel can be run as it is, and installs itself.
        run(inside, pip / "pip", "install", "--quiet", "--no-index", pip)
    else:
        run(inside, "-m", "ensurepip", "--default-pip")


def stands(venv: Path) -> bool:
    """Whether an environment works where it is: its commands hold its path, so it may not have been moved."""
    pip = venv / "bin" / "pip"
    if not pip.exists() or str(venv) not in pip.read_text():
        return False
    probe = (venv / "bin" / "python", "-m", "pip", "--version")
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def install(python: Path) -> None:
    """Install the pinned requirements and the project itself, editable.

    The build runs without isolation: its back end is pinned among the requirements already. Doubly quiet: pip then
    prints errors only.
    """
    pip = (python, "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check")
    run(*pip, "-r", REQUIREMENTS / "dev.txt", "-r", REQUIREMENTS / "bench.txt")
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", REPOSITORY)


def run(*command) -> None:
    subprocess.run(command, check=True, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})


if __name__ == "__main__":
    main(*sys.argv[1:])
