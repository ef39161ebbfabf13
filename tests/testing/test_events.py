"""Reading streams of events, with both transports."""

import asyncio
from pathlib import Path

import pytest

from hyperpy.testing import AnswerFailure, Ending, ReceivedEvent, SiteFailure, StreamFailure

FILES = {
    "numbers.py": """
        from typing import Annotated
        from hyperpy import Header

        last: Annotated[int, Header(alias="Last-Event-ID")] = 0

        async def stream():
            for number in range(last + 1, 6):
                yield {"event": "number", "data": number, "id": number}
        """,
    "endless.py": """
        import asyncio
        from pathlib import Path

        async def stream():
            number = 0
            try:
                while True:
                    number += 1
                    yield "tick", number
                    if number % 3 == 0:
                        await asyncio.sleep(0.01)
            finally:
                await asyncio.sleep(0.02)
                Path("left").touch()
        """,
    "silent.py": """
        import asyncio

        async def stream():
            yield "first", {"a": [1]}
            await asyncio.Event().wait()
        """,
    "broken.py": """
        async def stream():
            yield t"<p>all is well</p>"
            yield 1 / 0
        """,
    "refused.py": """
        from hyperpy import HTTPException

        async def stream():
            yield "first", 1
            raise HTTPException(410, "sold out")
        """,
    "thousand.py": """
        async def stream():
            for number in range(1000):
                yield {"data": t"<b>{number}</b>", "id": number}
        """,
    "all.py": """
        from hyperpy import Event

        async def stream():
            yield {"retry": 1500, "comment": "hello"}
            yield Event(t"<ul>\\n<li>one</li>\\n<li>two</li></ul>", event="list", id="a", retry=20)
            yield "é \\u2028 x"
        """,
    "busy.py": """
        import asyncio
        from pathlib import Path

        async def stream():
            number = 0
            while True:
                number += 1
                yield "x" * 50_000
                Path("yielded").write_text(str(number))
        """,
    "echo.py": """
        from hyperpy import POST, Request

        request: Request
        allowed = POST

        async def stream():
            for item in await request.json():
                yield "item", [item, request.headers["x-name"], request.query_params["page"]]
        """,
    "resumed.py": """
        from typing import Annotated
        from hyperpy import Event, Header

        last: Annotated[str, Header(alias="Last-Event-ID")] = ""

        async def stream():
            yield Event("resumed", id=f"{last}é✓")
        """,
    "page.py": "t'<h1>No stream</h1>'",
}


@pytest.fixture
async def site(opened, write):
    async with opened(write(FILES)) as site:
        yield site


async def test_take_returns_as_many_events_as_requested(site):
    async with site.stream("/numbers") as events:
        first, second = await events.take(2, timeout=5)
        assert first == ReceivedEvent("1", "number", id="1")
        assert second.json() == 2
        assert events.last_event_id == "2"
        assert (await events.next()).data == "3"
        assert [event.data for event in await events.rest()] == ["4", "5"]
        assert events.closed
        assert str(events.ending) == "the stream ended with `close`"


async def test_events_have_all_fields(site):
    async with site.stream("/all") as events:
        first, second = await events.rest()
        assert first == ReceivedEvent("<ul>\n<li>one</li>\n<li>two</li></ul>", "list", "a", 20)
        assert [element.text for element in first.select("li")] == ["one", "two"]
        assert first.select_one("li:first-child").html == "<li>one</li>"
        assert second == ReceivedEvent("é \u2028 x")
        assert (events.retry, events.comments, events.last_event_id) == (86_400_000, ["hello"], "close")
        assert second.last_event_id == "a"
        assert events.response.headers["cache-control"] == "no-cache, no-transform"


async def test_a_thousand_events(site):
    async with site.stream("/thousand") as events:
        taken = await events.take(1000)
        assert [event.id for event in taken] == [str(number) for number in range(1000)]
        assert (await events.ended()).how == "close"


async def test_an_endless_stream_can_be_closed(site):
    async with site.stream("/endless") as events:
        assert [event.json() for event in await events.take(7)] == [1, 2, 3, 4, 5, 6, 7]
        assert not Path("left").exists()
        await events.close()
        assert Path("left").exists()
        assert events.ending.how == "left"


async def test_the_end_of_the_block_closes_the_stream(site):
    async with site.stream("/endless") as events:
        await events.next()
    assert Path("left").exists()


async def test_a_failing_block_closes_the_stream(site):
    with pytest.raises(KeyError):
        async with site.stream("/endless"):
            raise KeyError
    assert Path("left").exists()


async def test_a_test_that_does_not_read_slows_the_generator(opened, write):
    async with opened(write(FILES)) as site, site.stream("/busy") as events:
        before = None
        while (now := Path("yielded").read_text()) != before or not now:
            before = now
            await asyncio.sleep(0.2)
        # As much as fits into buffers, including those of the sockets.
        assert int(now) < 1_000
        await events.take(int(now) + 10)
        assert int(Path("yielded").read_text()) > int(now)


async def test_a_wait_times_out_even_while_other_events_arrive(site):
    async with site.stream("/busy") as events:
        with pytest.raises(StreamFailure, match=r"no event 'never' came within 0\.1 s"):
            await events.until("never", timeout=0.1)


