"""Put htmx and its SSE extension into a folder: `fetch_browser_scripts.py FOLDER`.

npm fetches the packages, from the registry that it is configured for, and their hashes must match those below.
Without npm nothing is fetched, and pages load the same files from a CDN.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path


class FetchError(Exception):
    """The files could not be fetched, or don't match the pinned hashes."""


@dataclass(frozen=True, slots=True)
class Script:
    """A file in an npm package.

    `package_integrity` is the SHA-512 of the package's tarball, as npm states it; `integrity` is the SHA-384 of the
    file, as in the attribute of a `<script>` (https://www.w3.org/TR/sri/).
    """

    package: str
    version: str
    path: str
    package_integrity: str
    integrity: str

    @property
    def name(self) -> str:
        return Path(self.path).name


SCRIPTS = (
    Script(
        package="htmx.org",
        version="2.0.11",
        path="dist/htmx.min.js",
        package_integrity="sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        integrity="sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg",
    ),
    Script(
        package="htmx-ext-sse",
        version="2.2.4",
        path="dist/sse.min.js",
        package_integrity="sha512-LJmxVhykyflBWgh5PvbRidcyuqMHlgfajmmzumvKctv9puvsufeH6OaejSMZTNTnEI8O2wXXn4ZZtBdpEMqmEQ==",
        integrity="sha384-A986SAtodyH8eg8x8irJnYUk7i9inVQqYigD6qZ9evobksGNIXfeFvDwLSHcp31N",
    ),
)


def main(folder: Path) -> None:
    missing = [script for script in SCRIPTS if not is_fetched(folder / script.name, script.integrity)]
    if not missing:
        return
    npm = shutil.which("npm")
    if npm is None:
        print("npm is not on PATH: pages will load htmx from a CDN. Install Node.js to serve it locally.")
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for script in missing:
            (folder / script.name).write_bytes(fetch(npm, script))
            print(f"fetched {folder / script.name} {script.integrity}")
    except FetchError as error:
        print(f"{error}\nPages will load htmx from a CDN.")


def is_fetched(path: Path, integrity: str) -> bool:
    return path.is_file() and digest(path.read_bytes(), "sha384") == integrity


def fetch(npm: str, script: Script) -> bytes:
    """Return the contents of a script after checking both of its hashes."""
    with tempfile.TemporaryDirectory() as folder:
        tarball = pack(npm, f"{script.package}@{script.version}", Path(folder))
        check(tarball.read_bytes(), script.package_integrity, f"npm package {script.package}@{script.version}")
        with tarfile.open(tarball) as archive:
            member = archive.extractfile(f"package/{script.path}")
            assert member is not None, f"{script.package} has no file {script.path}"
            contents = member.read()
    check(contents, script.integrity, script.path)
    return contents


def pack(npm: str, package: str, folder: Path) -> Path:
    """Download a package's tarball, without running any of its code."""
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), package]
    try:
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        raise FetchError(f"npm took more than 60 seconds to fetch {package}.") from None
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode or not tarballs:
        raise FetchError(f"npm could not fetch {package}: {done.stderr.strip() or f'status {done.returncode}'}")
    return tarballs[0]


def check(contents: bytes, expected: str, what: str) -> None:
    algorithm = expected.partition("-")[0]
    found = digest(contents, algorithm)
    if found != expected:
        raise FetchError(f"{what} does not match the pinned hash {expected}: its hash is {found}.")


def digest(contents: bytes, algorithm: str) -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, contents).digest()).decode()}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
