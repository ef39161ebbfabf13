"""Behind a proxy: trusted headers and the root path. Without one: HTTPS."""

import asyncio
import http.client
import ssl
import subprocess
from contextlib import closing

import pytest

from hyperpy import Hyper
from hyperpy.config import Settings, load_settings
from hyperpy.exceptions import ConfigError
from hyperpy.server.preflight import check_settings
from tests.server.in_process import served
from tests.support.servers import Command
from tests.support.sites import write_files
from tests.support.until import PATIENCE

ROUTES = {
    "index.py": """
from hyperpy import Request

request: Request

t"{request.scope['client'][0]} {request.url} {request.scope['path']}"
""",
    "deep/index.py": 't"deep"',
}


@pytest.fixture
def folder(tmp_path):
    write_files(tmp_path / "routes", ROUTES)
    return tmp_path


@pytest.fixture
def site(folder):
    return Hyper(folder / "routes", static=None)


REQUEST = (
    b"GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n"
    b"X-Forwarded-For: 203.0.113.9, 198.51.100.4\r\nX-Forwarded-Proto: https\r\n\r\n"
)


async def test_trusted_proxies(site, tmp_path):
    table = [
        ({}, "198.51.100.4 https://example.org/ /"),
        ({"forwarded_allow_ips": "127.0.0.0/8, 198.51.100.4"}, "203.0.113.9 https://example.org/ /"),
        ({"forwarded_allow_ips": "*"}, "203.0.113.9 https://example.org/ /"),
        ({"forwarded_allow_ips": "10.0.0.1,unix:"}, "127.0.0.1 http://example.org/ /"),
        ({"proxy_headers": False}, "127.0.0.1 http://example.org/ /"),
    ]
    for given, expected in table:
        async with served(site, **given) as server:
            received = await server.exchange(REQUEST)
        assert received.endswith(f"\r\n\r\n{expected}".encode()), given
        assert [entry.client for entry in server.log] == [expected.split()[0]], given


async def test_trusted_proxies_on_a_unix_socket(site, tmp_path):
    table = [
        ({}, b"198.51.100.4 https://example.org/ /"),
        ({"forwarded_allow_ips": "127.0.0.1"}, b"unix: http://example.org/ /"),
        ({"proxy_headers": False}, b"unix: http://example.org/ /"),
    ]
    path = str(tmp_path / "hyper.sock")
    for given, expected in table:
        async with served(site, uds=path, **given):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(REQUEST)
            received = await reader.read()
            writer.close()
        assert received.endswith(b"\r\n\r\n" + expected), given


async def test_the_root_path(site):
    async with served(site, root_path="/app") as server:
        received = await server.exchange(b"GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n")
        assert received.endswith(b"127.0.0.1 http://example.org/app/ /app/")
        received = await server.exchange(b"GET /deep/ HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n")
        assert b"location: /app/deep\r\n" in received


@pytest.fixture(scope="module")
def certificate(tmp_path_factory, require_program):
    """A self-signed certificate for localhost."""
    openssl = require_program("openssl")
    folder = tmp_path_factory.mktemp("certificate")
    command = [
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost"),
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    locked = [openssl, "ec", "-in", "key.pem", "-out", "locked.pem", "-aes128", "-passout", "pass:secret"]
    subprocess.run(locked, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("workers", ["1", "2"])
def test_https(folder, certificate, workers):
    files = ("--ssl-certfile", f"{certificate}/cert.pem", "--ssl-keyfile", f"{certificate}/key.pem")
    with Command("serve", "--port", "0", "--workers", workers, *files, folder=folder) as command:
        port = int(command.wait_for_output(r"Serving https://127\.0\.0\.1:(\d+)")[1])
        context = ssl.create_default_context(cafile=certificate / "cert.pem")
        connection = http.client.HTTPSConnection("localhost", port, timeout=PATIENCE, context=context)
        with closing(connection):
            connection.request("GET", "/", headers={"Host": "example.org"})
            assert connection.getresponse().read() == b"127.0.0.1 https://example.org/ /"
            # Rejections work over TLS too, where the sending side can't be closed separately.
            connection.request("POST", "/", headers={"Content-Length": "99999999"})
            assert connection.getresponse().status == 413


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"forwarded_allow_ips": "10.0.0.0/8,proxy"}, "--forwarded-allow-ips: invalid proxy address 'proxy'|unix:"),
        ({"forwarded_allow_ips": "10.0.0.1/8"}, "invalid proxy address '10.0.0.1/8' (10.0.0.1/8 has host bits set)"),
        ({"forwarded_allow_ips": "10.0.0.1,*"}, "`*` can't be combined|Write only *"),
        ({"root_path": "app/"}, "--root-path: invalid root path 'app/'|: /app"),
        ({"root_path": "/"}, "invalid root path '/'|: /app"),
        ({"root_path": "/caf\xe9"}, "invalid root path"),
        ({"ssl_keyfile": "key.pem"}, "--ssl-keyfile: there is a key but no certificate|ssl-certfile"),
        ({"ssl_certfile": "none.pem"}, "--ssl-certfile: can't serve with none.pem (|No such file"),
        ({"ssl_certfile": "cert.pem"}, "can't serve with cert.pem ("),
        ({"ssl_certfile": "cert.pem", "ssl_keyfile": "locked.pem"}, "cert.pem and locked.pem (the key has a password)"),
    ],
)
def test_invalid_settings_are_reported_before_the_start(certificate, monkeypatch, flags, message):
    monkeypatch.chdir(certificate)
    with pytest.raises(ConfigError) as caught:
        check_settings(load_settings(flags, {}, certificate))
    for part in message.split("|"):
        assert part in str(caught.value)


def test_default_settings_are_valid():
    check_settings(Settings())
