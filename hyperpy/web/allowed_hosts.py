"""The names under which a site answers: with any other in `Host`, absolute URLs and caches could be led astray."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.config import Settings, listed
from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record

# Of a host name or a literal IPv4 or IPv6 address, in lower case (RFC 3986, 3.2.2)
_NAME: Final = lazy_pattern(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*")

# A `Host` header (RFC 9110, 7.2). What follows a port could become the host of an absolute URL: `a:80@b`.
_HOST: Final = lazy_pattern(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:@/?#\\\s]+))(?::[0-9]*)?")


@record(frozen=True, slots=True)
class AllowedHosts:
    """`names` without ports, in lower case; `*.example.org` is every name below example.org. Empty means any."""

    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> AllowedHosts:
        """Raises ConfigError for what can't be a name, such as a URL."""
        names = frozenset(name.lower().strip("[]") for name in listed(settings.allowed_hosts))
        for name in names - {"*"}:
            if not _NAME.fullmatch(name):
                hint = "Write names without scheme and port: example.org, or *.example.org for all below it."
                raise settings.error("allowed_hosts", f"invalid host name {name!r}", hint)
        return cls(frozenset() if "*" in names else names)

    def allow(self, scope: Scope) -> bool:
        if not self.names:
            return True
        name = host_name(Headers(scope=scope).get("host", "")).removesuffix(".")
        parts = name.split(".")
        return name in self.names or any(f"*.{'.'.join(parts[start:])}" in self.names for start in range(1, len(parts)))


def host_name(host: str) -> str:
    """The name in a `Host` header, in lower case: without the port, and an IPv6 address without its brackets.

    Empty for what is not a host.
    """
    found = _HOST.fullmatch(host.strip().lower())
    return (found[1] or found[2]) if found else ""
