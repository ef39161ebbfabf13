"""Values in URL attributes: whole URLs, of which the unsafe ones are refused, and parts of URLs.

A whole URL is checked as a browser reads it. In a part of the path, characters that are invalid in a URL and those that
would end the path are percent-encoded; after the `?`, all but letters and digits.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import quote

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.escape import decoded, escape_str, exact
from hyperpy.templates.escaping.trusted import TrustedURL
from hyperpy.templates.escaping.value_kinds import html_of, is_html, refuse_items, refuse_unfit
from hyperpy.templates.syntax.holes import Context, HoleMode
from hyperpy.templates.syntax.problems import Problem
from hyperpy.templates.syntax.url_holes import ROOTS, SINGLE

BLOCKED = "#blocked"
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
# Raster images can't hold scripts; SVG can.
RASTER = lazy_pattern(r"data:image/(?:png|gif|jpe?g|webp|avif)[;,]", re.IGNORECASE)
CLIMBS = "`..` in a value can't lead out of the path before it. To link anywhere, make the whole URL one value."
"""The hint for a value that is refused in one of PATH_MODES."""
PATH_MODES = frozenset(
    {
        HoleMode.SEGMENT,
        HoleMode.PIECE,
        HoleMode.REST,
        HoleMode.LISTED_SEGMENT,
        HoleMode.LISTED_REST,
        HoleMode.ROOT,
    }
)
CACHE_SIZE = 4096
LONGEST_CACHED = 512

# The URL parser removes these characters anywhere, https://url.spec.whatwg.org/#concept-basic-url-parser …
_DROPPED = str.maketrans("", "", "\t\n\r")
# … and these at both ends.
STRIPPED = "".join(map(chr, range(0x21)))
_HEAD = lazy_pattern(r"[^/?#]*?:")
_REMOTE = lazy_pattern(r"url\(\s*[\"']?\s*[^#\"'\s]", re.IGNORECASE)
_ROOTS = lazy_pattern(
    r"(?:[/\\\t\n\r]|&(?:sol|bsol|Tab|NewLine|#0*(?:9|10|13|47|92)|#[xX]0*(?:9|[aA]|[dD]|2[fF]|5[cC]));)+"
)
_SETTLED = lazy_pattern(r"([^/?#:&]*)([/?#:])")
# Invalid characters, https://www.rfc-editor.org/rfc/rfc3986#section-2, and a `%` that encodes nothing.
_UNFIT = lazy_pattern(r"%(?![0-9A-Fa-f]{2})|[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
# https://url.spec.whatwg.org/#single-dot-path-segment and the following
_DOT_SEGMENT = lazy_pattern(r"(?:\A|/)(?:\.|%2e){1,2}(?:/|\Z)", re.IGNORECASE)
_PATH_ENDS = str.maketrans({"?": "%3F", "#": "%23"})
_PATH = lazy_pattern("[^?#]*")
# https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps
_REFRESH = lazy_pattern(r"\s*[\d.]*(?:[\s;,]+(?:url\s*=\s*)?['\"]?(.*))?", re.IGNORECASE | re.DOTALL)
# In or behind a host, nothing that leads to another one: no `@`, and no further name.
_HOST = lazy_pattern(r"[\w.~-]*|\[[0-9A-Fa-f:.]*\]")
_AFTER_HOST = lazy_pattern(r"(?::[0-9]{0,5})?(?:[/?#]|\Z)")
_DELAY = lazy_pattern("[0-9.]+")
_HTMX_SCRIPT = lazy_pattern(r"\W*(?:js|javascript)\W*:", re.IGNORECASE)
_TRIGGER = lazy_pattern(r"[\w\s:.,#>~+*()<>/@-]*")
_SWAP = lazy_pattern(r"(?:[\w\s:.,#%]|-(?!-))*")
_WORD = lazy_pattern(r"[A-Za-z0-9_-]*")
_DESCRIPTOR = lazy_pattern("[0-9.]+[wxh]?")


def is_safe(url: str, *, image: bool = False) -> bool:
    """Whether a URL is relative or has a safe scheme. A colon before the first `/`, `?` or `#` ends a scheme."""
    url = url.translate(_DROPPED).strip(STRIPPED)
    head = _HEAD.match(url)
    if not head or head[0][:-1].lower() in SCHEMES:
        return True
    return image and RASTER.match(url) is not None


def _is_safe_set(value: str) -> bool:
    """`srcset` and `ping`: URLs separated by white space and commas. A comma inside a URL only makes this stricter."""
    return all(is_safe(url, image=True) for url in re.split(r"[\s,]+", value))


def _is_safe_steps(value: str) -> bool:
    """The values of an SVG animation, which may animate an `href`. With a backslash, CSS can spell `url(` otherwise."""
    return all(is_safe(step) for step in value.split(";")) and "\\" not in value and not _REMOTE.search(value)


def _is_safe_refresh(value: str) -> bool:
    """The `content` of `<meta http-equiv=refresh>`: seconds and an optional URL."""
    found = _REFRESH.fullmatch(value)
    return found is not None and is_safe(found[1] or "")


def _is_no_script(value: str) -> bool:
    """htmx runs these values as JavaScript if they start with a scheme that says so, with or without white space."""
    return not _HTMX_SCRIPT.match(value)


def _is_trigger(value: str) -> bool:
    """htmx runs what is in brackets. Quotes and braces could hide them."""
    return _TRIGGER.fullmatch(value) is not None


def _is_swap(value: str) -> bool:
    """The extension of idiomorph runs what follows `morph:`. Nothing in these characters calls or assigns."""
    return _SWAP.fullmatch(value) is not None


def _is_word(value: str) -> bool:
    return _WORD.fullmatch(value) is not None


CHECKS: dict[Context, Callable[[str], bool]] = {
    Context.URL: is_safe,
    Context.IMAGE_URL: partial(is_safe, image=True),
    Context.URL_SET: _is_safe_set,
    Context.URL_LIST: _is_safe_set,
    Context.URL_STEPS: _is_safe_steps,
    Context.REFRESH: _is_safe_refresh,
    Context.HTMX_JSON: _is_no_script,
    Context.HTMX_TEXT: _is_no_script,
    Context.HTMX_TRIGGER: _is_trigger,
    Context.HTMX_SWAP: _is_swap,
    Context.WORD: _is_word,
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
    fit = normalized(url.translate(_DROPPED).strip(STRIPPED)) if context in SINGLE else url
    return keep(context, url, escape_str(fit))


def is_safe_start(context: Context, prefix: str) -> bool:
    """Whether every URL with this static start is safe."""
    if context is Context.HTMX_JSON:
        return True  # the static text decides how htmx reads it
    if context is Context.HTMX_TEXT:
        start = re.sub(r"\W", "", prefix).lower()
        return not ("javascript".startswith(start) or "js".startswith(start))
    if context not in SINGLE:
        return False
    # A character reference before the delimiter may continue in a value.
    head = _SETTLED.match(prefix.translate(_DROPPED).lstrip(STRIPPED))
    return head is not None and (head[2] != ":" or head[1].lower() in SCHEMES)


def is_root(prefix: str) -> bool:
    """Whether the static start of a URL is a single slash. A reference at its end may continue in a value."""
    return decoded(prefix).translate(_DROPPED).strip(STRIPPED) in ROOTS and not re.search("&[#A-Za-z0-9]*\\Z", prefix)


def after_root(markup: str) -> str:
    """Remove slashes after the first one: with two, the next name would be a host."""
    found = _ROOTS.match(markup)
    return markup[found.end() :] if found else markup


def normalized(text: str) -> str:
    """Percent-encode characters that are invalid in a URL; keep what is already encoded."""
    return _UNFIT.sub(lambda found: quote(found[0], safe="", errors="replace"), text)


def escaped_part(mode: HoleMode, value: object) -> str | None:
    """A value inside a URL, escaped, or None if it is invalid there."""
    if type(value) is TrustedURL:
        return escape_str(exact(value))
    if isinstance(value, Mapping):
        return escape_str(_parameters(mode, value))
    text = plain(value)
    fit = fit_piece(mode, text)
    return None if fit is None else keep(mode, text, escape_str(fit))


def fit_piece(mode: HoleMode, text: str) -> str | None:
    """A text for this part of a URL, not yet escaped for HTML, or None if it is invalid there."""
    match mode:
        case HoleMode.QUERY:
            return quote(text, safe="", errors="replace")
        case HoleMode.DELAY:
            return text if _DELAY.fullmatch(text) else None
        case HoleMode.TRIGGER:
            return text if _is_trigger(text) else None
        case HoleMode.SWAP:
            return text if _is_swap(text) else None
        case HoleMode.DESCRIPTOR:
            return text if _DESCRIPTOR.fullmatch(text) else None
        case HoleMode.SEGMENT:
            return _segment(normalized(text))
        case HoleMode.PIECE:
            return _piece(normalized(text))
        case HoleMode.REST:
            return _rest(normalized(text))
        case HoleMode.LISTED_SEGMENT:
            return _segment(_listed(text))
        case HoleMode.LISTED_REST:
            return _rest(_listed(text))
        case HoleMode.ROOT:
            path = _segment(_listed(text.lstrip("/\\\t\n\r ")))
            return None if path is None else path.lstrip("/") or "."  # so that no other slash follows at once
        case HoleMode.HOST:
            return normalized(text) if _HOST.fullmatch(text) else None
        case HoleMode.AFTER_HOST:
            return _listed(text) if _AFTER_HOST.match(text) else None
        case HoleMode.REFRESHED:
            return normalized(text).replace("'", "%27")
        case HoleMode.CANDIDATE if not RASTER.match(text):
            return normalized(text).replace(",", "%2C")
        case _:
            return normalized(text)


def _listed(text: str) -> str:
    """The text for a list of URLs or a refresh, where commas and quotes mean something."""
    return normalized(text).replace("'", "%27").replace(",", "%2C")


def _segment(text: str) -> str | None:
    """An encoded text that begins a segment of a path. Like the following, None if it leads out of its place."""
    path = text.translate(_PATH_ENDS)
    return _resolved(path.split("/")) if _DOT_SEGMENT.search(path) else path


def _piece(text: str) -> str | None:
    """An encoded text that continues a segment. If it is dots, they could make a dot segment of what they continue."""
    path = text.translate(_PATH_ENDS)
    if not _DOT_SEGMENT.search(path):
        return path
    first, *others = path.split("/")
    if _dots(first) or (after := _resolved(others)) is None:
        return None
    return f"{first}/{after}"


def _rest(text: str) -> str | None:
    """A piece, or all that follows in the URL, which then begins with its delimiter."""
    if not text.startswith(("/", "?", "#")):
        return _piece(text)
    found = _PATH.match(text)
    assert found
    path = _piece(found[0])
    return None if path is None else path + text[found.end() :]


def _resolved(segments: Sequence[str]) -> str | None:
    """The path without dot segments; None if one leads out of it."""
    kept: list[str] = []
    for number, each in enumerate(segments, 1):
        dots = _dots(each)
        if dots == 2:
            if not kept:
                return None
            kept.pop()
        if not dots:
            kept.append(each)
        elif number == len(segments):
            kept.append("")
    return "/".join(kept)


def _dots(text: str) -> int:
    """How many dots a dot segment has; 0 for any other segment."""
    dots = text.lower().replace("%2e", ".")
    return len(dots) if dots in (".", "..") else 0


def plain(value: object) -> str:
    """A value as plain text. HTML has its character references decoded."""
    if value is None or isinstance(value, bool):
        return ""
    if is_html(value):
        return decoded(html_of(value))
    if isinstance(value, str):
        return exact(str(value))
    refuse_unfit(value)
    refuse_items(value, "/")
    return exact(str(value))


def _parameters(mode: HoleMode, mapping: Mapping[object, object]) -> str:
    """`name=value` pairs. None is left out, lists repeat the name, booleans become words."""
    if mode is not HoleMode.QUERY:
        raise Problem(
            "a mapping becomes the query of a URL, and can't be used here",
            'Write it after a `?`: "/x?{params}".',
        )
    pairs = []
    for name, value in mapping.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [f"{_parameter(name)}={_parameter(item)}" for item in values if item is not None]
    return "&".join(pairs)


def _parameter(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else plain(value)
    return quote(text, safe="", errors="replace")
