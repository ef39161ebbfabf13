"""What a site did not do although the test expects it: failures of the test, hence AssertionErrors."""

from operator import methodcaller
from typing import Final

import httpx


class SiteFailure(AssertionError):
    """A site did not do what a test expects."""


class AnswerFailure(SiteFailure):
    """A request was answered otherwise, or not at all: then `response` is None."""

    def __init__(self, told: str, response: httpx.Response | None = None) -> None:
        super().__init__(told)
        self.response = response


class PageFailure(SiteFailure):
    """A page does not have the elements that are looked for."""


# For the name `__tracebackhide__` in a module, by which pytest leaves its frames out of what it shows: a failure points
# at the line of the test, an error of ours at ours.
HIDDEN: Final = methodcaller("errisinstance", SiteFailure)
