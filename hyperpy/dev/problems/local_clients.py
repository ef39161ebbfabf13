"""Whether a request comes from the developer, who may see source code and variables."""

import re
from collections.abc import Iterator
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.dev.hosts import is_loopback
from hyperpy.web.allowed_hosts import host_name

_ADDRESSES: Final = ("x-forwarded-for", "x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip")
_HOSTS: Final = ("x-forwarded-host", "x-original-host")
_FORWARDED: Final = re.compile(r'(?:^|[;,\s])(for|host|by)\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)


def is_local(scope: Scope) -> bool:
    """Whether the client is on this machine and names it by a loopback host, as do all proxies in between.

    A tunnel may connect from this machine with `Host: localhost`; it says in a header for whom. A browser may ask for
    a script of another site, which can read the response if the application allows that.
    """
    headers = Headers(scope=scope)
    client = scope.get("client")
    if client is not None and not _is_loopback(client[0]):
        return False
    if _is_for_another_site(headers):
        return False
    return _is_loopback(headers.get("host", "")) and all(map(_is_loopback, _named(headers)))


def _is_for_another_site(headers: Headers) -> bool:
    """Whether the script of a page that is not of this machine made the request. Visits from links and forms are fine.

    The origin is `null` for forms of a site without referrers.
    """
    origin = headers.get("origin")
    if origin is None or headers.get("sec-fetch-mode") == "navigate" or headers.get("sec-fetch-site") == "same-origin":
        return False
    return not _is_loopback(origin.partition("://")[2])


def _named(headers: Headers) -> Iterator[str]:
    for name in (*_ADDRESSES, *_HOSTS):
        for value in headers.getlist(name):
            yield from value.split(",")
    for value in headers.getlist("forwarded"):
        yield from (quoted or plain for _, quoted, plain in _FORWARDED.findall(value))


def _is_loopback(written: str) -> bool:
    """Whether an address or a host name, with or without a port, is of this machine."""
    text = written.strip().lower().removeprefix("::ffff:")
    return is_loopback(text) or is_loopback(host_name(text))
