"""A page that comes in parts, read by a test."""

import codecs

import httpx

from hyperpy.testing.answers import asked, shortened
from hyperpy.testing.body_reader import BodyReader, Deadline
from hyperpy.testing.ending import Ending, StreamFailure
from hyperpy.testing.failures import HIDDEN
from hyperpy.testing.markup import HTML, Element
from hyperpy.testing.patience import ANSWER

__tracebackhide__ = HIDDEN

SHOWN = 500  # characters of the page that a failure shows


class Parts:
    """A page as far as it has come. `timeout` is in seconds."""

    def __init__(self, response: httpx.Response, timeout: float = ANSWER) -> None:
        self.timeout = timeout
        self._body = BodyReader(response)
        self._decoder = codecs.getincrementaldecoder(response.encoding or "utf-8")("replace")
        self._text = ""

    @property
    def response(self) -> httpx.Response:
        """The answer: its status and headers. Its body is read here."""
        return self._body.response

    @property
    def so_far(self) -> HTML:
        """All that has been read, parsed as browsers parse a page that is still coming."""
        return HTML(self._text, f"{asked(self.response.request)} so far")

    @property
    def ending(self) -> Ending | None:
        """How the page has ended, as far as it has been read: "end" or "cut"; None while there is more to come."""
        return self._body.ending

    async def next(self, timeout: float | None = None) -> HTML:
        """What comes next. Raises StreamFailure if nothing does.

        Over a network, parts that leave at nearly the same time may come as one.
        """
        deadline = self._deadline(timeout)
        if not (text := await self._read(deadline)):
            raise self._failure("nothing more", deadline)
        return HTML(text, f"a part of {asked(self.response.request)}")

    async def until(self, css: str, timeout: float | None = None) -> Element:
        """Reads until the page has an element that matches, and gives the first such. It may not be complete yet."""
        deadline = self._deadline(timeout)
        while not (found := self.so_far.select(css)):
            if not await self._read(deadline):
                raise self._failure(f"no element {css!r}", deadline)
        return found[0]

    async def rest(self, timeout: float | None = None) -> HTML:
        """Reads to the end, and gives the whole page. Raises StreamFailure if it is cut, or does not end."""
        deadline = self._deadline(timeout)
        while await self._read(deadline):
            pass
        if self.ending is None or self.ending.how != "end":
            raise self._failure("no end", deadline)
        return HTML(self._text, asked(self.response.request))

    async def close(self) -> None:
        """Leaves as a browser does that closes the page, and returns when the generator's `finally` has run.

        Raises StreamFailure if that takes longer than it may.
        """
        await self._body.close()

    async def abandon(self) -> None:
        """Leaves, whatever the application makes of it."""
        await self._body.leave()

    def _deadline(self, timeout: float | None) -> Deadline:
        return Deadline(self.timeout if timeout is None else timeout)

    async def _read(self, deadline: Deadline) -> str:
        """The text that comes next; empty if none does."""
        text = ""
        while not text:
            piece = await self._body.read(deadline)
            if piece is None:
                break
            text = self._decoder.decode(piece)
        self._text += text
        return text

    def _failure(self, what: str, deadline: Deadline) -> StreamFailure:
        name = asked(self.response.request)
        if self.ending is None:
            told = f"{name}: {what} came within {deadline.seconds:g} s; there is more to come"
        else:
            told = f"{name}: {what} came; {self.ending}"
        came = f"This came:\n{shortened(self._text, SHOWN)}" if self._text else "Nothing came."
        return StreamFailure(f"{told}\n\n{came}", ending=self.ending)
