"""Find a Python that hyperpy runs on, or get one without changing the system."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import debian_python

FOLDER = Path(__file__).resolve().parent.parent / ".python"
OLDEST = (3, 14)
NEWEST_TRIED = 19
FETCHED = ("3.14", "3.15")
DOWNLOAD_SECONDS = 300

# Prints the version of a Python that hyperpy can be developed on. Prints nothing for one inside a virtual environment
# (perhaps the one that is about to be created), a free-threaded one, or one that can't create environments, such as
# Debian's without its -venv package.
PROBE = """
import sys, sysconfig, venv
if sys.prefix == sys.base_prefix and not sysconfig.get_config_var("Py_GIL_DISABLED"):
    {needed}
    print(*sys.version_info[:2], sep=".")
"""


class PythonNotFound(Exception):
    """There is no suitable Python. The message lists the attempts and says what to do."""


def get_python(version: str = "") -> str:
    """Return the path of a Python 3.14 or newer, or of exactly `version` ("3.15") if that is given.

    An installed Python comes first. Debian's packages come before a download by uv: they come from the mirror that
    the machine already uses and trusts, while uv's Pythons come from another host. A closed network may block that
    host, and it takes many seconds to find out.
    """
    if version and parse(version) < OLDEST:
        raise PythonNotFound(f"setup: PYTHON={version} is too old: hyperpy needs 3.14 or newer")
    tried = []
    for way in (on_path, managed_by_uv, unpacked_from_debian, downloaded_by_uv):
        try:
            python = way(version)
        except (debian_python.Unavailable, PythonNotFound) as error:
            tried.append(f"  {describe(way)}: {error}")
            continue
        if python and suits(python, version):
            return python
        tried.append(f"  {describe(way)}: none")
    raise PythonNotFound(explain(version or "3.14 or newer", tried))


def explain(wanted: str, tried: list[str]) -> str:
    return "\n".join(
        [
            f"setup: Python {wanted} is not installed, and could not be downloaded:",
            *tried,
            f"Put Python {wanted} on PATH (from python.org, pyenv or your system), install uv, or connect this machine",
            "to a network. Then run make again.",
        ]
    )


def on_path(version: str) -> str | None:
    numbered = [version] if version else [f"3.{minor}" for minor in range(OLDEST[1], NEWEST_TRIED + 1)]
    for name in [*(f"python{number}" for number in numbered), "python3", "python"]:
        # Every match on PATH, not just the first: a shim without a Python may come before the real one.
        for folder in os.get_exec_path():
            found = shutil.which(name, path=folder)
            if found and suits(found, version):
                return found
    return None


def managed_by_uv(version: str) -> str | None:
    uv = shutil.which("uv")
    return find_with_uv(uv, version or ">=3.14") if uv else None


def unpacked_from_debian(version: str) -> str | None:
    reasons = []
    for wanted in [version] if version else FETCHED:
        folder = FOLDER / wanted
        python = str(debian_python.executable(folder, wanted))
        if suits(python, wanted):
            return python
        try:
            debian_python.unpack(folder, wanted)
            return python
        except debian_python.Unavailable as error:
            reasons.append(str(error))
    raise PythonNotFound("; ".join(dict.fromkeys(reasons)))


def downloaded_by_uv(version: str) -> str | None:
    uv = shutil.which("uv") or uv_from_pip()
    wanted = version or FETCHED[0]
    print(f"setup: getting Python {wanted} with uv", flush=True)
    folder = {"UV_PYTHON_INSTALL_DIR": str(FOLDER / "uv"), "UV_PYTHON_INSTALL_BIN": "0"}
    done = ask(uv, "python", "install", wanted, environment=folder)
    if done.returncode:
        raise PythonNotFound(complaint(done))
    return find_with_uv(uv, wanted, folder)


def uv_from_pip() -> str:
    tools = FOLDER / "tools"
    done = ask(sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", str(tools), "uv")
    if done.returncode:
        raise PythonNotFound(f"uv is not installed, and pip can't install it: {complaint(done)}")
    return str(tools / "bin" / "uv")


def find_with_uv(uv: str, version: str, environment: dict[str, str] | None = None) -> str | None:
    """Ask uv for a Python that it has downloaded before. Those on PATH have been tried already."""
    command = (uv, "python", "find", "--managed-python", "--no-python-downloads", "--no-project", version)
    return ask(*command, environment=environment).stdout.strip() or None


def suits(python: str, version: str) -> bool:
    """Whether this file is a usable Python of the wanted version."""
    needed = "pass" if debian_python.find_pip(Path(python)) else "import ensurepip"
    found = ask(python, "-c", PROBE.format(needed=needed)).stdout.strip()
    return bool(found) and (found == version if version else parse(found) >= OLDEST)


def ask(*command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command and capture its output. One that can't be started or takes too long counts as failed."""
    environment = {**os.environ, **(environment or {})}
    options = {"capture_output": True, "text": True, "env": environment, "timeout": DOWNLOAD_SECONDS}
    try:
        return subprocess.run(command, check=False, **options)
    except (OSError, subprocess.SubprocessError) as error:
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=str(error))


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return lines[-1].strip() if lines else f"status {done.returncode}"


def parse(version: str) -> tuple[int, int]:
    parts = version.split(".")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise PythonNotFound(
            f"setup: invalid PYTHON={version}: write the first two numbers of a version, as in PYTHON=3.15"
        )
    return int(parts[0]), int(parts[1])


def describe(way) -> str:
    return way.__name__.replace("_", " ")
