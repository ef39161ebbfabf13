"""Checks of settings before the server starts: trusted proxies, root path, certificate, and what the system lacks."""

import ipaddress
import socket
import ssl

from hyperpy.config import Settings
from hyperpy.server.http.guard import UNIX_CLIENT
from hyperpy.server.workers.processes import CAN_FORK

ANY = "*"


def check_settings(settings: Settings) -> None:
    """Raises ConfigError for values that uvicorn would accept silently, or fail at later."""
    _check_proxies(settings)
    _check_root_path(settings)
    _check_certificate(settings)
    _check_system(settings)


def _check_system(settings: Settings) -> None:
    """Workers are forks that share a socket; Windows has neither these nor Unix sockets."""
    for name in () if CAN_FORK else ("workers", "limit_max_requests"):
        if getattr(settings, name) > getattr(Settings(), name):
            hint = "Serve with one process here, and use several on Linux or macOS."
            raise settings.error(name, "this system can't fork processes that share a socket", hint)
    if settings.uds is not None and not hasattr(socket, "AF_UNIX"):
        raise settings.error("uds", "this system has no Unix sockets", "Set host and port instead.")


def _check_proxies(settings: Settings) -> None:
    for name in map(str.strip, settings.forwarded_allow_ips.split(",")):
        if name in (ANY, UNIX_CLIENT[0]):
            continue
        try:
            ipaddress.ip_network(name)
        except ValueError as error:
            hint = "Write addresses, networks and `unix:` separated by commas, such as 10.0.0.0/8,unix: or only *."
            raise settings.error("forwarded_allow_ips", f"invalid proxy address {name!r} ({error})", hint) from None
    if ANY in settings.forwarded_allow_ips and settings.forwarded_allow_ips != ANY:
        hint = "Write only *, or remove it."
        raise settings.error("forwarded_allow_ips", "`*` can't be combined with addresses", hint)


def _check_root_path(settings: Settings) -> None:
    path = settings.root_path
    if path is None:
        return
    if not path.startswith("/") or path.endswith("/") or not path.isascii() or "?" in path or "#" in path:
        hint = f"Write it with a leading slash and no trailing one: /{path.strip('/') or 'app'}"
        raise settings.error("root_path", f"invalid root path {path!r}", hint)


def _check_certificate(settings: Settings) -> None:
    if settings.ssl_certfile is None:
        if settings.ssl_keyfile is not None:
            hint = "Set ssl-certfile to the certificate as well."
            raise settings.error("ssl_keyfile", "there is a key but no certificate", hint)
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without this callback OpenSSL would prompt for the password on the terminal.
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password=_no_password)
    except (OSError, ValueError) as error:
        files = " and ".join(name for name in (settings.ssl_certfile, settings.ssl_keyfile) if name)
        hint = "Use PEM files and a key without a password. One file may hold both: set only ssl-certfile."
        raise settings.error("ssl_certfile", f"can't serve with {files} ({error})", hint) from None


def _no_password() -> str:
    raise ValueError("the key has a password")
