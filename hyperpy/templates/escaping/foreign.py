"""HTML that is placed inside SVG or MathML, where scripts and style sheets are ordinary elements.

A t-string is parsed without knowing what it will be nested in, so this is checked when it is.
"""

import re

from hyperpy.templates.syntax.problems import Problem
from hyperpy.templates.syntax.scanner import FOREIGN, INTEGRATION, RAW, RCDATA

_TAG = re.compile(r"<(/?)([A-Za-z][^\t\n\f\r />]*)[^>]*>")
_TAG_START = re.compile("<[A-Za-z/!?]")


def foreign_html(markup: str) -> str:
    """The HTML, unchanged. Raises Problem for an element whose text would contain tags here."""
    if "<" not in markup:
        return markup
    html_depth = position = 0
    while found := _TAG.search(markup, position):
        position, name = found.end(), found[2].lower()
        if name in INTEGRATION and name not in RCDATA and not found[0].endswith("/>"):
            html_depth += -1 if found[1] else 1
        elif name in FOREIGN and html_depth:
            position = _end(markup, name, position)
        elif name in RAW | RCDATA and not found[1]:
            end = _end(markup, name, position)
            if not html_depth and _TAG_START.search(markup, position, end):
                raise Problem(
                    f"`<` starts a tag in `<{name}>` here: inside SVG and MathML, it is an ordinary element",
                    f"Move the <{name}> out of it.",
                )
            position = end
    return markup


def _end(markup: str, name: str, position: int) -> int:
    found = re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE).search(markup, position)
    return found.start() if found else len(markup)
