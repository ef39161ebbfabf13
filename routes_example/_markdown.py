"""Markdown of others as HTML, and only what is harmless of it."""

from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from hyperpy import Markup

# No images: their URLs could tell another site what somebody has asked.
TAGS: Final = {"a", "p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "h3", "ul", "ol", "li"} | {
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
FOCUSABLE: Final = {"pre": {"tabindex": "0"}}  # it may be wider than the page
SCHEMES: Final = {"http", "https", "mailto"}


def _flatten_headings(state: StateCore) -> None:
    """The headings of a text are below those of its page."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3"


_parser: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_parser.core.ruler.push("headings", _flatten_headings)


@lru_cache(maxsize=256)
def markdown(text: str) -> Markup:
    """HTML for a text, which may end anywhere: it grows."""
    written = _parser.render(text)
    return Markup(
        nh3.clean(written, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, set_tag_attribute_values=FOCUSABLE)
    )
