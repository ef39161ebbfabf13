"""Create a virtual environment for working on hyperpy: `setup.py FOLDER [VERSION]`.

This module and its imports must run on any Python from 3.10 on, so they can't use the package's own syntax.
"""

import os
import subprocess
import sys
from pathlib import Path

from debian_python import find_pip
from get_python import PythonNotFound, get_python

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "requirements"

# Variables that would point Python or pip at another environment than the new one.
MISLEADING = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER")


def main(folder: str, version: str = "") -> None:
    venv = REPOSITORY / folder
    for name in MISLEADING:
        os.environ.pop(name, None)
    try:
        python = get_python(version)
        make_venv(Path(python), venv)
        install(venv / "bin" / "python")
    except PythonNotFound as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"setup: command failed with status {error.returncode}: {' '.join(map(str, error.cmd))}")


def make_venv(python: Path, venv: Path) -> None:
    """Create the environment with its own pip, unless it exists and works."""
    inside = venv / "bin" / "python"
    if is_intact(venv):
        return
    say(f"creating {venv.name} with {python}")
    run(python, "-m", "venv", "--clear", "--without-pip", venv)
    pip = find_pip(python)
    if pip:
        # pip's wheel can run without being installed, and install itself.
        run(inside, pip / "pip", "install", "--quiet", "--no-compile", "--no-index", pip)
    else:
        run(inside, "-m", "ensurepip", "--default-pip")


def is_intact(venv: Path) -> bool:
    """Whether an environment works. Its commands contain its path, so it doesn't if it has been moved."""
    pip = venv / "bin" / "pip"
    if not pip.exists() or str(venv) not in pip.read_text():
        return False
    probe = (venv / "bin" / "python", "-m", "pip", "--version")
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def install(python: Path) -> None:
    """Install the pinned requirements and the project itself, editable.

    The build runs without isolation, because its back end is pinned in the requirements. With two `--quiet`, pip
    prints only errors. Python compiles what is imported; most modules never are.
    """
    pip = (python, "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check", "--no-compile")
    say("installing the requirements")
    run(*pip, "-r", REQUIREMENTS / "dev.txt", "-r", REQUIREMENTS / "bench.txt")
    say("installing hyperpy")
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", REPOSITORY)


def say(step: str) -> None:
    print(f"setup: {step}", flush=True)


def run(*command) -> None:
    subprocess.run(command, check=True, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})


if __name__ == "__main__":
    main(*sys.argv[1:])
