"""What a test asks: a client of one site, whichever way its requests go."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypedDict, Unpack

import httpx

from hyperpy.testing.answers import is_of, require, unexpected
from hyperpy.testing.event_reader import Events
from hyperpy.testing.failures import HIDDEN, AnswerFailure
from hyperpy.testing.page import Page
from hyperpy.testing.parts import Parts
from hyperpy.testing.patience import ANSWER

__tracebackhide__ = HIDDEN

BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EVENT_SOURCE: Final = "text/event-stream"
TURNS: Final = 5  # of the event loop


class Options(TypedDict, total=False):
    """What may go with a request, as httpx takes it. `timeout` is in seconds."""

    params: Mapping[str, Any]
    headers: Mapping[str, str]
    json: Any
    data: Mapping[str, Any]
    files: Mapping[str, Any]
    content: str | bytes
    follow_redirects: bool
    timeout: float


class Site:
    """A site under test. Cookies that it sets come back to it, as in a browser; `headers` go with every request."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport) -> None:
        self.url = url
        self._client = httpx.AsyncClient(base_url=url, transport=transport, trust_env=False, timeout=None)

    @property
    def headers(self) -> httpx.Headers:
        return self._client.headers

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    async def request(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """The answer, wholly read. Raises AnswerFailure if there is none within `timeout` seconds, 5 by default."""
        return await self._send(method, path, options, stream=False)

    async def get(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def head(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        return await self.request("HEAD", path, **options)

    async def post(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        return await self.request("DELETE", path, **options)

    async def page(
        self, path: str, *, method: str = "GET", status: int | None = None, **options: Unpack[Options]
    ) -> Page:
        """The page at a path, asked for and parsed as browsers do; redirects are followed.

        Raises AnswerFailure if its status is not `status`, or without that, if it is an error, and if it is no HTML.
        """
        options.setdefault("follow_redirects", True)
        response = await self._send(method, path, _accepting(BROWSER, options), stream=False)
        wrong = response.is_error if status is None else response.status_code != status
        if wrong or not is_of(response, "text/html"):
            raise unexpected(response, response.text, "a page" if status is None else f"a page of status {status}")
        return Page(response)

    @asynccontextmanager
    async def stream(
        self, path: str, *, method: str = "GET", last_event_id: str | None = None, **options: Unpack[Options]
    ) -> AsyncIterator[Events]:
        """The events at a path, asked for as an EventSource does.

        `timeout` is that of every wait in it, in seconds, 5 by default; the answer has at least 5 to begin.

        Leaving the block leaves the stream, and waits until the application has noticed. Raises AnswerFailure if the
        answer is no stream of events.
        """

        async def open(last_event_id: str | None) -> httpx.Response:
            given = _accepting(EVENT_SOURCE, options)
            if last_event_id is not None:
                given["headers"] = {**given["headers"], "Last-Event-ID": last_event_id}
            return await self._send(method, path, _patient(given), stream=True)

        response = await open(last_event_id)
        await require(response, EVENT_SOURCE, "a stream of events")
        events = Events(response, open, options.get("timeout", ANSWER), last_event_id or "")
        async with _left(events):
            yield events

    @asynccontextmanager
    async def parts(self, path: str, *, method: str = "GET", **options: Unpack[Options]) -> AsyncIterator[Parts]:
        """The page at a path, part by part as it comes.

        `timeout` is that of every wait in it, in seconds, 5 by default; the answer has at least 5 to begin. Raises
        AnswerFailure if it is an error or no HTML.
        """
        response = await self._send(method, path, _patient(_accepting(BROWSER, options)), stream=True)
        await require(response, "text/html", "a page")
        parts = Parts(response, options.get("timeout", ANSWER))
        async with _left(parts):
            yield parts

    async def leave(self) -> None:
        """Closes all connections."""
        await self._client.aclose()
        # httpx reads by generators in generators. Those that were not read to their end are closed by tasks of asyncio.
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def _send(self, method: str, path: str, options: Options, *, stream: bool) -> httpx.Response:
        given: dict[str, Any] = dict(options)
        seconds = given.pop("timeout", ANSWER)
        follow = given.pop("follow_redirects", False)
        request = self._client.build_request(method, path, **given)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._client.send(request, stream=stream, follow_redirects=follow)
        except TimeoutError:
            if not limit.expired():
                raise
        hint = "" if stream else f"\nIf it is a stream: async with site.stream({path!r}) as events: …"
        raise AnswerFailure(f"{method} {path} was not answered within {seconds:g} s{hint}") from None


@asynccontextmanager
async def _left(body: Events | Parts) -> AsyncIterator[None]:
    """A stream that is left afterwards. What the block raises goes before what the leaving might."""
    try:
        yield
    except BaseException:
        await body.abandon()
        raise
    await body.close()


def _accepting(kind: str, options: Options) -> Options:
    headers = {"accept": kind, **httpx.Headers(options.get("headers"))}
    return {**options, "headers": headers}


def _patient(options: Options) -> Options:
    """A short wait for events is none for the answer to begin."""
    return {**options, "timeout": max(options.get("timeout", ANSWER), ANSWER)}
