import pytest

from hyperpy.exceptions import AnswerError
from hyperpy.web.redirect import redirect

ALLOWED = [
    ("/", "/"),
    ("/users/42?tab=posts#top", "/users/42?tab=posts#top"),
    ("?page=2", "?page=2"),
    ("#x", "#x"),
    ("next", "next"),
    ("./a:b", "./a:b"),
    ("../up", "../up"),
    (".", "."),
    ("/a//b", "/a//b"),
    ("/a:b", "/a:b"),
    ("1:2", "1:2"),
    ("/login?next=https://other.example/", "/login?next=https://other.example/"),
    ("/search?q=a\\b", "/search?q=a%5Cb"),
    ("/a b", "/a%20b"),
    ("/a%20b%0D%0A", "/a%20b%0D%0A"),
    ('/a"<>b', "/a%22%3C%3Eb"),
    ("/café", "/caf%C3%A9"),
    ("/a\u2028b", "/a%E2%80%A8b"),
]


def test_targets_on_this_site() -> None:
    for url, location in ALLOWED:
        for external in (False, True):
            response = redirect(url, external=external)
            assert (response.status_code, response.headers["location"]) == (303, location), url


REFUSED = [
    ("", "empty"),
    ("//evil.example", "another host"),
    ("///evil.example", "another host"),
    ("//", "another host"),
    ("/\\evil.example", "backslash"),
    ("\\\\evil.example", "backslash"),
    ("\\/evil.example", "backslash"),
    ("https:\\\\evil.example", "backslash"),
    ("https:evil.example", "only http and https"),
    ("https:/evil.example", "only http and https"),
    ("https:///evil.example", "only http and https"),
    ("http:?x", "only http and https"),
    ("https://?x", "only http and https"),
    ("https://:80", "only http and https"),
    ("https://user@", "only http and https"),
    ("https://[::1", "only http and https"),
    ("javascript:alert(1)", "only http and https"),
    ("JavaScript://x%0Aalert(1)", "only http and https"),
    ("data:text/html,x", "only http and https"),
    ("mailto:a@example.org", "only http and https"),
    ("ftp://evil.example", "only http and https"),
    ("next:5", "only http and https"),
    (" //evil.example", "whitespace"),
    (" /a", "whitespace"),
    ("\u00a0/a", "whitespace"),
    ("\t//evil.example", "control"),
    ("/\t/evil.example", "control"),
    ("java\nscript:alert(1)", "control"),
    ("/a\r\nSet-Cookie: a=b", "control"),
    ("/a\nb", "control"),
    ("/a\rb", "control"),
    ("/a\0", "control"),
    ("\x01https://evil.example", "control"),
    ("/a\x7f", "control"),
    ("/a\x85", "control"),
    ("/a\ud800", "control"),
]


def test_refused_targets() -> None:
    for url, what in REFUSED:
        for external in (False, True):
            with pytest.raises(AnswerError, match=what) as caught:
                redirect(url, external=external)
            assert caught.value.hint
            str(caught.value).encode()


@pytest.mark.parametrize(
    "url", ["https://other.example", "http://other.example:8080/a?b#c", "HTTPS://other.example/", "https://[::1]/"]
)
def test_another_host_needs_external(url: str) -> None:
    with pytest.raises(AnswerError, match="another host") as caught:
        redirect(url)
    assert "external=True" in caught.value.hint
    assert redirect(url, external=True).headers["location"] == url


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_status(status: int) -> None:
    assert redirect("/", status).status_code == status


@pytest.mark.parametrize("status", [200, 300, 304, 404])
def test_an_invalid_status(status: int) -> None:
    with pytest.raises(AnswerError, match=f"invalid redirect status {status}"):
        redirect("/", status)
