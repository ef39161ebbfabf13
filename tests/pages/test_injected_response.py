"""The `response` of a route: it can be changed until its headers are sent."""

from collections.abc import Callable

import pytest

from hyperpy.exceptions import AnswerError, HeadersSentError
from hyperpy.pages import InjectedResponse, check_header


def change_item(response: InjectedResponse) -> None:
    response.raw_headers[0] = (b"a", b"2")


def change_header(response: InjectedResponse) -> None:
    response.headers["a"] = "2"


def delete_header(response: InjectedResponse) -> None:
    del response.headers["a"]


def change_status(response: InjectedResponse) -> None:
    response.status_code = 404


CHANGES: list[Callable[[InjectedResponse], object]] = [
    change_item,
    change_header,
    delete_header,
    change_status,
    lambda response: response.headers.append("b", "1"),
    lambda response: response.headers.update({"b": "1"}),
    lambda response: response.headers.setdefault("b", "1"),
    lambda response: response.set_cookie("name", "value"),
    lambda response: response.delete_cookie("name"),
    lambda response: response.raw_headers.extend([(b"b", b"1")]),
    lambda response: response.raw_headers.insert(0, (b"b", b"1")),
    lambda response: response.raw_headers.__iadd__([(b"b", b"1")]),
]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_accepted_until_the_headers_have_been_sent(
    change: Callable[[InjectedResponse], object],
) -> None:
    response = InjectedResponse()
    response.headers["a"] = "1"
    before = (response.status_code, list(response.raw_headers))
    response.sent = True
    with pytest.raises(HeadersSentError, match="have been sent already"):
        change(response)
    assert (response.status_code, response.raw_headers) == before
    response.sent = False
    change(response)
    assert (response.status_code, response.raw_headers) != before


def test_sent_headers_can_be_read() -> None:
    response = InjectedResponse(201)
    response.headers["a"] = "1"
    response.sent = True
    assert (response.status_code, response.headers["A"]) == (201, "1")


@pytest.mark.parametrize("text", ["a\r\nset-cookie: b=1", "a\nb", "a\0b"])
def test_an_invalid_header_is_an_error(text: str) -> None:
    response = InjectedResponse()
    with pytest.raises(AnswerError, match="contains a line end or NUL"):
        response.headers["x-name"] = text
    assert response.raw_headers == []


def test_every_byte_in_a_header() -> None:
    """RFC 9110, 5.1 and 5.5: names are tokens, values have no control characters but the tab."""
    token = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    wrong = [
        (byte, is_name)
        for byte in range(256)
        for is_name in (True, False)
        if is_accepted(byte, is_name) is not (byte in token if is_name else byte == 9 or 32 <= byte != 127)
    ]
    assert wrong == []
    with pytest.raises(AnswerError, match="invalid header name: b''"):
        check_header((b"", b"a"))


def is_accepted(byte: int, is_name: bool) -> bool:
    odd = b"a%cb" % byte
    try:
        check_header((odd, b"a") if is_name else (b"a", odd))
    except AnswerError:
        return False
    return True