async def test_closing_waits_for_the_generator_even_behind_a_proxy(site):
    async with site.stream("/endless", headers={"X-Forwarded-For": "192.0.2.1"}) as events:
        await events.next()
        await events.close()
        assert Path("left").exists()


async def test_iteration_ends_with_the_stream(site):
    async with site.stream("/numbers") as events:
        assert [event.json() async for event in events] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("wanted", ["tick", lambda event: event.data == "4"], ids=["name", "function"])
async def test_until_drops_earlier_events(site, wanted):
    async with site.stream("/endless") as events:
        await events.take(2)
        found = await events.until(wanted)
        assert found.json() == (3 if wanted == "tick" else 4)
        assert (await events.next()).json() == found.json() + 1


BROKEN = "the stream failed: Something went wrong on our side. (the log has the traceback under LOG)"
MESSAGES = [
    # path, wait, first line of the message, received events, how the stream ended
    (
        "/silent",
        lambda events: events.take(3, timeout=0.05),
        "1 of 3 events came within 0.05 s; the stream is still open",
        ["1  first: '{\"a\":[1]}'"],
        None,
    ),
    (
        "/silent",
        lambda events: events.until(lambda event: event.event == "x", timeout=0.05),
        "no matching event came within 0.05 s; the stream is still open",
        ["1  first: '{\"a\":[1]}'"],
        None,
    ),
    (
        "/silent",
        lambda events: events.ended(timeout=0.05),
        "no end came within 0.05 s; the stream is still open",
        ["1  first: '{\"a\":[1]}'"],
        None,
    ),
    (
        "/numbers?a=1",
        lambda events: events.take(7),
        "5 of 7 events came; the stream ended with `close`",
        [f"{number}  number: '{number}'" for number in range(1, 6)],
        "close",
    ),
    (
        "/broken",
        lambda events: events.take(2),
        f"1 of 2 events came; {BROKEN}",
        ["1  message: '<p>all is well</p>'"],
        "stream-error",
    ),
    (
        "/broken",
        lambda events: events.rest(),
        f"not all remaining events came; {BROKEN}",
        ["1  message: '<p>all is well</p>'"],
        "stream-error",
    ),
    (
        "/refused",
        lambda events: events.until("second"),
        "no event 'second' came; the stream failed: sold out (the log has the traceback under LOG)",
        ["1  first: '1'"],
        "stream-error",
    ),
    (
        "/thousand",
        lambda events: events.take(1001),
        "1000 of 1001 events came; the stream ended with `close`",
        [*(f"{number + 1}  message: '<b>{number}</b>'" for number in range(10)), "… and 990 more"],
        "close",
    ),
    (
        "/all",
        lambda events: events.take(3),
        "2 of 3 events came; the stream ended with `close`",
        [
            "1  list: '<ul>\\n<li>one</li>\\n<li>two</li></ul>'",
            "2  message: 'é \\u2028 x'",
            "comments: 1",
        ],
        "close",
    ),
]


async def failure_of(events, wait):
    """The first failure with an event in it: on a busy machine, that may arrive late."""
    while True:
        with pytest.raises(StreamFailure) as failure:
            await wait(events)
        if failure.value.events:
            return failure


async def test_a_failure_lists_the_events_and_the_ending(site):
    wrong = []
    for path, wait, message, rows, how in MESSAGES:
        async with site.stream(path) as events:
            failure = await failure_of(events, wait)
            ending = failure.value.ending
            found = (*str(failure.value).splitlines(), ending and ending.how)
            first = f"GET {path}: {message.replace('LOG', ending.log if ending else '')}"
            expected = (first, found[1], *(f"  {row}" for row in rows), how)
            # Received events can still be taken.
            taken = tuple(await events.take(len(failure.value.events)))
            if found != expected or ending != events.ending or taken != failure.value.events:
                wrong.append((path, message, found, taken))
    assert wrong == []


async def test_iteration_over_a_failed_stream_fails(site):
    async with site.stream("/broken") as events:
        assert (await anext(events)).event == "message"
        with pytest.raises(StreamFailure, match="no event came; the stream failed: Something went wrong"):
            await anext(events)


async def test_a_read_continues_after_a_timeout(site):
    async with site.stream("/silent", timeout=0.02) as events:
        await events.next(timeout=5)
        for _ in range(3):
            with pytest.raises(StreamFailure, match=r"0 of 1 events came within 0\.02 s; .*\n\n  \(none\)"):
                await events.next()


async def test_an_event_that_is_not_json(site):
    async with site.stream("/broken") as events:
        event = await events.next()
        with pytest.raises(SiteFailure, match=r"not JSON .*<p>all is well</p>"):
            event.json()


NO_STREAM = [
    ("/nowhere", "GET /nowhere returned 404 Not Found (text/plain; charset=utf-8), expected a stream of"),
    ("/page", "GET /page returned 200 OK (text/html; charset=utf-8), expected a stream of events\n\n<h1>No"),
]


