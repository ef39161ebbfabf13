"""Who may see the inspector: browsers on this machine, for pages of this server."""

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.dev.problems.local_clients import is_local

REFUSAL = (
    "The inspector shows what visitors have sent, so it answers only to this machine: requests from a loopback\n"
    "address, for localhost or 127.0.0.1, and not from pages of other sites.\n"
)


def may_inspect(scope: Scope) -> bool:
    """Whether a request may see the inspector: it comes from this machine, and no page of another site has made it.

    Another site may link to the inspector, but not fetch or embed it.
    """
    if scope.get("client") is None or not is_local(scope):
        return False
    headers = Headers(scope=scope)
    is_foreign = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
    is_visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not is_foreign or is_visit
