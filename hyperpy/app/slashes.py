"""Redirects to the same URL without a slash at its end, or with one."""

from urllib.parse import quote

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from hyperpy.routing import root_prefix, route_path

# Everything that may stand in a query (RFC 3986, section 3.4), and what is encoded already
_QUERY_SAFE = "%!$&'()*+,;=:@/?[]"
_PATH_SAFE = "%!$&'()*+,;=:@/"


def canonical_redirect(scope: Scope, path: str) -> Response:
    """A redirect to the URL of a route file. 308 keeps the method and the body."""
    return _redirect(scope, path, 308)


def explicit_redirect(app: Starlette, scope: Scope) -> Response | None:
    """A redirect to an explicit route or mount, if adding or removing a slash leads to one, as in Starlette."""
    path: str = scope["path"]
    changed = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if not changed or not any(route.matches({**scope, "path": changed})[0] is not Match.NONE for route in app.routes):
        return None
    raw = route_path(scope).decode("latin-1")
    return _redirect(scope, raw.rstrip("/") if raw.endswith("/") else f"{raw}/", 307)


def _redirect(scope: Scope, path: str, status: int) -> Response:
    query = quote(scope["query_string"], safe=_QUERY_SAFE)
    location = f"{root_prefix(scope)}/{quote(path, safe=_PATH_SAFE).lstrip('/')}" + (f"?{query}" if query else "")
    return Response(status_code=status, headers={"location": location})
