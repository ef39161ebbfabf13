"""Reads a page that is sent in parts in a test."""

import codecs

import httpx

from hyperpy.testing.body_reader import BodyReader, Deadline, Ending, StreamFailure
from hyperpy.testing.failures import ANSWER_TIMEOUT, EXCERPT, HIDDEN, request_line, shortened
from hyperpy.testing.markup import HTML, Element

__tracebackhide__ = HIDDEN


class Parts:
    """A page, as far as it has been received. `timeout` is in seconds."""

    def __init__(self, response: httpx.Response, timeout: float = ANSWER_TIMEOUT) -> None:
        self.timeout = timeout
        self._body = BodyReader(response)
        self._decoder = codecs.getincrementaldecoder(response.encoding or "utf-8")("replace")
        self._text = ""

    @property
    def response(self) -> httpx.Response:
        """The response, for its status and headers. This object reads its body."""
        return self._body.response

    @property
    def so_far(self) -> HTML:
        """Everything read so far, parsed as browsers parse an incomplete page."""
        return HTML(self._text, f"{request_line(self.response.request)} so far")

    @property
    def ending(self) -> Ending | None:
        """How the page ended, as far as it has been read: "end" or "cut"; None before that."""
        return self._body.ending

    async def next(self, timeout: float | None = None) -> HTML:
        """The next part. Raises StreamFailure if there is none.

        Over a network, parts that are sent almost at the same time may arrive as one.
        """
        deadline = self._deadline(timeout)
        if not (text := await self._read(deadline)):
            raise self._failure("nothing more", deadline)
        return HTML(text, f"a part of {request_line(self.response.request)}")

    async def until(self, css: str, timeout: float | None = None) -> Element:
        """Read until the page has an element that matches, and return the first. It may be incomplete."""
        deadline = self._deadline(timeout)
        while not (found := self.so_far.select(css)):
            if not await self._read(deadline):
                raise self._failure(f"no element {css!r}", deadline)
        return found[0]

    async def rest(self, timeout: float | None = None) -> HTML:
        """Read to the end, and return the whole page. Raises StreamFailure if it is cut or does not end."""
        deadline = self._deadline(timeout)
        while await self._read(deadline):
            pass
        if self.ending is None or self.ending.how != "end":
            raise self._failure("no end", deadline)
        return HTML(self._text, request_line(self.response.request))

    async def close(self) -> None:
        """Disconnect, as a browser does when its page is closed, and wait until the generator's `finally` has run.

        Raises StreamFailure if that takes too long.
        """
        await self._body.close()

    async def abandon(self) -> None:
        """Disconnect, even if the application doesn't notice."""
        await self._body.leave()

    def _deadline(self, timeout: float | None) -> Deadline:
        return Deadline(self.timeout if timeout is None else timeout)

    async def _read(self, deadline: Deadline) -> str:
        """The next text; empty if there is none."""
        text = ""
        while not text:
            piece = await self._body.read(deadline)
            if piece is None:
                break
            text = self._decoder.decode(piece)
        self._text += text
        return text

    def _failure(self, what: str, deadline: Deadline) -> StreamFailure:
        name = request_line(self.response.request)
        if self.ending is None:
            message = f"{name}: {what} came within {deadline.seconds:g} s; the page is incomplete"
        else:
            message = f"{name}: {what} came; {self.ending}"
        received = f"Received:\n{shortened(self._text, EXCERPT)}" if self._text else "Nothing was received."
        return StreamFailure(f"{message}\n\n{received}", ending=self.ending)
