"""Settings whose values have to be right before anything is served: trusted proxies, the root path, the certificate."""

import ipaddress
import ssl

from hyperpy.config import Settings
from hyperpy.server.http.guard import UNIX_CLIENT

ANY = "*"


def check_settings(settings: Settings) -> None:
    """Raises ConfigError for what uvicorn would take without a word, or fail at later."""
    _check_proxies(settings)
    _check_root_path(settings)
    _check_certificate(settings)


def _check_proxies(settings: Settings) -> None:
    for name in map(str.strip, settings.forwarded_allow_ips.split(",")):
        if name in (ANY, UNIX_CLIENT[0]):
            continue
        try:
            ipaddress.ip_network(name)
        except ValueError as error:
            hint = (
                "Write addresses, networks and `unix:` with commas between, 10.0.0.0/8,unix: for example; or * alone."
            )
            raise settings.error("forwarded_allow_ips", f"{name!r} is no proxy's address ({error})", hint) from None
    if ANY in settings.forwarded_allow_ips and settings.forwarded_allow_ips != ANY:
        raise settings.error("forwarded_allow_ips", "`*` is any proxy, and stands alone", "Write * alone, or drop it.")


def _check_root_path(settings: Settings) -> None:
    path = settings.root_path
    if path is None:
        return
    if not path.startswith("/") or path.endswith("/") or not path.isascii() or "?" in path or "#" in path:
        hint = f"Write it with a slash in front and none behind: /{path.strip('/') or 'app'}"
        raise settings.error("root_path", f"{path!r} is no path that a site can be below", hint)


def _check_certificate(settings: Settings) -> None:
    if settings.ssl_certfile is None:
        if settings.ssl_keyfile is not None:
            hint = "Name the certificate as well, by ssl-certfile."
            raise settings.error("ssl_keyfile", "a key without a certificate", hint)
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a password to offer, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password=_no_password)
    except (OSError, ValueError) as error:
        files = " and ".join(name for name in (settings.ssl_certfile, settings.ssl_keyfile) if name)
        hint = "Both must be PEM files, the key without a password; one file may hold both, as ssl-certfile."
        raise settings.error("ssl_certfile", f"can't serve with {files} ({error})", hint) from None


def _no_password() -> str:
    raise ValueError("the key has a password")