async def test_a_response_that_is_not_a_stream(site):
    for path, message in NO_STREAM:
        with pytest.raises(AnswerFailure) as failure:
            async with site.stream(path):
                pass
        assert str(failure.value).startswith(message)
        assert failure.value.response.status_code in (404, 200)


async def test_invalid_input_for_a_stream(site):
    with pytest.raises(AnswerFailure, match=r"422 Unprocessable (?s:.*)last-event-id: Input"):
        async with site.stream("/numbers", last_event_id="x"):
            pass


async def test_reconnecting_resumes_the_stream(site):
    async with site.stream("/numbers", last_event_id="2") as events:
        assert events.last_event_id == "2"
        assert (await events.next()).data == "3"
        await events.close()
        await events.reconnect()
        await events.ended()
        assert events.last_event_id == "close"


async def test_a_finished_stream_does_not_run_again(site):
    async with site.stream("/numbers") as events:
        await events.rest()
        await events.reconnect()
        assert (events.response.status_code, events.closed) == (204, True)
        assert await events.rest() == []


async def test_ids_may_have_any_characters(site):
    async with site.stream("/resumed", last_event_id="ü1") as events:
        assert (await events.next()).id == "ü1é✓"
        await events.reconnect()
        assert (await events.next()).id == "ü1é✓é✓"


async def test_reconnecting_sends_the_last_id(site):
    async with site.stream("/thousand") as events:
        await events.take(3)
        await events.reconnect()
        assert events.response.request.headers["last-event-id"] == "2"
        assert (await events.next()).id == "0"


async def test_any_request_can_stream(site):
    given = {"json": ["a", "b"], "headers": {"X-Name": "me"}, "params": {"page": 2}}
    async with site.stream("/echo", method="POST", **given) as events:
        assert [event.json() for event in await events.rest()] == [["a", "me", "2"], ["b", "me", "2"]]


async def test_a_closed_site_ends_its_streams(opened, write):
    """The block of the stream ends after that of the site, without waiting."""
    folder = write(FILES)
    site = opened(folder)
    entered = await site.__aenter__()
    stream = entered.stream("/endless")
    events = await stream.__aenter__()
    await events.next()
    await site.__aexit__(None, None, None)
    assert Path("left").exists()
    ending = await events.ended()
    assert ending.how in ("end", "cut")
    await stream.__aexit__(None, None, None)


async def raw(scope, receive, send):
    """Streams that hyperpy never sends."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for piece in RAW[scope["path"]]:
        if piece is None:
            raise OSError("the disk is full")
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b""})


RAW = {
    "/end": [b"data: 1\n\ndata: lost\n"],
    "/cut": [b"data: 1\n", b"\n", None],
    "/error": [b"event: stream-error\ndata: not json\n\n"],
    "/error-json": [b"event: stream-error\ndata: [1]\n\ndata: 2\n\n"],
    "/pieces": [bytes([byte]) for byte in "event: é\r\ndata: 1\r\n\r\n".encode()],
}


@pytest.mark.parametrize(
    ("path", "events", "how", "message"),
    [
        ("/end", ["1"], "end", "the response ended without `close`"),
        ("/cut", ["1"], "cut", "the connection was cut: "),
        ("/error", [], "stream-error", "the stream failed: not json"),
        ("/error-json", [], "stream-error", "the stream failed: [1]"),
        ("/pieces", ["1"], "end", "the response ended without `close`"),
    ],
)
async def test_endings_of_streams_of_other_applications(opened, path, events, how, message):
    async with opened(raw) as site, site.stream(path) as stream:
        ending = await stream.ended()
        assert ending.how == how
        assert str(ending).startswith(message)
        assert [event.data for event in await stream.take(len(events))] == events
        if how in ("cut", "stream-error"):
            with pytest.raises(StreamFailure):
                await stream.rest()
        else:
            assert await stream.rest() == []


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        (Ending("close"), "the stream ended with `close`"),
        (Ending("end"), "the response ended without `close`"),
        (Ending("cut", "by a peer"), "the connection was cut: by a peer"),
        (Ending("left"), "the test closed it"),
        (Ending("stream-error", "oh", "a1"), "the stream failed: oh (the log has the traceback under a1)"),
        (Ending("stream-error", "oh"), "the stream failed: oh"),
    ],
)
def test_endings_as_text(ending, message):
    assert str(ending) == message


async def test_an_endless_response_that_is_not_a_stream(opened, monkeypatch):
    monkeypatch.setattr("hyperpy.testing.failures.ANSWER_TIMEOUT", 0.05)

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    async with opened(app) as site:
        with pytest.raises(AnswerFailure, match=r"200 OK \(text/plain\), (?s:.*)Its body did not end"):
            async with site.stream("/"):
                pass


async def test_a_closed_stream_has_no_more_events(site):
    async with site.stream("/silent") as events:
        await events.next()
        await events.close()
        with pytest.raises(StreamFailure, match="0 of 1 events came; the test closed it"):
            await events.next()


async def test_the_ending_has_the_message_of_an_error(site, caplog):
    async with site.stream("/broken") as events:
        ending = await events.ended()
        assert ending.message == "Something went wrong on our side."
        assert ending.log in caplog.text
