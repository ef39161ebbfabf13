"""Who may see the inspector: browsers on this machine, for pages of this server."""

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.dev.hosts import is_loopback
from hyperpy.web.allowed_hosts import host_name

REFUSAL = (
    "The inspector shows what visitors have sent, so it answers only to this machine: requests from a loopback\n"
    "address, for localhost or 127.0.0.1, and not from pages of other sites.\n"
)


# With these, a proxy or a tunnel says that it passes on what another machine asks.
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "cf-connecting-ip", "true-client-ip")


def may_inspect(scope: Scope) -> bool:
    """Whether a request may see the inspector.

    Both ends must be of this machine: a name that is resolved to 127.0.0.1 (DNS rebinding) is refused, and so are other
    machines in the network, also by way of a tunnel that ends here. Another site may link to it, but not fetch or embed
    it.
    """
    headers = Headers(scope=scope)
    client = (scope.get("client") or ("",))[0]
    if not (is_loopback(host_name(headers.get("host", ""))) and is_loopback(client)):
        return False
    if any(name in headers for name in _PASSED_ON):
        return False
    is_foreign = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
    is_visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not is_foreign or is_visit
