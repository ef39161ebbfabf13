"""A page and the response that contained it."""

import httpx

from hyperpy.testing.failures import request_line
from hyperpy.testing.markup import HTML


class Page(HTML):
    """The parsed HTML of a response."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.text, request_line(response.request))
        self.response = response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> httpx.Headers:
        return self.response.headers

    @property
    def url(self) -> str:
        """The URL of the page, after redirects."""
        return str(self.response.url)
