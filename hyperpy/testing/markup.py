"""HTML parsed as browsers do, and searched by CSS selectors."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from hyperpy.testing.failures import HIDDEN, PageFailure, listed, request_line, shortened
from hyperpy.testing.page_forms import PageForm, Submit, controls_of

__tracebackhide__ = HIDDEN

# The start of a document. Other HTML is parsed as the content of a `<template>`, so that a lone `<tr>` is kept.
_DOCUMENT: Final = re.compile(r"\s*(<!--.*?-->\s*)*+<(!doctype|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_TEXTLESS: Final = frozenset({"head", "script", "style", "template", "title"})
_INLINE: Final = re.compile(
    "a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|i|ins|kbd|label|mark|q|s|samp|small|span|strong|sub|sup|time|u|var|wbr"
)
_UNLISTED: Final = frozenset({"html", "head", "body", "meta", "link", "-text", "-comment", "-document"})

LISTED = 12  # elements in a message
WIDTH = 100  # characters of each


class Element:
    """An element of a page. `element["href"]` is an attribute; without a value, it is an empty string."""

    def __init__(self, node: LexborNode, origin: str) -> None:
        self._node = node
        self._origin = origin

    @property
    def tag(self) -> str:
        return self._node.tag or ""

    @property
    def attributes(self) -> dict[str, str]:
        return {name: value or "" for name, value in self._node.attributes.items()}

    @property
    def html(self) -> str:
        return self._node.html or ""

    @property
    def text(self) -> str:
        """The text with all whitespace collapsed, as on the screen."""
        children = self._node.iter(include_text=True)
        return _collapsed("".join(piece for child in children for piece in _pieces(child)))

    def __getitem__(self, name: str) -> str:
        attributes = self.attributes
        if name not in attributes:
            raise PageFailure(f"{_opening(self._node)} has no attribute {name!r}")
        return attributes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    def select(self, css: str) -> list[Element]:
        """The descendants that match, in document order."""
        found = [node for node in _find(self._node, css) if node.mem_id != self._node.mem_id]
        return [Element(node, self._origin) for node in found]

    def select_one(self, css: str) -> Element:
        """The only descendant that matches. Raises PageFailure if there is none or more than one."""
        return _single(self.select(css), css, f"{_opening(self._node)} of {self._origin}", list(self._node.iter()))

    def __repr__(self) -> str:
        return f"<Element {shortened(self.html, WIDTH)}>"


class HTML:
    """A document, or a part of one. `origin` is its name in messages."""

    def __init__(self, html: str, origin: str = "this HTML") -> None:
        self.html = html
        self.origin = origin

    @cached_property
    def _parser(self) -> LexborHTMLParser:
        if _DOCUMENT.match(self.html):
            return LexborHTMLParser(self.html)
        return LexborHTMLParser(self.html, is_fragment=True, fragment_tag="template")

    @property
    def text(self) -> str:
        """The text with all whitespace collapsed, as on the screen; without title, scripts and styles."""
        return _collapsed("".join(piece for node in self._nodes() for piece in _pieces(node)))

    @property
    def title(self) -> str:
        """The document's title, or an empty string."""
        found = self._parser.css_first("title")
        return _collapsed(found.text()) if found is not None else ""

    def select(self, css: str) -> list[Element]:
        """The elements that match, in document order."""
        return [Element(node, self.origin) for node in _find(self._parser, css)]

    def select_one(self, css: str) -> Element:
        """The only element that matches. Raises PageFailure if there is none or more than one."""
        return _single(self.select(css), css, self.origin, self._nodes())

    def _nodes(self) -> list[LexborNode]:
        """The outermost nodes."""
        nodes, node = [], self._parser.root
        while node is not None:
            nodes.append(node)
            node = node.next
        return nodes

    def __contains__(self, text: str) -> bool:
        """Whether the source contains the text."""
        return text in self.html

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.origin}: {shortened(self.html, WIDTH)!r}>"


class Page(HTML):
    """The parsed HTML of a response. `submit` sends what its forms send."""

    def __init__(self, response: httpx.Response, submit: Submit[Page]) -> None:
        super().__init__(response.text, request_line(response.request))
        self.response = response
        self._submit = submit

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

    def form(self, css: str = "form") -> PageForm[Page]:
        """The only form that matches, to be filled in and submitted. Raises PageFailure if it isn't the only one."""
        node = self.select_one(css)._node
        if node.tag != "form":
            raise PageFailure(f"{_opening(node)} of {self.origin} is not a form")
        nodes = {each.mem_id: each for top in self._nodes() for each in top.traverse()}  # of a top node, siblings too
        return PageForm(node, controls_of(node, nodes.values()), self.url, self.origin, self._submit)


def _find(where: LexborHTMLParser | LexborNode, css: str) -> list[LexborNode]:
    try:
        return where.css(css)
    except SelectolaxError:
        raise ValueError(f"invalid CSS selector: {css!r}") from None


def _single(found: list[Element], css: str, origin: str, within: list[LexborNode]) -> Element:
    if len(found) == 1:
        return found[0]
    if found:
        listing = listed((shortened(_collapsed(element.html), WIDTH) for element in found), LISTED)
        raise PageFailure(f"{len(found)} elements of {origin} match {css!r}, expected one:\n{listing}")
    elements = (node for top in within for node in top.traverse() if node.tag and node.tag not in _UNLISTED)
    if existing := listed(dict.fromkeys(map(_opening, elements)), LISTED):
        raise PageFailure(f"no element of {origin} matches {css!r}. It has:\n{existing}")
    text = _collapsed("".join(piece for top in within for piece in _pieces(top)))
    what = f"Its text is: {shortened(text, WIDTH)}" if text else "It is empty."
    raise PageFailure(f"no element of {origin} matches {css!r}. {what}")


def _opening(node: LexborNode) -> str:
    """The start tag, with the attributes that selectors use most."""
    attributes = node.attributes
    selected = "".join(f' {name}="{attributes[name] or ""}"' for name in ("id", "class", "name") if name in attributes)
    return f"<{node.tag}{selected}>"


def _pieces(node: LexborNode) -> Iterator[str]:
    """The visible text in a node, with spaces around block elements."""
    if node.tag == "-text":
        yield node.text()
    elif node.tag not in _TEXTLESS:
        inline = _INLINE.fullmatch(node.tag or "")
        yield "" if inline else " "
        for child in node.iter(include_text=True):
            yield from _pieces(child)
        yield "" if inline else " "


def _collapsed(text: str) -> str:
    return " ".join(text.split())
