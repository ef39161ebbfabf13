"""The client of a site under test, whatever transport its requests use."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypedDict, Unpack

import httpx

from hyperpy.testing.event_reader import Events
from hyperpy.testing.failures import (
    ANSWER_TIMEOUT,
    HIDDEN,
    AnswerFailure,
    has_media_type,
    require_media_type,
    unexpected_response,
)
from hyperpy.testing.markup import Page
from hyperpy.testing.parts import Parts

__tracebackhide__ = HIDDEN

BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EVENT_SOURCE: Final = "text/event-stream"
LOOP_TURNS: Final = 5


class Options(TypedDict, total=False):
    """The options of a request, as in httpx. `timeout` is in seconds."""

    params: Mapping[str, Any]
    headers: Mapping[str, str]
    json: Any
    data: Mapping[str, Any]
    files: Mapping[str, Any]
    content: str | bytes
    follow_redirects: bool
    timeout: float


class Site:
    """A site under test. It keeps cookies, like a browser; `headers` are sent with every request."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport) -> None:
        self.url = url
        self._transport = transport
        self._client = httpx.AsyncClient(base_url=url, transport=transport, trust_env=False, timeout=None)
        self._visitors: list[Site] = []

    @property
    def headers(self) -> httpx.Headers:
        return self._client.headers

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def visitor(self) -> Site:
        """Another visitor of the same running site, with cookies and headers of its own. It is closed with this one."""
        visitor = Site(self.url, _BorrowedTransport(self._transport))
        self._visitors.append(visitor)
        return visitor

    async def request(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """The complete response. Raises AnswerFailure if there is none within `timeout` seconds, by default 5."""
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
        """The page at a path, requested and parsed as browsers do; redirects are followed.

        Raises AnswerFailure if it isn't HTML, or its status isn't `status`; by default, any status but an error.
        """
        options.setdefault("follow_redirects", True)
        response = await self._send(method, path, {**options, "headers": _accepting(BROWSER, options)}, stream=False)
        wrong = response.is_error if status is None else response.status_code != status
        if wrong or not has_media_type(response, "text/html"):
            expected = "a page" if status is None else f"a page of status {status}"
            raise unexpected_response(response, response.text, expected)
        return Page(response, self._submit)

    async def _submit(self, method: str, url: str, options: dict[str, Any]) -> Page:
        """The answer to a form of a page, of any status; redirects are followed. It is sent as browsers send it."""
        own = httpx.URL(self.url)
        headers = {"Accept": BROWSER, "Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        if method != "GET":
            headers["Origin"] = f"{own.scheme}://{own.netloc.decode()}"
        given: Any = {**options, "headers": headers, "follow_redirects": True}
        response = await self._send(method, url, given, stream=False)
        if not has_media_type(response, "text/html"):
            raise unexpected_response(response, response.text, "a page")
        return Page(response, self._submit)

    @asynccontextmanager
    async def stream(
        self, path: str, *, method: str = "GET", last_event_id: str | None = None, **options: Unpack[Options]
    ) -> AsyncIterator[Events]:
        """The events at a path, requested as an EventSource does.

        `timeout` is that of every wait, in seconds, by default 5; the response has at least 5 to start. The end of the
        block disconnects, and waits until the application has returned. Raises AnswerFailure if the response isn't a
        stream of events.
        """

        async def open(last_event_id: str | None) -> httpx.Response:
            headers = _accepting(EVENT_SOURCE, options)
            if last_event_id is not None:
                headers["Last-Event-ID"] = last_event_id
            return await self._send(method, path, _patient({**options, "headers": headers}), stream=True)

        response = await open(last_event_id)
        await require_media_type(response, EVENT_SOURCE, "a stream of events")
        events = Events(response, open, options.get("timeout", ANSWER_TIMEOUT), last_event_id or "")
        async with _closing(events):
            yield events

    @asynccontextmanager
    async def parts(self, path: str, *, method: str = "GET", **options: Unpack[Options]) -> AsyncIterator[Parts]:
        """The page at a path, part by part as it arrives.

        `timeout` is that of every wait, in seconds, by default 5; the response has at least 5 to start. Raises
        AnswerFailure if it is an error or isn't HTML.
        """
        given = _patient({**options, "headers": _accepting(BROWSER, options)})
        response = await self._send(method, path, given, stream=True)
        await require_media_type(response, "text/html", "a page")
        parts = Parts(response, options.get("timeout", ANSWER_TIMEOUT))
        async with _closing(parts):
            yield parts

    async def leave(self) -> None:
        """Close all connections, also those of other visitors that were made from this one."""
        for visitor in self._visitors:
            await visitor.leave()
        await self._client.aclose()
        # httpx reads with nested generators. asyncio closes those that were not exhausted in tasks of its own.
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)

    async def _send(self, method: str, path: str, options: Options, *, stream: bool) -> httpx.Response:
        given: dict[str, Any] = dict(options)
        seconds = given.pop("timeout", ANSWER_TIMEOUT)
        follow = given.pop("follow_redirects", False)
        request = self._client.build_request(method, path, **given)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._client.send(request, stream=stream, follow_redirects=follow)
        except TimeoutError:
            if not limit.expired():
                raise
        hint = "" if stream else f"\nTo read a stream: async with site.stream({path!r}) as events: …"
        raise AnswerFailure(f"no response to {method} {path} within {seconds:g} s{hint}") from None


class _BorrowedTransport(httpx.AsyncBaseTransport):
    """The transport of another site, which closes it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)


@asynccontextmanager
async def _closing(body: Events | Parts) -> AsyncIterator[None]:
    """Close a body after a block. An exception in the block takes precedence over a failure to close."""
    try:
        yield
    except BaseException:
        await body.abandon()
        raise
    await body.close()


def _accepting(media_types: str, options: Options) -> httpx.Headers:
    headers = httpx.Headers(options.get("headers"), encoding="utf-8")
    headers.setdefault("accept", media_types)
    return headers


def _patient(options: Options) -> Options:
    """Give the response the usual time to start, even if the waits for events are shorter."""
    return {**options, "timeout": max(options.get("timeout", ANSWER_TIMEOUT), ANSWER_TIMEOUT)}
