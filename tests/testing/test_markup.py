"""Selecting elements in HTML, and messages if they are missing."""

import re

import pytest

from hyperpy.testing import HTML, PageFailure

PAGE = """<!doctype html><title> The  Title </title><style>p { margin: 0 }</style>
<main id=top class="a b"><h1>Tasks <b>of</b>
today</h1><ul><li>one<li>two</ul><input name=q disabled><script>hidden()</script></main><p>x</p><p>y</p>"""


def test_elements_have_text_attributes_and_html():
    page = HTML(PAGE)
    main = page.select_one("#top")
    assert (main.tag, main.attributes, main["class"]) == ("main", {"id": "top", "class": "a b"}, "a b")
    assert [item.html for item in main.select("li")] == ["<li>one</li>", "<li>two</li>"]
    assert main.select_one("h1").text == "Tasks of today"
    field = page.select_one("input")
    assert ("disabled" in field, field["disabled"], "id" in field) == (True, "", False)
    assert page.select("article") == []
    assert [each.text for each in page.select("p, h1 b")] == ["of", "x", "y"]


def test_text_is_the_visible_text():
    page = HTML(PAGE)
    assert page.text == "Tasks of today one two x y"
    assert page.title == "The Title"
    assert "<b>of</b>" in page
    assert (HTML("").text, HTML("<p>x").title) == ("", "")


@pytest.mark.parametrize(
    ("html", "css", "text"),
    [
        ("<tr><td>1</td></tr>", "td", "1"),
        ("<td>1</td>", "td", "1"),
        ("<li>1", "li", "1"),
        ("plain <b>1</b> text", "b", "1"),
        ("<!-- x --> <HTML><body><p>1", "html > body > p", "1"),
        (f"{'<!-- x -->' * 40}<p>1", "p", "1"),
        ("<body class=x>1", "body.x", "1"),
        ("<option>1", "option", "1"),
        ("<div><div>1</div></div>", "div > div", "1"),
    ],
)
def test_parts_of_documents(html, css, text):
    assert HTML(html).select_one(css).text == text


@pytest.mark.parametrize(
    ("html", "css", "message"),
    [
        (
            PAGE,
            "h2",
            'no element of GET / matches \'h2\'. It has:\n  <title>\n  <style>\n  <main id="top" class="a b">\n',
        ),
        (PAGE, "p", "2 elements of GET / match 'p', expected one:\n  <p>x</p>\n  <p>y</p>"),
        ("", "p", "no element of GET / matches 'p'. It is empty."),
        ("only text", "p", "no element of GET / matches 'p'. Its text is: only text"),
        ("<p>" * 30, "a", "no element of GET / matches 'a'. It has:\n  <p>"),
        (
            "<i></i>" * 30,
            "i",
            "30 elements of GET / match 'i', expected one:\n" + "  <i></i>\n" * 12 + "  … and 18 more",
        ),
    ],
)
def test_a_failure_lists_existing_elements(html, css, message):
    with pytest.raises(PageFailure) as failure:
        HTML(html, "GET /").select_one(css)
    assert str(failure.value).startswith(message)


def test_an_element_searches_its_descendants():
    main = HTML(PAGE, "GET /").select_one("main")
    assert main.select("main") == []
    with pytest.raises(
        PageFailure, match=re.escape('<main id="top" class="a b"> of GET / matches \'p\'. It has:\n  <h1>')
    ):
        main.select_one("p")
    with pytest.raises(PageFailure, match=re.escape("<h1> has no attribute 'href'")):
        main.select_one("h1")["href"]


@pytest.mark.parametrize("css", ["p[[", "", ">"])
def test_an_invalid_selector_is_a_value_error(css):
    with pytest.raises(ValueError, match=re.escape(f"invalid CSS selector: {css!r}")):
        HTML(PAGE).select(css)


def test_representations():
    assert repr(HTML("<p>x</p>", "GET /")) == "<HTML GET /: '<p>x</p>'>"
    assert repr(HTML("<p>x</p>").select_one("p")) == "<Element <p>x</p>>"
