"""What a browser makes of a page, for two pages to be compared: its elements and attributes, the shape of its scripts
and style sheets, and where its URLs lead. What a value may change, text, is left out.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

import html5lib
from selectolax.lexbor import LexborHTMLParser, LexborNode

type Structure = tuple[str, tuple[str, ...], tuple[Structure, ...]]
type Attributes = list[tuple[str, str, str]]

_CODE = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<space>\s+)|(?P<other>.)""",
    re.DOTALL,
)

# The one use of `/` that leaves no doubt here: an end tag in a string, and comments of which nothing is left.
_PLAIN = re.compile(r"</b>|/\* +\*/|// +\n")


def can_read(code: str) -> bool:
    """In a template literal, and where a regular expression may be, `shape_of_script` can't tell what a quote means."""
    return not re.search("[`/]", _PLAIN.sub("", code))


@lru_cache(maxsize=4096)
def structure(html: str) -> Structure:
    """Elements and attribute names, as html5lib reads them."""
    return _outline(html5lib.parse(html, namespaceHTMLElements=False))


def _outline(element) -> Structure:  # type: ignore[no-untyped-def]
    children = tuple(_outline(child) for child in element)
    name = "#comment" if callable(element.tag) else str(element.tag)
    return name, tuple(sorted(map(str, element.attrib))), children


@lru_cache(maxsize=4096)
def second_structure(html: str) -> Structure:
    """The same, as Lexbor reads them."""
    root = LexborHTMLParser(html).root
    assert root is not None
    return _second_outline(root)


def _second_outline(node: LexborNode) -> Structure:
    children = tuple(_second_outline(child) for child in node.iter(include_text=False))
    return str(node.tag), tuple(sorted(node.attributes)), children


def attributes(html: str) -> Attributes:
    """Every attribute in the order of the page: its element, its name, its value."""
    root = LexborHTMLParser(html).root
    assert root is not None
    return [
        (str(node.tag), name, value or "")
        for node in root.traverse(include_text=False)
        for name, value in sorted(node.attributes.items())
    ]


def contents(html: str, tag: str) -> Iterator[str]:
    """What the elements of this name hold."""
    for node in LexborHTMLParser(html).css(tag):
        yield node.text() or ""


def shape_of_script(code: str) -> str:
    """The code without its comments and white space, each string an `S`. It has no regular expressions with quotes."""
    kinds = [("S" if found["string"] else found["other"] or "") for found in _CODE.finditer(code)]
    return "".join(kinds)


def shape_of_style(css: str) -> str:
    """What divides rules and declarations."""
    return re.sub(r"""[^{};:()@"'/*\\<]""", "", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))


def leads_to(url: str) -> tuple[str, str, int]:
    """Scheme, host, and the number of parameters."""
    parts = urlsplit(re.sub(r"[\t\n\r]", "", url).strip("".join(map(chr, range(33)))).replace("\\", "/"))
    return parts.scheme.lower(), parts.netloc, parts.query.count("&")
