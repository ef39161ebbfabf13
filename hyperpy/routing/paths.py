"""Request paths: read from the ASGI scope, split and percent-decoded, and quoted again."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from hyperpy.lazy import lazy_pattern

# Characters that need no quoting in a segment (RFC 3986, section 3.3: pchar), besides letters, digits and -._~
_SEGMENT_SAFE = "!$&'()*+,;=:@"

_UNQUOTED = lazy_pattern(rf"[A-Za-z0-9_.~{re.escape(_SEGMENT_SAFE)}-]*")

# "." and ".." between slashes, encoded ones included. File systems and proxies may treat backslashes as slashes.
_DOTS = lazy_pattern(r"[/\\]\.\.?(?:[/\\]|\Z)")


def split_path(raw_path: bytes) -> list[str] | None:
    """The decoded segments of a percent-encoded path; None if no route can have this path.

    It is split before it is decoded, so `%2F` stays inside its segment. Invalid are empty segments (so `/` itself, and
    a trailing slash), NUL, `.`, `..`, and bytes that are not UTF-8.
    """
    if raw_path[:1] != b"/":
        return None
    try:
        if b"%" in raw_path:
            segments = [unquote_to_bytes(part).decode() for part in raw_path[1:].split(b"/")]
            path = "/" + "/".join(segments)
        else:
            path = raw_path.decode()
            segments = path[1:].split("/")
    except UnicodeDecodeError:
        return None
    if "" in segments or "\0" in path or _DOTS.search(path):
        return None
    return segments


def quote_path(segments: Iterable[str]) -> str:
    """The segments as a percent-encoded path, which always starts with exactly one slash."""
    return "/" + "/".join(
        [s if _UNQUOTED.fullmatch(s) else quote(s, safe=_SEGMENT_SAFE) for s in segments]  # most need no quoting
    )


def root_prefix(scope: Mapping[str, Any]) -> str:
    """The percent-encoded path in front of a site's URLs: that of its mount and its proxy, or the empty string.

    It starts with exactly one slash. ASGI has it decoded, like WSGI's SCRIPT_NAME.
    """
    sent: str | None = scope.get("root_path")
    root = sent.strip("/") if sent else ""
    return f"/{quote(root, safe=f'/{_SEGMENT_SAFE}')}" if root else ""


def route_path(scope: Mapping[str, Any]) -> bytes:
    """The percent-encoded path of a request, relative to the `root_path` of the mount and without a query.

    Without `raw_path`, which some servers omit, `%2F` looks like a slash. The path is empty, and so has no route, if
    the mount point ends inside a segment.
    """
    sent: bytes | None = scope.get("raw_path")
    if sent and not scope.get("root_path") and b"?" not in sent:
        return sent
    path: str = scope["path"]
    # ASGI excludes the query from it, but some test clients include one.
    raw: bytes = (sent or b"").partition(b"?")[0] or quote(path, errors="surrogatepass").encode()
    root: str = scope.get("root_path", "").rstrip("/")
    if not root:
        return raw
    depth = root.count("/") + 1
    parts = raw.split(b"/", depth)
    if unquote_to_bytes(b"/".join(parts[:depth])) == root.encode():
        return b"/" + b"".join(parts[depth:])
    # A path outside the mount point is used unchanged, as in Starlette.
    return b"" if path.startswith(f"{root}/") else raw
