"""A real nginx with the documented configuration, in front of a real `hyper serve`."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from tests.docs_support.shell import REPOSITORY
from tests.support.raw_client import is_listening
from tests.support.servers import Command, free_port
from tests.support.until import PATIENCE, wait_until

_AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ text/html html; text/css css; text/xml xml; text/javascript js; }}
    include {folder}/site.conf;
}}
"""


@contextmanager
def in_front_of(
    site: Path, nginx: str, folder: Path, changes: Mapping[str, str] = MappingProxyType({}), **variables: str
) -> Iterator[int]:
    """Serve the folder `site` through the program `nginx`, whose files go into `folder`. Yields nginx's port."""
    with (
        Command("serve", "--port", "0", folder=site, **variables) as hyper,
        proxy(hyper.port(), nginx, folder, changes) as port,
    ):
        yield port


@contextmanager
def in_front_of_a_socket(site: Path, nginx: str, folder: Path) -> Iterator[int]:
    """The same with a Unix socket in between, as a comment in the documented file shows it."""
    with TemporaryDirectory() as socket_folder:
        # If root starts nginx, it connects as the user `nobody`.
        Path(socket_folder).chmod(0o755)
        path = f"{socket_folder}/hyper.sock"
        changes = {"server 127.0.0.1:0;": "", "# server unix:/run/hyper/hyper.sock;": f"server unix:{path};"}
        with Command("serve", "--uds", path, folder=site) as hyper:
            hyper.wait_for_output("Serving")
            with proxy(0, nginx, folder, changes) as port:
                yield port


@contextmanager
def in_front_of_all(upstreams: list[int], block: str, nginx: str, folder: Path) -> Iterator[int]:
    """Pass requests on to several ports: `block`, for several machines, replaces the documented upstream block."""
    machines = re.findall(r"(?<=server )[\d.:]+(?=;)", block)
    for machine, upstream in zip(machines, upstreams, strict=True):
        block = block.replace(machine, f"127.0.0.1:{upstream}")
    documented = (REPOSITORY / "docs" / "nginx.conf").read_text(encoding="utf-8")
    (old,) = re.findall(r"upstream hyper \{.*?\n\}", documented, re.DOTALL)
    with proxy(0, nginx, folder, {old.replace("127.0.0.1:8000", "127.0.0.1:0"): block}) as port:
        yield port


@contextmanager
def proxy(upstream: int, nginx: str, folder: Path, changes: Mapping[str, str] = MappingProxyType({})) -> Iterator[int]:
    """Pass requests on to the port `upstream`, even if nothing listens there. Yields nginx's port.

    `changes` maps texts of the documented file to their replacements.
    """
    port = free_port()
    ports = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "listen 80 default_server;": f"listen 127.0.0.1:{port} default_server;",
        "server_name example.org;": "server_name example.org 127.0.0.1 localhost;",
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
    }
    _configure(folder, "nginx.conf", {**ports, **changes})
    with _running(nginx, folder, port):
        yield port


@contextmanager
def files_of(build: Path, nginx: str, folder: Path) -> Iterator[int]:
    """Serve a build by the documented file for that. Yields nginx's port."""
    port = free_port()
    with TemporaryDirectory() as public:  # if root starts nginx, it reads files as the user `nobody`
        Path(public).chmod(0o755)
        shutil.copytree(build, Path(public, "dist"))
        changes = {"listen 80;": f"listen 127.0.0.1:{port};", "root /srv/site/dist;": f"root {public}/dist;"}
        _configure(folder, "nginx-static.conf", changes)
        with _running(nginx, folder, port):
            yield port


@contextmanager
def _running(nginx: str, folder: Path, port: int) -> Iterator[None]:
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: is_listening(port) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1].decode()
        yield
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _configure(folder: Path, name: str, changes: Mapping[str, str]) -> None:
    """Write a documented file with the test's changes, and the rest of a complete configuration."""
    documented = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert documented.count(old) == 1
        documented = documented.replace(old, new)
    (folder / "site.conf").write_text(documented)
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder))
