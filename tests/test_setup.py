"""The scripts that prepare a fresh machine, as far as they can be tested without one."""

import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import debian_python
import distribution
import fetch_browser_scripts
import get_python
import pytest
from debian_sources import find_mirrors
from fetch_browser_scripts import FetchError, Script, digest, fetch

REPOSITORY = Path(__file__).resolve().parent.parent

DEB822 = """\
# the machine's own mirror
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
# a comment inside
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""

# Files in /etc/apt, and the addresses of Debian's main archive in them.
SOURCES = {
    "one line": ("sources.list", "deb http://mirror.example/debian bookworm main\n", ["http://mirror.example/debian"]),
    "options": (
        "sources.list.d/a.list",
        "  deb [ arch=amd64 signed-by=/usr/share/keyrings/k.gpg ] https://m.example/debian/ trixie main # ours\n",
        ["https://m.example/debian/"],
    ),
    "deb822": ("sources.list.d/debian.sources", DEB822, ["http://mirror.example/debian"]),
    "mirror list": (
        "sources.list.d/debian.sources",
        "Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n",
        ["mirror+file:///etc/apt/mirrors/debian.list"],
    ),
    "snapshot": (
        "sources.list",
        "deb http://s.example/archive/debian/20260101T000000Z bookworm main",
        ["http://s.example/archive/debian/20260101T000000Z"],
    ),
    "updates of one mirror": (
        "sources.list",
        "deb http://m.example/debian bookworm main\ndeb http://m.example/debian bookworm-updates main\n",
        ["http://m.example/debian"],
    ),
    "commented out": ("sources.list", "# deb http://mirror.example/debian bookworm main\n", []),
    "sources of code": ("sources.list", "deb-src http://mirror.example/debian bookworm main\n", []),
    "security": ("sources.list", "deb http://mirror.example/debian bookworm-security main\n", []),
    "third party": ("sources.list.d/other.list", "deb https://other.example/linux/ubuntu bookworm main\n", []),
    "without main": ("sources.list.d/other.list", "deb https://other.example/linux/debian bookworm stable\n", []),
    "disabled": ("sources.list.d/debian.sources", "Enabled: no\n" + DEB822.split("\n", 1)[1], []),
    "not read by apt": ("sources.list.d/old.list.save", "deb http://mirror.example/debian bookworm main\n", []),
}


@pytest.mark.parametrize(("name", "text", "addresses"), SOURCES.values(), ids=SOURCES)
def test_the_mirrors_that_apt_uses_are_found(tmp_path, name, text, addresses):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert [stanza["uris"] for stanza in find_mirrors(tmp_path)] == addresses


def test_a_mirror_keeps_its_signing_key_for_another_suite(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    [mirror] = find_mirrors(tmp_path)
    text = debian_python.source(mirror, "forky")
    assert "suites: forky\n" in text
    assert "signed-by: \n" not in text
    assert " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY\n -----END PGP PUBLIC KEY BLOCK-----\n" in text


def script(path: Path, python: str) -> None:
    path.write_text(f"#!/bin/sh\n{python}\n")
    path.chmod(0o755)


def test_commands_on_path_without_a_suitable_python_are_skipped(tmp_path, monkeypatch):
    version = f"3.{sys.version_info.minor}"
    for folder, body in [("shims", "exit 127"), ("older", "echo 3.11"), ("real", f"echo {version}")]:
        (tmp_path / folder).mkdir()
        script(tmp_path / folder / f"python{version}", body)
    monkeypatch.setenv("PATH", ":".join(str(tmp_path / name) for name in ("shims", "older", "real")))
    assert get_python.get_python(version) == str(tmp_path / "real" / f"python{version}")


@pytest.mark.parametrize(
    ("version", "message"),
    [("3.13", "PYTHON=3.13 is too old"), ("3", "invalid PYTHON=3:"), ("/usr/bin/python3", "invalid PYTHON=")],
)
def test_an_unsuitable_version_is_rejected(version, message):
    with pytest.raises(get_python.PythonNotFound, match=message):
        get_python.get_python(version)


def test_the_error_lists_all_attempts_and_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(get_python, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(get_python.PythonNotFound) as caught:
        get_python.get_python()
    message = str(caught.value)
    ways = [
        "on path: none",
        "managed by uv: none",
        "unpacked from debian: this is not a Debian system",
        "downloaded by uv:",
    ]
    assert [way for way in ways if way not in message] == []
    assert "Put Python 3.14 or newer on PATH" in message


def test_setup_reports_that_there_is_no_python(tmp_path):
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    command = ["/bin/sh", REPOSITORY / "scripts" / "setup", ".venv"]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Neither Python nor uv is on PATH" in done.stderr


CONTENTS = b"window.htmx = {}"


def npm_package(path: Path, contents: bytes) -> str:
    """Write a package like npm, and return its integrity."""
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("package/dist/x.js")
        member.size = len(contents)
        archive.addfile(member, io.BytesIO(contents))
    return digest(path.read_bytes(), "sha512")


@pytest.fixture
def npm(tmp_path):
    """A fake npm with one package, and the pinned script in it."""
    integrity = npm_package(tmp_path / "kept.tgz", CONTENTS)
    script(tmp_path / "npm", f'cp {tmp_path}/kept.tgz "$5/x-1.tgz"')
    return Script("x", "1", "dist/x.js", package_integrity=integrity, integrity=digest(CONTENTS, "sha384"))


def test_a_package_with_the_pinned_hashes_is_unpacked(tmp_path, npm):
    assert fetch(str(tmp_path / "npm"), npm) == CONTENTS


def test_a_package_with_another_hash_is_rejected(tmp_path, npm):
    npm_package(tmp_path / "kept.tgz", b"alert(1)")
    with pytest.raises(FetchError, match="npm package x@1 does not match the pinned hash"):
        fetch(str(tmp_path / "npm"), npm)


@pytest.mark.parametrize(
    ("changes", "complains"),
    [
        ("# Changelog\n\n## [Unreleased]\n\n## [0.1.0]\n", False),
        ("# Changelog\n\n## [0.2.0] - 2027-01-01\n\n## [0.1.0]\n", False),
        ("# Changelog\n\n## [0.1.0]\n\n## [Unreleased]\n", True),
    ],
)
def test_a_released_version_is_in_the_changelog(changes: str, complains: bool) -> None:
    assert (distribution.missing_section("0.2.0", changes) is not None) is complains


def test_scripts_are_not_fetched_twice(tmp_path, npm, monkeypatch, capsys):
    monkeypatch.setattr(fetch_browser_scripts, "SCRIPTS", (npm,))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    folder = tmp_path / "static"
    fetch_browser_scripts.main(folder)
    assert (folder / "x.js").read_bytes() == CONTENTS
    assert npm.integrity in capsys.readouterr().out
    (tmp_path / "npm").unlink()
    fetch_browser_scripts.main(folder)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("body", "message"),
    [(None, "npm is not on PATH"), ("echo no network >&2; exit 1", "npm could not fetch x@1: no network")],
)
def test_pages_use_a_cdn_without_npm_or_network(tmp_path, npm, monkeypatch, capsys, body, message):
    monkeypatch.setattr(fetch_browser_scripts, "SCRIPTS", (npm,))
    (tmp_path / "npm").unlink()
    if body:
        script(tmp_path / "npm", body)
    monkeypatch.setenv("PATH", str(tmp_path))
    fetch_browser_scripts.main(tmp_path / "static")
    out = capsys.readouterr().out
    assert message in out
    assert "from a CDN" in out


def test_digest_has_the_format_of_subresource_integrity():
    assert digest(b"", "sha384").startswith("sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb")
    assert hashlib.sha384(b"").digest_size == 48
