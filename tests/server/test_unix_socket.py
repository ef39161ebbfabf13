"""`hyper serve --uds`: the socket's file, from startup to shutdown."""

import contextlib
import os
import signal
import socket
import stat

import pytest

from hyperpy.config import load_settings
from hyperpy.exceptions import ConfigError
from hyperpy.server import address_of, listen
from hyperpy.server.sockets import removed_at_exit
from tests.support.servers import Command
from tests.support.until import PATIENCE

WORKERS = [(), ("--workers", "2")]


def ask(path, request: bytes = b"GET /pid HTTP/1.0\r\n\r\n") -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(path))
        client.sendall(request)
        received = b""
        while more := client.recv(65536):
            received += more
        return received


def settings(folder, **flags):
    return load_settings(flags, {}, folder)


@pytest.mark.parametrize("workers", WORKERS)
def test_serving_on_a_path(folder, workers):
    path = folder / "hyper.sock"
    with Command("serve", "--uds", str(path), *workers, folder=folder) as command:
        command.wait_for_output(rf"Serving unix:{path} ")
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        assert ask(path).startswith(b"HTTP/1.1 200 OK")
        command.wait_for_output(r'(?m)^unix: - - \[.*\] "GET /pid HTTP/1\.0" 200 \d+$')
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
        assert not path.exists()


def test_a_worker_that_dies_leaves_the_socket(folder):
    path = folder / "hyper.sock"
    with Command("serve", "--uds", "hyper.sock", "--workers", "2", folder=folder) as command:
        command.wait_for_output("with 2 workers")
        victim = int(ask(path).rpartition(b"\r\n\r\n")[2])
        os.kill(victim, signal.SIGTERM)
        command.wait_for_output(f"Worker {victim} ended")
        assert ask(path).startswith(b"HTTP/1.1 200 OK")


def test_the_socket_of_a_dead_server_is_replaced(folder):
    path = folder / "hyper.sock"
    for _ in range(2):
        with Command("serve", "--uds", str(path), folder=folder) as command:
            command.wait_for_output("Serving")
            assert ask(path).startswith(b"HTTP/1.1 200 OK")
            command.send(signal.SIGKILL)
            command.exit_status()
        assert path.exists()


def test_a_socket_in_use_is_left_alone(folder):
    path = folder / "hyper.sock"
    with Command("serve", "--uds", str(path), folder=folder) as first:
        first.wait_for_output("Serving")
        with Command("serve", "--uds", str(path), folder=folder) as second:
            assert second.exit_status() == 1
            assert second.errors.startswith(f"Error: --uds: {path} is in use by another program\n")
        assert ask(path).startswith(b"HTTP/1.1 200 OK")


def test_a_socket_with_a_full_queue_is_in_use(tmp_path):
    path = str(tmp_path / "hyper.sock")
    with contextlib.ExitStack() as stack:
        stack.enter_context(listen(settings(tmp_path, uds=path, backlog="1")))
        for _ in range(3):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(path)
        with pytest.raises(ConfigError, match="is in use"):
            listen(settings(tmp_path, uds=path))


def test_another_server_s_socket_is_not_removed(tmp_path):
    given = settings(tmp_path, uds=str(tmp_path / "hyper.sock"))
    with listen(given) as first:
        with removed_at_exit(given):
            first.close()
            second = listen(given)
        with second, socket.socket(socket.AF_UNIX) as client:
            assert address_of(second) == f"unix:{given.uds}"
            client.connect(given.uds)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("no/such/folder.sock", "can't listen on"),
        ("a" * 200, "can't listen on"),
        ("file", "exists and is not a socket"),
        (".", "exists and is not a socket"),
    ],
)
def test_invalid_paths(tmp_path, monkeypatch, path, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ConfigError, match=f"--uds: .*{what}"):
        listen(settings(tmp_path, uds=path))
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize(
    ("flags", "environ", "named"),
    [
        ({"uds": "s", "port": "80"}, {}, "--port"),
        ({"uds": "s"}, {"HYPER_HOST": "0.0.0.0"}, "HYPER_HOST"),
    ],
)
def test_a_socket_and_a_port_exclude_each_other(tmp_path, flags, environ, named):
    with pytest.raises(ConfigError, match=rf"--uds: can't listen on both s and {named}\n.*remove {named}"):
        listen(load_settings(flags, environ, tmp_path))


def test_hyper_dev_ignores_the_socket(folder):
    (folder / "pyproject.toml").write_text('[tool.hyper]\nuds = "hyper.sock"\nroot-path = "/app"\n')
    with Command("dev", "--port", "0", folder=folder) as command:
        command.port()
        assert not (folder / "hyper.sock").exists()


def test_the_socket_may_be_removed_by_others(tmp_path):
    given = settings(tmp_path, uds=str(tmp_path / "hyper.sock"))
    with removed_at_exit(given), listen(given):
        os.unlink(given.uds)
    assert not os.path.exists(given.uds)
