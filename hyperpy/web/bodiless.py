"""Responses that have no body, whatever the application sends (RFC 9110, 6.4.1 and 15.3.6)."""

from collections.abc import Iterable
from typing import Final

BODILESS: Final = frozenset({204, 205, 304, *range(100, 200)})

_FRAMING: Final = (b"content-length", b"transfer-encoding")


def bodiless_headers(status: int, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a response with one of these statuses: without those that announce a body."""
    kept = [(name, value) for name, value in headers if name.lower() not in _FRAMING]
    # To clients, 205 is the only one of these that could have a body.
    return [*kept, (b"content-length", b"0")] if status == 205 else kept
