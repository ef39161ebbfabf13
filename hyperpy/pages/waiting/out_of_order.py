"""How content gets into a place that has been sent before it.

Around a fallback stand two empty templates, allowed anywhere in a body. The content follows at the end of the page, as
an ordinary element, so that it is there for browsers that run no scripts. An element of our own behind it says that it
is complete, and the page's one script gives that element its meaning: to move the content between the two templates.
"""

import re
from typing import Final

from markupsafe import escape

# The sheet keeps what has not been moved yet from being seen. A page that is swapped into another may bring the script
# a second time.
SCRIPT: Final = """\
customElements.get("hyper-late")||(()=>{
const s=new CSSStyleSheet;s.replaceSync(".hyper-late{display:none}");document.adoptedStyleSheets.push(s);
customElements.define("hyper-late",class extends HTMLElement{connectedCallback(){
const g=n=>document.getElementById(this.getAttribute("for")+n),a=g(""),z=g("-end"),c=g("-content"),e=this.dataset.error;
if(a&&z&&c){while(a.nextSibling!==z)a.nextSibling.remove();z.before(...c.childNodes)}
if(a&&e)a.dataset.error=e;else if(a&&z){a.remove();z.remove()}
if(c)c.closest(".hyper-late").remove();this.remove()}})})()"""

# What may stand in a table only, would be lost outside of one.
_TABLE_PARTS: Final = re.compile(
    r"(?:\s|<!--.*?-->)*<(tr|t[dh]|tbody|thead|tfoot|caption|colgroup)\b", re.IGNORECASE | re.DOTALL
)
_WRAPPERS: Final = {
    "tr": ("<table><tbody{}>", "</tbody></table>"),
    "td": ("<table><tbody><tr{}>", "</tr></tbody></table>"),
    "th": ("<table><tbody><tr{}>", "</tr></tbody></table>"),
}
_TABLE: Final = ("<table{}>", "</table>")


def script(nonce: str) -> str:
    """`nonce` is that of the page's Content-Security-Policy; empty if it has none."""
    return f"<script{_nonce(nonce)}>{SCRIPT}</script>"


def placeholder(id: str, fallback: str) -> str:
    return f'<template id="{id}"></template>{fallback}<template id="{id}-end"></template>'


def failed(fallback: str, log_id: str) -> str:
    """A fallback that stays, because what should have come in its place has failed already."""
    return f'<template data-error="{log_id}"></template>{fallback}'


def content(id: str, html: str, nonce: str, *, error: str = "") -> str:
    """The content for a place, once it is there. `error` is the id under which the log says why it is another."""
    found = _TABLE_PARTS.match(html)
    if found:
        start, end = _WRAPPERS.get(found[1].lower(), _TABLE)
        inside = f'<div class="hyper-late">{start.format(f' id="{id}-content"')}{html}{end}</div>'
    else:
        inside = f'<div class="hyper-late" id="{id}-content">{html}</div>'
    # Without scripts the fallback has to go as well.
    hide = f"<noscript><style{_nonce(nonce)}>#{id}~:has(~#{id}-end){{display:none}}</style></noscript>"
    return hide + inside + _announced(id, error)


def no_content(id: str, error: str) -> str:
    """Nothing is going to come: the fallback stays, and says so to style sheets."""
    return _announced(id, error)


def _announced(id: str, error: str) -> str:
    return f'<hyper-late for="{id}"{f' data-error="{error}"' if error else ""}></hyper-late>'


def _nonce(nonce: str) -> str:
    return f' nonce="{escape(nonce)}"' if nonce else ""
