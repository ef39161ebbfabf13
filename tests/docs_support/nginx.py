"""A real nginx, with the configuration of the documentation, in front of a real `hyper serve`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docs_support.shell import REPOSITORY, free_port
from tests.server.running import PATIENCE, Command, Connection, until

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
    include {folder}/site.conf;
}}
"""


@contextmanager
def in_front_of(site: Path, nginx: str, folder: Path) -> Iterator[int]:
    """Serves the folder `site` through the program `nginx`, whose files go into `folder`; gives the port to ask."""
    with Command("serve", "--port", "0", folder=site) as hyper, proxy(hyper.port(), nginx, folder) as port:
        yield port


@contextmanager
def proxy(upstream: int, nginx: str, folder: Path) -> Iterator[int]:
    """Hands requests on to the port `upstream`, whether anything listens there or not."""
    port = free_port()
    _configure(folder, port, upstream)
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until(lambda: _answers(port) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1].decode()
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _configure(folder: Path, port: int, upstream: int) -> None:
    """The documented file with the test's two ports, and what a whole configuration has around it."""
    documented = (REPOSITORY / "docs" / "nginx.conf").read_text(encoding="utf-8")
    assert documented.count("listen 80;") == documented.count("127.0.0.1:8000") == 1
    conf = documented.replace("listen 80;", f"listen 127.0.0.1:{port};")
    (folder / "site.conf").write_text(conf.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}"))
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder))


def _answers(port: int) -> bool:
    try:
        with Connection(port):
            return True
    except ConnectionRefusedError:
        return False
