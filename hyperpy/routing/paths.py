"""The path of a request: found in the ASGI scope, split and percent-decoded, and quoted again."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

# What may stand unquoted in a segment (RFC 3986, section 3.3: pchar), besides letters, digits and -._~
_SEGMENT_SAFE = "!$&'()*+,;=:@"

# "." and ".." between slashes, encoded ones too. Backslashes count: a file system or a proxy may take them for slashes.
_DOTS = re.compile(r"[/\\]\.\.?(?:[/\\]|\Z)")


def split_path(raw_path: bytes) -> list[str] | None:
    """The decoded segments of a percent-encoded path; None if it can be the URL of nothing.

    It is split first and decoded after that, so `%2F` stays inside its segment. Nothing is found under an empty segment
    (that includes `/` itself and a slash at the end), NUL, `.`, `..`, or bytes that are not UTF-8.
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
    """The segments as a percent-encoded path. It begins with one slash, whatever they hold."""
    return "/" + "/".join(quote(segment, safe=_SEGMENT_SAFE) for segment in segments)


def route_path(scope: Mapping[str, Any]) -> bytes:
    """The percent-encoded path of a request below the `root_path` it is mounted at; never with a query.

    Some servers send no `raw_path`; there a `%2F` can't be told from a slash. The path is empty, and so the URL of
    nothing, if the mount point ends inside a segment.
    """
    sent: bytes | None = scope.get("raw_path")
    if sent and not scope.get("root_path") and b"?" not in sent:
        return sent
    path: str = scope["path"]
    # The specification leaves the query out, some test clients do not.
    raw: bytes = (sent or b"").partition(b"?")[0] or quote(path, errors="surrogatepass").encode()
    root: str = scope.get("root_path", "").rstrip("/")
    if not root:
        return raw
    depth = root.count("/") + 1
    parts = raw.split(b"/", depth)
    if unquote_to_bytes(b"/".join(parts[:depth])) == root.encode():
        return b"/" + b"".join(parts[depth:])
    # A path that is not below the mount point is taken as it is, as Starlette does.
    return b"" if path.startswith(f"{root}/") else raw
