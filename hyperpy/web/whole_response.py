"""A shortcut for most pages: the server sends them in one step, instead of in two ASGI messages."""

from starlette.types import Send

type Fields = tuple[tuple[bytes, bytes], ...]


class WholeResponses:
    """What sends the response to a request. A server that can do that in one step overrides `respond`."""

    __slots__ = ()

    def respond(self, fields: Fields, body: bytes) -> bool:
        """Send a response with the status 200, these headers and the length of the body. Nothing after a disconnect.

        Returns False, having sent nothing, if that takes two messages: `send` may have to wait for a slow client, leave
        out the body, or raise an error because there has been a response.
        """
        return False


def whole_responses(send: Send) -> WholeResponses | None:
    """The object whose method `send` is; None for any other function, such as that of a middleware."""
    owner = getattr(send, "__self__", None)
    return owner if isinstance(owner, WholeResponses) else None
