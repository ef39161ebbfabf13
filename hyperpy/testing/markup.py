"""HTML to look into: parsed as browsers do, searched by CSS selectors."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from hyperpy.testing.answers import shortened
from hyperpy.testing.failures import HIDDEN, PageFailure

__tracebackhide__ = HIDDEN

# What makes HTML a document. Anything else is parsed as what a template may hold, so that a lone `<tr>` stays one.
_DOCUMENT: Final = re.compile(r"\s*(<!--.*?-->\s*)*<(!doctype|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_TEXTLESS: Final = frozenset({"head", "script", "style", "template", "title"})
_INLINE: Final = re.compile(
    "a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|i|ins|kbd|label|mark|q|s|samp|small|span|strong|sub|sup|time|u|var|wbr"
)
_UNSEEN: Final = frozenset({"html", "head", "body", "meta", "link", "-text", "-comment", "-document"})

SHOWN = 12  # elements that a failure lists
WIDTH = 100  # characters of each


class Element:
    """An element of a page. `element["href"]` is an attribute; one without a value is the empty string."""

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
        """The text with all white space made single spaces, as it is on the screen."""
        children = self._node.iter(include_text=True)
        return _folded("".join(piece for child in children for piece in _pieces(child)))

    def __getitem__(self, name: str) -> str:
        attributes = self.attributes
        if name not in attributes:
            raise PageFailure(f"{_opening(self._node)} has no attribute {name!r}")
        return attributes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    def select(self, css: str) -> list[Element]:
        """The elements inside that match, in their order."""
        found = [node for node in _find(self._node, css) if node.mem_id != self._node.mem_id]
        return [Element(node, self._origin) for node in found]

    def one(self, css: str) -> Element:
        """The element inside that matches. Raises PageFailure if there is none, or more than one."""
        return _single(self.select(css), css, f"{_opening(self._node)} of {self._origin}", list(self._node.iter()))

    def __repr__(self) -> str:
        return f"<Element {shortened(self.html, WIDTH)}>"


class HTML:
    """A document, or a piece of one. `origin` is what failures call it."""

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
        """The text with all white space made single spaces, as it is on the screen; no title, script or style."""
        return _folded("".join(piece for node in self._nodes() for piece in _pieces(node)))

    @property
    def title(self) -> str:
        """The document's title; empty if there is none."""
        found = self._parser.css_first("title")
        return _folded(found.text()) if found is not None else ""

    def select(self, css: str) -> list[Element]:
        """The elements that match, in their order."""
        return [Element(node, self.origin) for node in _find(self._parser, css)]

    def one(self, css: str) -> Element:
        """The element that matches. Raises PageFailure if there is none, or more than one."""
        return _single(self.select(css), css, self.origin, self._nodes())

    def _nodes(self) -> list[LexborNode]:
        """The outermost nodes."""
        nodes, node = [], self._parser.root
        while node is not None:
            nodes.append(node)
            node = node.next
        return nodes

    def __contains__(self, text: str) -> bool:
        """Whether the source has the text."""
        return text in self.html

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.origin}: {shortened(self.html, WIDTH)!r}>"


def _find(where: LexborHTMLParser | LexborNode, css: str) -> list[LexborNode]:
    try:
        return where.css(css)
    except SelectolaxError:
        raise ValueError(f"{css!r} is no CSS selector") from None


def _single(found: list[Element], css: str, origin: str, within: list[LexborNode]) -> Element:
    if len(found) == 1:
        return found[0]
    if found:
        listed = _listed(shortened(_folded(element.html), WIDTH) for element in found)
        raise PageFailure(f"{len(found)} elements of {origin} match {css!r}, not one:\n{listed}")
    if there := _listed(dict.fromkeys(_opening(node) for top in within for node in _elements(top))):
        raise PageFailure(f"no element of {origin} matches {css!r}. There are:\n{there}")
    text = _folded("".join(piece for top in within for piece in _pieces(top)))
    what = f"Its text is: {shortened(text, WIDTH)}" if text else "It is empty."
    raise PageFailure(f"no element of {origin} matches {css!r}. {what}")


def _listed(rows: Iterable[str]) -> str:
    lines = [f"  {row}" for row in rows]
    return "\n".join(lines[:SHOWN] + [f"  … and {len(lines) - SHOWN} more"] * (len(lines) > SHOWN))


def _opening(node: LexborNode) -> str:
    """The tag with the attributes that selectors mostly ask for."""
    attributes = node.attributes
    shown = "".join(f' {name}="{attributes[name] or ""}"' for name in ("id", "class", "name") if name in attributes)
    return f"<{node.tag}{shown}>"


def _elements(node: LexborNode) -> Iterator[LexborNode]:
    return (each for each in node.traverse() if each.tag and each.tag not in _UNSEEN)


def _pieces(node: LexborNode) -> Iterator[str]:
    """The visible text below a node. Elements that begin a line of their own are set apart."""
    if node.tag == "-text":
        yield node.text()
    elif node.tag not in _TEXTLESS:
        inline = _INLINE.fullmatch(node.tag or "")
        yield "" if inline else " "
        for child in node.iter(include_text=True):
            yield from _pieces(child)
        yield "" if inline else " "


def _folded(text: str) -> str:
    return " ".join(text.split())
