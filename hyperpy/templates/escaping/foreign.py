"""HTML that is placed inside SVG or MathML, where scripts and style sheets are ordinary elements.

A t-string is parsed without knowing what it will be nested in, so this is checked when it is.
"""

import re

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.syntax.problems import Problem
from hyperpy.templates.syntax.scanner import FOREIGN, INTEGRATION, RAW, RCDATA

_TAG = lazy_pattern(r"<(/?)([A-Za-z][^\t\n\f\r />]*)[^>]*>")
_HTML_ENCODING = lazy_pattern(r"""\sencoding\s*=\s*(["']?)(?:text/html|application/xhtml\+xml)\1[\s>]""", re.IGNORECASE)
_TAG_START = lazy_pattern("<[A-Za-z/!?]")


def foreign_html(markup: str, kind: str) -> str:
    """The HTML, unchanged. `kind` is `svg` or `math`, in which it is placed.

    Raises Problem for an element whose text would contain tags there.
    """
    if "<" not in markup:
        return markup
    switches = INTEGRATION[kind] - RCDATA
    html_inside: list[str] = []  # open elements whose content is HTML
    position = 0
    while found := _TAG.search(markup, position):
        position, name = found.end(), found[2].lower()
        if found[1]:
            if name in html_inside:
                del html_inside[html_inside.index(name) :]
        elif name in FOREIGN and html_inside:
            position = _end(markup, name, position)
        elif name in RAW | RCDATA:
            end = _end(markup, name, position)
            if not html_inside and _TAG_START.search(markup, position, end):
                raise Problem(
                    f"`<` starts a tag in `<{name}>` here: inside SVG and MathML, it is an ordinary element",
                    f"Move the <{name}> out of it.",
                )
            position = end
        elif name in switches and _is_html_inside(name, found[0]):
            html_inside.append(name)
    return markup


def _is_html_inside(name: str, tag: str) -> bool:
    return not tag.endswith("/>") and (name != "annotation-xml" or _HTML_ENCODING.search(tag) is not None)


def _end(markup: str, name: str, position: int) -> int:
    found = re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE).search(markup, position)
    return found.start() if found else len(markup)
