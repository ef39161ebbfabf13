"""Which URLs, and what begins like one, may stand in an attribute: decided on the whole value, as a browser does."""

import re
from collections.abc import Callable
from urllib.parse import quote

from hyperpy.templates.escape import escape_str
from hyperpy.templates.syntax.nodes import Context, HoleMode
from hyperpy.templates.syntax.references import decoded
from hyperpy.templates.syntax.url_holes import SINGLE

BLOCKED = "#blocked"
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
# Raster images can't hold scripts; SVG can.
RASTER = re.compile(r"data:image/(?:png|gif|jpe?g|webp|avif)[;,]", re.IGNORECASE)
KEPT = 4096
LONGEST_KEPT = 512

# What the URL parser drops, https://url.spec.whatwg.org/#concept-basic-url-parser: these anywhere …
_DROPPED = str.maketrans("", "", "\t\n\r")
# … and these at both ends.
_STRIPPED = "".join(map(chr, range(0x21)))
_HEAD = re.compile(r"[^/?#]*?:")
_ROOTS = re.compile(r"\A\s*//+")
_SETTLED = re.compile(r"([^/?#:&]*)([/?#:])")
# What RFC 3986 has no place for, https://www.rfc-editor.org/rfc/rfc3986#section-2, and a `%` that encodes nothing.
_UNFIT = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
# https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps
_REFRESH = re.compile(r"\s*[\d.]*(?:[\s;,]+(?:url\s*=\s*)?['\"]?(.*))?", re.IGNORECASE | re.DOTALL)


def is_safe(url: str, *, image: bool = False) -> bool:
    """Relative, or of a scheme that runs nothing. A colon before the first `/`, `?` or `#` ends a scheme."""
    url = url.translate(_DROPPED).strip(_STRIPPED)
    head = _HEAD.match(url)
    if not head or head[0][:-1].lower() in SCHEMES:
        return True
    return image and RASTER.match(url) is not None


def _is_safe_image(url: str) -> bool:
    return is_safe(url, image=True)


def _is_safe_set(value: str) -> bool:
    """`srcset`, `ping`: URLs apart by white space and commas. A comma inside a URL only makes this stricter."""
    return all(is_safe(url, image=True) for url in re.split(r"[\s,]+", value))


def _is_safe_steps(value: str) -> bool:
    """The values of an SVG animation, which may be that of an `href`."""
    return all(is_safe(step) for step in value.split(";"))


def _is_safe_refresh(value: str) -> bool:
    """`content` of `<meta http-equiv=refresh>`: seconds, and perhaps a URL."""
    found = _REFRESH.fullmatch(value)
    return found is not None and is_safe(found[1] or "")


def _is_json(value: str) -> bool:
    """htmx runs such a value as JavaScript if it says so in the manner of a URL."""
    return not value.strip().lower().startswith(("js:", "javascript:"))


CHECKS: dict[Context, Callable[[str], bool]] = {
    Context.URL: is_safe,
    Context.IMAGE_URL: _is_safe_image,
    Context.URL_SET: _is_safe_set,
    Context.URL_LIST: _is_safe_set,
    Context.URL_STEPS: _is_safe_steps,
    Context.REFRESH: _is_safe_refresh,
    Context.HTMX_JSON: _is_json,
}

# Safe URLs, and pieces of URLs, escaped. Cleared when full: a location links to the same few again and again.
_safe: dict[Context | HoleMode, dict[str, str]] = {kind: {} for kind in (*CHECKS, *HoleMode)}


def memo(kind: Context | HoleMode) -> dict[str, str]:
    """Safe values of this context, or pieces of this mode, each with its escaped text."""
    return _safe[kind]


def keep(kind: Context | HoleMode, text: str, escaped: str) -> str:
    """Remembers the escaped text, and gives it."""
    if len(text) <= LONGEST_KEPT:
        known = _safe[kind]
        if len(known) >= KEPT:
            known.clear()
        known[text] = escaped
    return escaped


def escaped_url(context: Context, url: str) -> str | None:
    """The escaped value, or None if it is not safe."""
    if not CHECKS[context](url):
        return None
    fit = normalized(url.translate(_DROPPED).strip(_STRIPPED)) if context in SINGLE else url
    return keep(context, url, escape_str(fit))


def markup_is_safe(context: Context, markup: str) -> bool:
    """The same for an attribute's source text, entities and all."""
    return CHECKS[context](decoded(markup))


def settles(context: Context, prefix: str) -> bool:
    """Does this static beginning make every value safe that begins with it?"""
    if context is Context.HTMX_JSON:
        return bool(prefix.strip())
    if context not in SINGLE:
        return False
    # An entity before the delimiter may be half of one, whose other half comes from a value.
    head = _SETTLED.match(prefix.translate(_DROPPED).lstrip(_STRIPPED))
    return head is not None and (head[2] != ":" or head[1].lower() in SCHEMES)


def one_root(markup: str) -> str:
    """A path that begins with the template's own `/`: a second one would make the next name a host."""
    return _ROOTS.sub("/", markup) if "//" in markup else markup


def normalized(text: str) -> str:
    """What is unfit for a URL percent-encoded; what is encoded already stays."""
    return _UNFIT.sub(lambda found: quote(found[0], safe="", errors="replace"), text)
