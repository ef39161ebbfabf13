"""Build hyperpy's wheel and source distribution in dist/, and try the wheel as somebody who installs it: `make dist`.

twine checks the metadata. The wheel is then installed into a new environment without the development tools, where a new
site is created, tested and checked. The version must have its section in CHANGELOG.md, or there must be one of what is
unreleased.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DIST = REPOSITORY / "dist"
# Apart from the development tools: it has 16 dependencies of its own.
TWINE = REPOSITORY / ".python" / "twine"
REQUIREMENTS = REPOSITORY / "requirements" / "dev.txt"
INSTALL = ("install", "--quiet", "--disable-pip-version-check", "--no-compile")


def main() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    if complaint := missing_section(project["version"], changes):
        sys.exit(f"dist: {complaint}")
    try:
        wheel, source = build()
        check_metadata(wheel, source)
        with tempfile.TemporaryDirectory() as folder:
            use(wheel, Path(folder))
    except subprocess.CalledProcessError as error:
        sys.exit(f"dist: command failed with status {error.returncode}: {' '.join(map(str, error.cmd))}")
    say(f"{wheel.name} and {source.name} are in dist/")


def missing_section(version: str, changes: str) -> str | None:
    """What CHANGELOG.md lacks for this version, if anything."""
    sections = re.findall(r"^## \[([^\]]+)\]", changes, re.MULTILINE)
    if version in sections or "Unreleased" in sections[:1]:
        return None
    return f"CHANGELOG.md has no section [{version}], the version in pyproject.toml, and none [Unreleased] at the top"


def build() -> tuple[Path, Path]:
    for old in (*DIST.glob("hyperpy-*.whl"), *DIST.glob("hyperpy-*.tar.gz")):
        old.unlink()
    say("building the wheel and the source distribution")
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--target", "wheel", "--directory", DIST)
    (wheel,) = DIST.glob("hyperpy-*.whl")
    (source,) = DIST.glob("hyperpy-*.tar.gz")
    return wheel, source


def check_metadata(*files: Path) -> None:
    if not (TWINE / "twine").is_dir():
        run(sys.executable, "-m", "pip", *INSTALL, "--target", TWINE, "twine")
    run(sys.executable, "-m", "twine", "check", "--strict", *files, PYTHONPATH=str(TWINE))


def use(wheel: Path, folder: Path) -> None:
    say("installing the wheel into a new environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python, hyper = folder / "venv" / "bin" / "python", folder / "venv" / "bin" / "hyper"
    pip = (sys.executable, "-m", "pip", "--python", python, *INSTALL, "--constraint", REQUIREMENTS)
    run(*pip, f"{wheel}[testing]")
    site = folder / "site"
    run(hyper, "new", site)
    say("testing and checking a new site")
    run(*pip, "--group", "dev", "--editable", ".", cwd=site)
    run(python, "-m", "pytest", "-q", cwd=site)
    run(hyper, "check", cwd=site)


def say(step: str) -> None:
    print(f"dist: {step}", flush=True)


def run(*command: str | Path, cwd: Path = REPOSITORY, **variables: str) -> None:
    # Everything that points Python at the development environment is left out.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    subprocess.run(command, check=True, cwd=cwd, env={**inherited, **variables, "PIP_ROOT_USER_ACTION": "ignore"})


if __name__ == "__main__":
    main()
