"""The checks of RFC 9112 that both parsers leave to the server: version, target, Host and Transfer-Encoding."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

type Fields = list[tuple[bytes, bytes]]

# The fields that `check_fields` reads.
CHECKED: Final = frozenset({b"host", b"transfer-encoding", b"content-length", b"expect"})
VERSIONS: Final = frozenset({"1.0", "1.1"})
LONGEST_METHOD: Final = 32  # characters; the longest that is registered has 17
ANY_TARGET: Final = b"*"  # of `OPTIONS *`, which asks about the server as a whole

_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::([0-9]{0,5}))?", re.ASCII)
_ABSOLUTE: Final = re.compile(rb"https?://([^/?]*)(/[^?]*)?(?:\?(.*))?", re.IGNORECASE | re.DOTALL)


class BadHeadError(Exception):
    """The head of a request is invalid. It gets a 400."""


def check_fields(version: str, fields: Iterable[tuple[bytes, bytes]]) -> tuple[int | None, bool]:
    """The announced length of the body, and whether the client waits for 100 Continue. Raises BadHeadError.

    `fields` are at least those in CHECKED.
    """
    hosts, codings, length, waits = 0, [], None, False
    for name, value in fields:
        if name == b"host":
            hosts += 1
            if not is_valid_host(value):
                raise BadHeadError
        elif name == b"transfer-encoding":
            codings.append(value.lower())
        elif name == b"content-length":
            length = int(value)
        elif name == b"expect":
            waits = value.lower() == b"100-continue" and version == "1.1"
    # RFC 9112, 3.2: exactly one Host; HTTP/1.0 doesn't know it.
    if version not in VERSIONS or hosts > 1 or (not hosts and version == "1.1"):
        raise BadHeadError
    # RFC 9112, 6.1 and 6.3: HTTP/1.0 has no codings, and a body with two lengths is several bodies to several servers.
    if codings and (codings != [b"chunked"] or version == "1.0" or length is not None):
        raise BadHeadError
    return length, waits


@lru_cache(maxsize=256)
def is_valid_host(value: bytes) -> bool:
    """Whether a Host field holds a name or an address and, optionally, a port (RFC 9110, 7.2)."""
    found = _HOST.fullmatch(value)
    if found is None or int(found[2] or 0) > 65535:
        return False
    if not value.startswith(b"["):
        return True
    try:
        ipaddress.IPv6Address(found[1][1:-1].decode())
    except ValueError:
        return False
    return True


def split_target(method: bytes, target: bytes) -> tuple[bytes, bytes, bytes | None]:
    """Path, query and, if the target is a whole URL, its host (RFC 9112, 3.2). Raises BadHeadError.

    CONNECT is for proxies. A fragment is for clients, which keep it to themselves.
    """
    if b"#" in target or len(method) > LONGEST_METHOD or method == b"CONNECT":
        raise BadHeadError
    if target.startswith(b"/"):
        path, _, query = target.partition(b"?")
        return path, query, None
    if target == ANY_TARGET and method == b"OPTIONS":
        return target, b"", None
    found = _ABSOLUTE.fullmatch(target)
    if found is None or not is_valid_host(found[1]):
        raise BadHeadError
    return found[2] or b"/", found[3] or b"", found[1]


def with_host(fields: Fields, host: bytes) -> Fields:
    """The fields with the host of the target, which takes precedence over Host (RFC 9112, 3.2.2)."""
    return [(b"host", host), *((name, value) for name, value in fields if name != b"host")]
