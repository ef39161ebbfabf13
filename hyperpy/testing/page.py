"""A page that has been asked for, with the answer that brought it."""

import httpx

from hyperpy.testing.answers import asked
from hyperpy.testing.markup import HTML


class Page(HTML):
    """The parsed HTML of an answer."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.text, asked(response.request))
        self.response = response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> httpx.Headers:
        return self.response.headers

    @property
    def url(self) -> str:
        """Where it was found: after redirects, if there were any."""
        return str(self.response.url)
