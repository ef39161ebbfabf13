"""How a browser reads a page: its elements and attributes, the structure of its scripts and style sheets, its URLs.

Two pages are compared by this. Text is left out, because values may change it.
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

# The only unambiguous uses of `/` here: an end tag in a string, and empty comments.
_PLAIN = re.compile(r"</b>|/\* +\*/|// +\n")


def can_read(code: str) -> bool:
    """Whether `shape_of_script` can read the code: template literals and regular expressions confuse it."""
    return not re.search("[`/]", _PLAIN.sub("", code))


@lru_cache(maxsize=4096)
def structure(html: str) -> Structure:
    """Elements and attribute names, as parsed by html5lib."""
    return _outline(html5lib.parse(html, namespaceHTMLElements=False))


def _outline(element) -> Structure:  # type: ignore[no-untyped-def]
    children = tuple(_outline(child) for child in element)
    name = "#comment" if callable(element.tag) else str(element.tag)
    return name, tuple(sorted(map(str, element.attrib))), children


@lru_cache(maxsize=4096)
def second_structure(html: str) -> Structure:
    """Elements and attribute names, as parsed by Lexbor."""
    root = LexborHTMLParser(html).root
    assert root is not None
    return _second_outline(root)


def _second_outline(node: LexborNode) -> Structure:
    children = tuple(_second_outline(child) for child in node.iter(include_text=False))
    return str(node.tag), tuple(sorted(node.attributes)), children


def attributes(html: str) -> Attributes:
    """All attributes in document order, as (element, name, value)."""
    root = LexborHTMLParser(html).root
    assert root is not None
    return [
        (str(node.tag), name, value or "")
        for node in root.traverse(include_text=False)
        for name, value in sorted(node.attributes.items())
    ]


def contents(html: str, tag: str) -> Iterator[str]:
    """The contents of all elements with this name."""
    for node in LexborHTMLParser(html).css(tag):
        yield node.text() or ""


def shape_of_script(code: str) -> str:
    """The code without comments and white space, and with an `S` for each string."""
    kinds = [("S" if found["string"] else found["other"] or "") for found in _CODE.finditer(code)]
    return "".join(kinds)


# What a sheet consists of beside structure: comments, strings, URLs without quotes, and escapes.
_CSS_CONTENT = re.compile(
    r"""/\*.*?(?:\*/|\Z) | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | url\(\s*(?!["'\s])(?:[^)\\]|\\.)* | \\[^\n]""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def shape_of_style(css: str) -> str:
    """The characters that structure CSS."""
    return re.sub(r"""[^{};:()@"'/*\\<]""", "", _CSS_CONTENT.sub(_begin, css))


def _begin(found: re.Match[str]) -> str:
    """What is left of content: whether it is a string or a URL, unless it could end the element."""
    text = found[0]
    return text if "</" in text else text[0] * 2 if text[0] in "\"'" else "(" if text[0] in "uU" else ""


def leads_to(url: str) -> tuple[str, str, int]:
    """The scheme, the host and the number of parameters of a URL."""
    parts = urlsplit(re.sub(r"[\t\n\r]", "", url).strip("".join(map(chr, range(33)))).replace("\\", "/"))
    return parts.scheme.lower(), parts.netloc, parts.query.count("&")
