"""Protection from cross-site request forgery without tokens, by what browsers say about the origin of a request.

The rules are those of Go 1.25's `http.CrossOriginProtection`. A browser sends `Sec-Fetch-Site` with every request to a
trustworthy URL (W3C Fetch Metadata), and `Origin` with every unsafe one (WHATWG Fetch). A client that sends neither is
not a browser, and nobody can trick it into sending the cookies of somebody else.
"""

import logging
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Scope

from hyperpy.config import Settings, listed
from hyperpy.exceptions import printable
from hyperpy.record_classes import record

log = logging.getLogger("hyperpy")

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})  # "none": the person has typed the URL or opened a bookmark


class CrossSiteError(HTTPException):
    """Another site has sent this request on behalf of a visitor."""

    def __init__(self) -> None:
        super().__init__(403, "This request came from another site and was refused.")


@record(frozen=True, slots=True)
class CrossSiteProtection:
    """Refuses unsafe requests that browsers send for another origin.

    `trusted` are the origins that may send them, such as `https://app.example.com`; `*` turns the protection off.
    """

    trusted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> CrossSiteProtection:
        """Raises ConfigError for a trusted origin that no browser would send."""
        origins = listed(settings.trusted_origins)
        for origin in origins:
            if origin != "*" and not _is_origin(origin):
                hint = "Write a scheme and a host, without a path: https://app.example.com"
                raise settings.error("trusted_origins", f"invalid trusted origin {origin!r}", hint)
        return cls(frozenset(origins))

    def check(self, scope: Scope, *, explicit: bool = False) -> None:
        """Raise CrossSiteError for a request that another site has sent.

        The caller has found its method unsafe, or it opens a WebSocket: browsers let any page do that. `explicit` is
        for what has no route file.
        """
        headers = Headers(scope=scope)
        if "*" in self.trusted or self._is_own(headers):
            return
        origin = headers.get("origin", "")
        if origin in self.trusted and len(headers.getlist("origin")) == 1:
            return
        method = scope.get("method", "WebSocket")
        shown = (method, printable(scope["path"]), printable(origin[:200]) or "another origin")
        log.warning(
            "%s %s refused: it came from %s. To allow that, add the origin to `trusted-origins`%s",
            *shown,
            "." if explicit else ', or write `route(cross_site="allow")` in the route file.',
        )
        raise CrossSiteError

    def _is_own(self, headers: Headers) -> bool:
        """Whether no browser sent the request, or one that had it from a page of this origin."""
        if sites := [site for site in headers.getlist("sec-fetch-site") if site]:
            return _OWN_SITES.issuperset(sites)
        origins = headers.getlist("origin")
        return not any(origins) or (len(origins) == 1 and _authority(origins[0]) == headers.get("host", "").lower())


def _authority(origin: str) -> str | None:
    """The host and the port of an origin; None for `null` and anything else."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() or None


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (raises ValueError for an invalid one)
    except ValueError:
        return False
    return bool(parts.scheme and parts.hostname) and text == f"{parts.scheme}://{parts.netloc}" and "@" not in text
