import socket

import pytest

from hyperpy.config import Settings, load_settings
from hyperpy.exceptions import ConfigError
from hyperpy.server import address_of, listen


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "http://127.0.0.1:"), ("localhost", "http://127.0.0.1:"), ("0.0.0.0", "http://0.0.0.0:")],
)
def test_an_address(host, shown):
    with listen(Settings(host=host, port=0)) as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"{shown}{port}"
        socket.create_connection(("127.0.0.1", port)).close()


class IPv6Socket:
    """A fake socket, as on a machine with IPv6."""

    def __init__(self, address, *, family, backlog):
        assert family is socket.AF_INET6
        self.address = address

    def set_inheritable(self, value):
        assert value

    def getsockname(self):
        return (*self.address, 0, 0)


def test_an_ipv6_address(monkeypatch):
    monkeypatch.setattr(socket, "create_server", IPv6Socket)
    assert address_of(listen(Settings(host="::1", port=8000))) == "http://[::1]:8000"


def test_a_port_in_use(tmp_path):
    with listen(Settings(port=0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            listen(load_settings({"port": str(port)}, {}, tmp_path))
    assert f"--port: port {port} on 127.0.0.1 is in use" in str(caught.value)


@pytest.mark.parametrize("host", ["192.0.2.1", "not a host", "host.invalid"])
def test_a_host_of_another_machine(tmp_path, host):
    settings = load_settings({"host": host, "port": "0"}, {}, tmp_path)
    with pytest.raises(ConfigError, match=r"--host: can't listen on .*\n.*127\.0\.0\.1"):
        listen(settings)


@pytest.mark.parametrize("problem", [PermissionError(13, "Permission denied"), PermissionError(1, "Not permitted")])
def test_a_reserved_port(monkeypatch, problem):
    def refuse(*_: object, **__: object) -> socket.socket:
        raise problem

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(ConfigError, match=r"not allowed to listen on port 80\n.*proxy"):
        listen(Settings(port=80))


@pytest.mark.parametrize(("port", "other"), [(8000, 8001), (65535, 65534)])
def test_the_hint_names_another_port(monkeypatch, port, other):
    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(ConfigError, match=f"--port {other} "):
        listen(Settings(port=port))
