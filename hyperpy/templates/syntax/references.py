"""Character references in attribute values, decoded as browsers do.

Before a `=` or a letter, a name without `;` is just text, which links such as `?a=1&copy=2` need,
https://html.spec.whatwg.org/multipage/parsing.html#named-character-reference-state.
"""

import html
import re
from html.entities import html5

_REFERENCE = re.compile(r"&(?:#[xX][0-9A-Fa-f]++;?|#[0-9]++;?|([A-Za-z][A-Za-z0-9]*+(?:;|(?![=;]))))")


def decoded(markup: str) -> str:
    """The value of an attribute with this source text."""
    return _REFERENCE.sub(_character, markup) if "&" in markup else markup


def _character(found: re.Match[str]) -> str:
    return html5.get(found[1], found[0]) if found[1] else html.unescape(found[0])
