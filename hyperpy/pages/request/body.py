"""The body of a request, and its limit."""

from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from hyperpy.pages.loading.route import Route

BODILESS_METHODS: Final = frozenset({"GET", "HEAD"})
"""If such a request has a body, it is only measured when it is read."""


class RequestBody:
    """Counts the body of a request as it is read. It is not part of the Run, to avoid a reference cycle.

    `limit` is in bytes; 0 means none. What is over it is dropped: `receive` then raises HTTPException(413), each time.
    With `debug`, it says how to raise the limit.
    """

    __slots__ = ("_receive", "debug", "is_read", "limit", "size")

    def __init__(self, receive: Receive, limit: int, *, debug: bool = False) -> None:
        self._receive = receive
        self.limit = limit
        self.debug = debug
        self.size = 0
        self.is_read = False

    async def receive(self) -> Message:
        if 0 < self.limit < self.size:
            raise too_large(self.limit, debug=self.debug)
        message = await self._receive()
        if message["type"] == "http.request":
            self.size += len(message.get("body", b""))
            if 0 < self.limit < self.size:
                raise too_large(self.limit, debug=self.debug)
            self.is_read = not message.get("more_body")
        return message


def body_limit(route: Route, scope: Scope) -> int:
    """The bytes that the body of a request to a route may have; 0 means no limit."""
    limit: int = route.max_body or scope["app"].settings.limit_request_body
    return limit


def check_length(scope: Scope, limit: int) -> None:
    """Raise HTTPException(413) if the `Content-Length` of a request is over the limit, in bytes; 0 means none."""
    length = Headers(scope=scope).get("content-length", "") if limit else ""
    if length.isdecimal() and int(length) > limit:
        raise too_large(limit, debug=scope["app"].debug)


def too_large(limit: int, *, debug: bool = False) -> HTTPException:
    detail = f"The body of the request is larger than {limit} bytes."
    if debug:
        detail += ' Raise it by route(max_body="10 MiB") in the route file, or by the setting limit_request_body.'
    return HTTPException(413, detail)
