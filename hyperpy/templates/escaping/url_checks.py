"""The check of URLs in attributes. It decides on the whole value, as a browser does."""

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from hyperpy.templates.escape import escape_str
from hyperpy.templates.syntax.nodes import Context, HoleMode
from hyperpy.templates.syntax.url_holes import SINGLE

BLOCKED = "#blocked"
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
# Raster images can't hold scripts; SVG can.
RASTER = re.compile(r"data:image/(?:png|gif|jpe?g|webp|avif)[;,]", re.IGNORECASE)
CACHE_SIZE = 4096
LONGEST_CACHED = 512

# The URL parser removes these characters anywhere, https://url.spec.whatwg.org/#concept-basic-url-parser …
_DROPPED = str.maketrans("", "", "\t\n\r")
# … and these at both ends.
_STRIPPED = "".join(map(chr, range(0x21)))
_HEAD = re.compile(r"[^/?#]*?:")
_ROOTS = re.compile(r"\A\s*//+")
_SETTLED = re.compile(r"([^/?#:&]*)([/?#:])")
# Invalid characters, https://www.rfc-editor.org/rfc/rfc3986#section-2, and a `%` that encodes nothing.
_UNFIT = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
# https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps
_REFRESH = re.compile(r"\s*[\d.]*(?:[\s;,]+(?:url\s*=\s*)?['\"]?(.*))?", re.IGNORECASE | re.DOTALL)


def is_safe(url: str, *, image: bool = False) -> bool:
    """Whether a URL is relative or has a safe scheme. A colon before the first `/`, `?` or `#` ends a scheme."""
    url = url.translate(_DROPPED).strip(_STRIPPED)
    head = _HEAD.match(url)
    if not head or head[0][:-1].lower() in SCHEMES:
        return True
    return image and RASTER.match(url) is not None


def _is_safe_set(value: str) -> bool:
    """`srcset` and `ping`: URLs separated by white space and commas. A comma inside a URL only makes this stricter."""
    return all(is_safe(url, image=True) for url in re.split(r"[\s,]+", value))


def _is_safe_steps(value: str) -> bool:
    """The values of an SVG animation, which may animate an `href`."""
    return all(is_safe(step) for step in value.split(";"))


def _is_safe_refresh(value: str) -> bool:
    """The `content` of `<meta http-equiv=refresh>`: seconds and an optional URL."""
    found = _REFRESH.fullmatch(value)
    return found is not None and is_safe(found[1] or "")


def _is_json(value: str) -> bool:
    """htmx runs these values as JavaScript if they start with a scheme that says so."""
    return not value.strip().lower().startswith(("js:", "javascript:"))


CHECKS: dict[Context, Callable[[str], bool]] = {
    Context.URL: is_safe,
    Context.IMAGE_URL: partial(is_safe, image=True),
    Context.URL_SET: _is_safe_set,
    Context.URL_LIST: _is_safe_set,
    Context.URL_STEPS: _is_safe_steps,
    Context.REFRESH: _is_safe_refresh,
    Context.HTMX_JSON: _is_json,
}

# Safe URLs by context and pieces of URLs by mode, with their escaped text. Cleared when full: a location links to the
# same few again and again.
SAFE_TEXTS: dict[Context | HoleMode, dict[str, str]] = {kind: {} for kind in (*CHECKS, *HoleMode)}


def keep(kind: Context | HoleMode, text: str, escaped: str) -> str:
    """Cache the escaped text and return it."""
    if len(text) <= LONGEST_CACHED:
        known = SAFE_TEXTS[kind]
        if len(known) >= CACHE_SIZE:
            known.clear()
        known[text] = escaped
    return escaped


def escaped_url(context: Context, url: str) -> str | None:
    """The escaped URL, or None if it is unsafe."""
    if not CHECKS[context](url):
        return None
    fit = normalized(url.translate(_DROPPED).strip(_STRIPPED)) if context in SINGLE else url
    return keep(context, url, escape_str(fit))


def is_safe_start(context: Context, prefix: str) -> bool:
    """Whether every URL with this static start is safe."""
    if context is Context.HTMX_JSON:
        return bool(prefix.strip())
    if context not in SINGLE:
        return False
    # A character reference before the delimiter may continue in a value.
    head = _SETTLED.match(prefix.translate(_DROPPED).lstrip(_STRIPPED))
    return head is not None and (head[2] != ":" or head[1].lower() in SCHEMES)


def one_root(markup: str) -> str:
    """Reduce slashes at the start of a path to one: with two, the next name would be a host."""
    return _ROOTS.sub("/", markup) if "//" in markup else markup


def normalized(text: str) -> str:
    """Percent-encode characters that are invalid in a URL; keep what is already encoded."""
    return _UNFIT.sub(lambda found: quote(found[0], safe="", errors="replace"), text)
