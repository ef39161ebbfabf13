"""Headers of htmx 2 and 4: which requests are htmx's, and how its answers differ from those to browsers."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.lazy import lazy_pattern
from hyperpy.routing import root_prefix, route_path

type RawHeader = tuple[bytes, bytes]

REQUEST: Final = "HX-Request"
BOOSTED: Final = "HX-Boosted"
HISTORY_RESTORE: Final = "HX-History-Restore-Request"
CURRENT_URL: Final = "HX-Current-URL"

_ABSOLUTE: Final = lazy_pattern(r"/|[A-Za-z][A-Za-z0-9+.-]*:")
_SAFE: Final = ":/%#?=@[]!$&'()*+,;"  # as in Starlette's RedirectResponse
# htmx looks at these before a redirect.
OVERRIDING: Final = frozenset({b"hx-location", b"hx-refresh"})


def is_true(headers: Headers, name: str) -> bool:
    return headers.get(name, "").lower() == "true"


def wants_part(headers: Headers) -> bool:
    """Whether htmx asks for a part of a page. It restores whole pages from its history."""
    return is_true(headers, REQUEST) and not is_true(headers, HISTORY_RESTORE)


def loads_page(headers: Headers) -> bool:
    """Whether a browser loads a page, as far as its request says. Scripts swap what they get into one."""
    return not is_true(headers, REQUEST) and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def absolute_path(scope: Scope, url: str) -> str:
    """A URL relative to that of the request, as browsers resolve `Location`; htmx would resolve it against the page.

    The result is ASCII. A relative URL becomes a path with one leading slash: with two, it would name another host.
    Others stay as they are, since resolving `/.//host` would bring that about.
    """
    if _ABSOLUTE.match(url):
        return quote(url, safe=_SAFE)
    path = root_prefix(scope) + route_path(scope).decode("ascii", "replace")
    query = scope["query_string"].decode("latin-1")
    resolved = urljoin(f"/{path.lstrip('/')}" + (f"?{query}" if query else ""), url)
    return quote(f"/{resolved.lstrip('/')}", safe=_SAFE)


def redirect_headers(headers: Iterable[RawHeader], scope: Scope) -> list[RawHeader] | None:
    """The headers of a redirect for htmx, which can't see one that its request follows by itself; else None.

    Boosted requests follow redirects, since they want the whole page.
    """
    given = Headers(scope=scope)
    if not wants_part(given) or is_true(given, BOOSTED):
        return None
    sent = list(headers)
    url = next(value.decode("latin-1") for name, value in sent if name == b"location")
    url = absolute_path(scope, url)
    kept = [header for header in sent if header[0] not in OVERRIDING | {b"location", b"content-length"}]
    kept.append((b"hx-redirect", url.encode()))
    if _is_same_document(url, given.get(CURRENT_URL, "")):
        kept.append((b"hx-refresh", b"true"))
    return kept


def _is_same_document(url: str, current: str) -> bool:
    """Whether a browser would only scroll, and load nothing."""
    try:
        target, page = urlsplit(url), urlsplit(current)
    except ValueError:
        return False
    return bool(target.fragment) and not target.netloc and target[2:4] == page[2:4]


def vary(headers: Iterable[RawHeader], *names: str) -> str:
    """The value of `Vary` with some names added, each of them once; empty if there are none."""
    values = [value.decode("latin-1") for name, value in headers if name.lower() == b"vary"]
    unique: dict[str, str] = {}
    for part in ",".join([*values, *names]).split(","):
        unique.setdefault(part.strip().lower(), part.strip())
    return "*" if "*" in unique else ", ".join(filter(None, unique.values()))


def with_vary(headers: list[RawHeader], *names: str) -> list[RawHeader]:
    """The headers with a single `Vary`, which has these names as well, and each of them once."""
    if not names and sum(name.lower() == b"vary" for name, _ in headers) < 2:
        return headers
    value = (b"vary", vary(headers, *names).encode("latin-1"))
    return [*(header for header in headers if header[0].lower() != b"vary"), value]
