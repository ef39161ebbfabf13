"""A small site with one of everything, served by `hyper serve` to browsers, event sources and htmx."""

import json
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from tests.support.clients import ANYTHING, BROWSER, EVENT_SOURCE, HTMX_4, all_events, client_at, events_of
from tests.support.raw_client import RawClient
from tests.support.servers import hyper_serve
from tests.support.until import wait_until

SITE = Path(__file__).resolve().parent.parent / "site"

HTML, EVENTS, CSV = "text/html; charset=utf-8", "text/event-stream; charset=utf-8", "text/csv; charset=utf-8"
ACCEPTS = {"browser": BROWSER, "event source": EVENT_SOURCE, "htmx 4": HTMX_4, "curl": ANYTHING}


@pytest.fixture(scope="module")
def harbour():
    with hyper_serve(SITE) as command:
        yield command


@pytest.fixture
async def client(harbour):
    async with client_at(harbour.port()) as client:
        yield client


class Elements(HTMLParser):
    """The elements of a document with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.found]


def squeezed(text: str) -> str:
    return " ".join(text.split())


# The content type of each URL for each client, and whether the response varies by client.
ALL_HTML = dict.fromkeys(ACCEPTS, HTML)
ALL_EVENTS = dict.fromkeys(ACCEPTS, EVENTS)
KINDS = [
    ("/about", ALL_HTML, False),
    ("/users/1", ALL_HTML, False),
    ("/notifications/stream?user_id=1", ALL_EVENTS, False),
    ("/chat/deck/stream", ALL_EVENTS, False),
    ("/live-feed", ALL_HTML, False),
    ("/stream/feed", ALL_EVENTS, False),
    ("/dashboard-live", ALL_HTML, False),
    ("/stream/metrics", ALL_EVENTS, False),
    ("/report/7", ALL_HTML | {"event source": EVENTS}, True),
    ("/download/csv", dict.fromkeys(ACCEPTS, CSV), False),
]


@pytest.mark.parametrize("kind", ACCEPTS)
@pytest.mark.parametrize(("url", "types", "varies"), KINDS, ids=[url for url, *_ in KINDS])
async def test_each_client_gets_its_content_type(client, url, types, varies, kind):
    async with client.stream("GET", url, headers={"accept": ACCEPTS[kind]}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == types[kind]
        assert response.headers.get("vary") == ("Accept" if varies else None)
        if types[kind] == EVENTS:
            assert response.headers["cache-control"] == "no-cache, no-transform"
            assert response.headers["x-accel-buffering"] == "no"
            assert "connection" not in response.headers
            assert "content-length" not in response.headers


async def test_a_page_without_a_loader(client):
    page = (await client.get("/about")).text
    assert page == (
        "<html>\n<body>\n    <h2>Who runs Eastquay &amp; Sons</h2>\n    <p>Since 1884</p>\n</body>\n</html>"
    )


async def test_a_page_with_a_loader(client):
    page = (await client.get("/users/1")).text
    assert "<h2>Ada Brook</h2>" in page
    assert "<li>Skerry Light</li><li>Port &amp; Star</li>" in page


async def test_text_from_users_stays_text(client):
    page = Elements((await client.get("/users/2")).text)
    assert page.tags == ["html", "body", "h2", "ol", "li"]
    assert "<script>alert('Bo')</script>" in page.text
    assert "<b>nowhere</b>" in page.text


@pytest.mark.parametrize("number", ["9", "x", "1.5", "%F0%9F%90%9F"])
async def test_a_captain_that_does_not_exist(client, number):
    response = await client.get(f"/users/{number}")
    assert response.status_code == 404
    assert ("No captain has the number 9." in response.text) == (number == "9")


@pytest.mark.parametrize("kind", ACCEPTS)
async def test_notifications(client, kind):
    url = "/notifications/stream?user_id=1"
    events = await all_events(client, url, headers={"accept": ACCEPTS[kind]})
    assert [(name, squeezed(data)) for name, data in events] == [
        ("message", '<p class="hint">Watching the board</p>'),
        (
            "notice",
            (
                '<article class="notice"> <h3>Gale warning</h3> <p>Stay in &amp; moor twice.</p>'
                " <small>06:00</small> </article>"
            ),
        ),
        ("unread", '{"left":1}'),
        (
            "notice",
            (
                '<article class="notice"> <h3>&lt;i&gt;Fuel&lt;/i&gt;</h3> <p>Back tomorrow. Perhaps.</p>'
                " <small>06:05</small> </article>"
            ),
        ),
        ("unread", '{"left":2}'),
        ("close", ""),
    ]


async def test_white_space_is_kept_inside_a_template_and_removed_around_it(client):
    events = await all_events(client, "/notifications/stream?user_id=1")
    assert events[3][1].split("\n") == [
        '<article class="notice">',
        "                <h3>&lt;i&gt;Fuel&lt;/i&gt;</h3>",
        "                <p>Back tomorrow.",
        "Perhaps.</p>",
        "                <small>06:05</small>",
        "            </article>",
    ]


@pytest.mark.parametrize(("query", "problem"), [("", "is required"), ("?user_id=one", "integer")])
async def test_an_invalid_input(client, query, problem):
    response = await client.get(f"/notifications/stream{query}", headers={"accept": EVENT_SOURCE})
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("text/plain")
    assert "user_id" in response.text
    assert problem in response.text


async def test_a_listener_that_leaves_is_forgotten(client, harbour):
    async with events_of(client, "/notifications/stream?user_id=3") as events:
        assert (await anext(events)).data == '<p class="hint">Watching the board</p>'
        assert (await anext(events)).event == "notice"
        assert (await client.get("/listening")).json() == {"3": 1}
    wait_until(lambda: httpx.get(f"http://127.0.0.1:{harbour.port()}/listening").json() == {})


@pytest.mark.parametrize("room", ["bridge & co", "a/b", "Łódź"])
async def test_a_room_is_one_segment_of_the_url(client, room):
    quoted = httpx.QueryParams({"": room}).__str__().removeprefix("=").replace("+", "%20")
    name, data = (await all_events(client, f"/chat/{quoted}/stream"))[0]
    assert name == "tuned"
    assert json.loads(data)["channel"] == room


async def test_chat_messages_can_not_forge_events(client):
    events = await all_events(client, "/chat/deck/stream", headers={"accept": EVENT_SOURCE})
    assert [name for name, _ in events] == ["tuned", "call", "call", "close"]
    call = Elements(events[2][1])
    assert call.tags == ["div", "img", "b", "p", "small"]
    image = call.found[1][1]
    assert set(image) == {"src", "alt"}
    assert image["alt"] == "<script>alert('Bo')</script>"
    assert "event: forged\ndata: got you" in call.text


async def test_a_script_url_is_blocked_as_an_image(client):
    events = await all_events(client, "/chat/bridge%20%26%20co/stream")
    assert Elements(events[1][1]).found[1][1]["src"] == "#blocked"


@pytest.mark.parametrize(
    ("url", "title", "sources"),
    [
        ("/live-feed", "Eastquay harbour", ["/stream/feed"]),
        ("/dashboard-live", "Instruments", ["/stream/metrics"]),
    ],
)
async def test_a_page_in_a_layout_with_a_stream(client, url, title, sources):
    text = (await client.get(url)).text
    assert text.startswith("<!doctype html>")
    assert text.endswith("</html>")
    page = Elements(text)
    assert page.text.split()[: len(title.split())] == title.split()
    assert [attributes["sse-connect"] for _, attributes in page.found if "sse-connect" in attributes] == sources


async def test_an_endless_feed(client):
    async with events_of(client, "/stream/feed") as events:
        first, second, third = [await anext(events) for _ in range(3)]
    assert (first.event, first.data) == ("entry", '<p class="hint">The log book is open</p>')
    assert second.event == third.event == "entry"
    assert Elements(second.data).tags == ["div", "h3", "p"]
    assert second.data < third.data  # only their times differ


async def test_a_stream_of_several_event_names(client):
    wanted, seen = {"gauge", "warning"}, {}
    async with events_of(client, "/stream/metrics") as events:
        async for event in events:
            seen[event.event] = event.data
            if set(seen) == wanted:
                break
    assert squeezed(seen["warning"]) == '<p class="warning"> Heavy swell: 90% </p>'
    assert "<li>Swell 90%</li>" in seen["gauge"]


REPORT = (
    "<html> <head><title>Inspection 7</title></head> <body> <h2>Inspection 7</h2>",
    '<section id="abstract"> <h3>Abstract</h3> <p>Pier 7 stands, rust &lt; 3 mm.</p> </section>',
    '<section id="soundings"> <h3>Soundings</h3> <p>7 fathoms &amp; rising</p> </section>',
    "</body> </html>",
)


@pytest.mark.parametrize("kind", ["browser", "htmx 4", "curl"])
async def test_a_report_as_a_page(client, kind):
    text = (await client.get("/report/7", headers={"accept": ACCEPTS[kind]})).text
    assert squeezed(text).replace("> <", "><") == "".join(REPORT).replace("> <", "><")


async def test_a_report_as_events(client):
    events = await all_events(client, "/report/7", headers={"accept": EVENT_SOURCE})
    assert [(name, squeezed(data)) for name, data in events] == [
        *(("message", part) for part in REPORT),
        ("close", ""),
    ]


async def test_a_report_arrives_part_by_part(client, harbour):
    with RawClient(harbour.port()) as connection:
        connection.get("/report/1001", Accept=BROWSER, Connection="close")
        response = connection.read_until(b"Pier 1001 stands")
        assert b"fathoms" not in response
        await client.get("/listening?release=1001")
        assert connection.read_all().endswith(b"</html>\r\n0\r\n\r\n")
    assert b"1001 fathoms" in connection.received


async def test_a_fragment_is_rendered_again_for_each_move(client):
    events = await all_events(client, "/berths/watch?place=4", headers={"accept": EVENT_SOURCE})
    assert [(name, squeezed(data)) for name, data in events] == [
        ("message", '<p id="state"> Marigold is arriving </p>'),
        ("message", '<p id="state"> Marigold is moored &lt;fast&gt; </p>'),
        ("message", '<p id="state"> Marigold is gone </p>'),
        ("close", ""),
    ]


async def test_a_query_parameter_requests_the_stream_of_a_page(client):
    events = await all_events(client, "/berths/watch?place=5&_stream", headers={"accept": BROWSER})
    assert len(events) == 4


@pytest.mark.parametrize("kind", ["browser", "htmx 4", "curl"])
async def test_a_failing_page_shows_no_details(client, harbour, kind):
    response = await client.get("/berths/watch?place=6", headers={"accept": ACCEPTS[kind]})
    assert response.status_code == 500
    for secret in ("Traceback", "NoneType", "berth", "watch.py", "hyperpy"):
        assert secret not in response.text
    harbour.wait_for_output(r'routes/berths/watch\.py", line \d+, in <module>\n\s+{berth\.ship} is {berth\.state}\n')


async def test_a_download(client):
    response = await client.get("/download/csv")
    assert response.headers["content-disposition"] == "attachment; filename=captains.csv"
    assert response.text.splitlines() == [
        "number,name,mail",
        "1,Ada Brook,ada@eastquay.example",
        "2,<script>alert('Bo')</script>,bo@eastquay.example",
        "3,Cleo Dunn,cleo@eastquay.example",
    ]


@pytest.mark.parametrize(
    "url",
    ["/notifications/stream?user_id=1", "/chat/deck/stream", "/stream/feed", "/report/7", "/berths/watch?place=7"],
)
async def test_a_client_that_has_received_close_gets_no_content(client, url):
    response = await client.get(url, headers={"accept": EVENT_SOURCE, "last-event-id": "close"})
    assert response.status_code == 204
    assert not response.content


async def test_only_the_last_event_has_an_id(client):
    async with events_of(client, "/notifications/stream?user_id=1") as events:
        ids = [(event.event, event.id) async for event in events]
    assert ids[-1] == ("close", "close")
    assert {id for _, id in ids[:-1]} == {""}
