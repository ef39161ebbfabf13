"""The HTML and the script that replace a fallback by content that is sent after it.

A fallback is sent between two empty `<template>` elements, which are allowed anywhere in a body. The content follows at
the end of the page as an ordinary element, so that browsers without scripts show it too. After the content comes a
custom element, `<hyper-late>`. The page's one script defines it to move the content between the two templates.
"""

import re
from typing import Final

from markupsafe import escape

from hyperpy.lazy import lazy_pattern

# The style sheet hides content that has not been moved yet. If the page is swapped into another one, the script may run
# twice.
SCRIPT: Final = """\
customElements.get("hyper-late")||(()=>{
const s=new CSSStyleSheet;s.replaceSync(".hyper-late{display:none}");document.adoptedStyleSheets.push(s);
customElements.define("hyper-late",class extends HTMLElement{connectedCallback(){
const g=n=>document.getElementById(this.getAttribute("for")+n),a=g(""),z=g("-end"),c=g("-content"),e=this.dataset.error;
if(a&&z&&c){while(a.nextSibling!==z)a.nextSibling.remove();z.before(...c.childNodes)}
if(a&&e)a.dataset.error=e;else if(a&&z){a.remove();z.remove()}
if(c)c.closest(".hyper-late").remove();this.remove()}})})()"""

# HTML parsers drop these tags outside of a table.
_TABLE_PARTS: Final = lazy_pattern(
    r"(?:\s|<!--.*?-->)*+<(tr|t[dh]|tbody|thead|tfoot|caption|colgroup)\b", re.IGNORECASE | re.DOTALL
)
_WRAPPERS: Final = {
    "tr": ("<table><tbody{}>", "</tbody></table>"),
    "td": ("<table><tbody><tr{}>", "</tr></tbody></table>"),
    "th": ("<table><tbody><tr{}>", "</tr></tbody></table>"),
}
_TABLE: Final = ("<table{}>", "</table>")


def script(nonce: str) -> str:
    """The page's script. `nonce` is that of its Content-Security-Policy, empty if it has none."""
    return f"<script{_nonce(nonce)}>{SCRIPT}</script>"


def replaceable(id: str, fallback: str) -> str:
    """A fallback that content can replace."""
    return f'<template id="{id}"></template>{fallback}<template id="{id}-end"></template>'


def failed(fallback: str, log_id: str) -> str:
    """A fallback that stays, because the content has failed already."""
    return f'<template data-error="{log_id}"></template>{fallback}'


def content(id: str, html: str, nonce: str, *, error: str = "") -> str:
    """The content for a fallback. `error` is the log id of a failure if this is the error content."""
    part = _TABLE_PARTS.match(html)
    if part:
        start, end = _WRAPPERS.get(part[1].lower(), _TABLE)
        inside = f'<div class="hyper-late">{start.format(f' id="{id}-content"')}{html}{end}</div>'
    else:
        inside = f'<div class="hyper-late" id="{id}-content">{html}</div>'
    # Browsers without scripts hide the fallback by this rule.
    hide = f"<noscript><style{_nonce(nonce)}>#{id}~:has(~#{id}-end){{display:none}}</style></noscript>"
    return hide + inside + completed(id, error)


def completed(id: str, error: str) -> str:
    """The element that ends a Suspense. With an `error` and no content, the fallback stays, marked for style sheets."""
    return f'<hyper-late for="{id}"{f' data-error="{error}"' if error else ""}></hyper-late>'


def _nonce(nonce: str) -> str:
    return f' nonce="{escape(nonce)}"' if nonce else ""
