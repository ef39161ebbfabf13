"""A shortcut for events: the server sends a chunk of a body in one step, instead of as an ASGI message."""

from collections.abc import Callable
from typing import Any

from starlette.types import Send


class PartWriter:
    """What sends the response to a request. A server that can send chunks in one step overrides both methods."""

    __slots__ = ()

    def writes_parts(self) -> bool:
        """Whether the response, which has started, has a body that is sent in chunks."""
        return False

    def write_part(self, size: int, chunk: bytes) -> bool:
        """Send `size` bytes of the body, framed as a chunk (RFC 9112, 7.1). A client that has left gets nothing.

        Returns False, having sent nothing, if `send` would wait for a slow client.
        """
        return False


type WritePart = Callable[[Any, int, bytes], bool]
"""`PartWriter.write_part`, or a function that does the same for another object."""


def part_writer(send: Send) -> tuple[Any, WritePart | None]:
    """The object whose method `send` is, and how that object sends parts. None if it can't, or isn't the server's."""
    owner: Any = getattr(send, "__self__", None)
    if isinstance(owner, PartWriter):
        return owner, type(owner).write_part if owner.writes_parts() else None
    kind = type(owner)
    if kind.__module__ == "uvicorn.protocols.http.httptools_impl" and kind.__name__ == "RequestResponseCycle":
        return owner, _write_part if owner.chunked_encoding and owner.scope["method"] != "HEAD" else None
    return None, None


def _write_part(cycle: Any, _size: int, chunk: bytes) -> bool:
    """Send as uvicorn's own cycle does."""
    if cycle.flow.write_paused:
        return False
    if not cycle.disconnected:
        cycle.transport.write(chunk)
    return True
