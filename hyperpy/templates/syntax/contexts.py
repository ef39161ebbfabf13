"""The contexts of attributes, by name. All names in the tables are lower case."""

import re
from functools import lru_cache

from hyperpy.templates.syntax.nodes import Context

# fmt: off
URLS = frozenset((
    "href", "src", "action", "formaction", "cite", "data", "background", "manifest", "longdesc", "usemap",
    "icon", "profile", "codebase", "classid", "dynsrc", "lowsrc", "xlink:href", "xml:base", "hx-get", "hx-post",
    "hx-put", "hx-patch", "hx-delete", "hx-push-url", "hx-replace-url", "sse-connect", "hx-sse:connect",
))
IMAGES = frozenset((
    ("img", "src"), ("source", "src"), ("input", "src"),
    ("image", "href"), ("image", "xlink:href"), ("feimage", "href"),
))
ANIMATIONS = frozenset(("animate", "set", "animatemotion", "animatetransform"))
ANIMATED = frozenset(("to", "from", "by", "values"))
# Values here are hyperscript, or are inserted as HTML.
UNREADABLE = frozenset(("_", "data-script", "hx-vars"))
HTML_SINKS = frozenset(("x-html", "v-html"))
HANDLER_PREFIXES = ("on", "hx-on", "x-on:", "@", "data-on-", "data-on:")
# Alpine.js, Vue and Datastar evaluate these as JavaScript, with or without `:key`, `.modifier` and `__modifier`.
EXPRESSIONS = frozenset((
    "x-data", "x-init", "x-show", "x-text", "x-model", "x-modelable", "x-effect", "x-if", "x-for", "x-id", "x-bind",
    "x-anchor", "x-intersect", "x-resize", "x-sort", "x-trap",
    "data-attr", "data-class", "data-computed", "data-custom-validity", "data-effect", "data-init",
    "data-json-signals", "data-replace-url", "data-show", "data-signals", "data-style", "data-text",
    "data-view-transition",
))
EXPRESSION_PREFIXES = (
    ":", "v-", "#", ".", "data-attr-", "data-class-", "data-computed-", "data-signals-", "data-style-",
)
UNSPREAD = frozenset((("meta", "http-equiv"), ("base", "href"), ("base", "target")))
DICTS = frozenset(("data", "aria"))
# https://html.spec.whatwg.org/multipage/syntax.html#void-elements, and the obsolete ones
VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    "param", "frame", "bgsound", "keygen",
))
# fmt: on

# Narrower than HTML, which allows almost anything: names from data must not need quoting anywhere.
SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*", re.ASCII)


def _stem(name: str) -> str:
    return re.split("[.:]|__", name, maxsplit=1)[0]


# The contexts of attributes that mean the same on every element.
CONTEXTS = {
    "srcdoc": Context.SRCDOC,
    "poster": Context.IMAGE_URL,
    "class": Context.CLASS,
    "style": Context.STYLE,
    **dict.fromkeys(("srcset", "imagesrcset"), Context.URL_SET),
    **dict.fromkeys(("ping", "archive"), Context.URL_LIST),
    **dict.fromkeys(URLS, Context.URL),
    **dict.fromkeys(("hx-vals", "hx-headers", "hx-request"), Context.HTMX_JSON),
}


@lru_cache(maxsize=4096)
def context_of(tag: str, name: str) -> Context:
    """The context of attribute `name` of element `tag`, both in any case."""
    tag, name = tag.lower(), name.lower()
    if name.startswith("data-hx-"):
        name = name.removeprefix("data-")
    if _stem(name) in HTML_SINKS or name in UNREADABLE:
        return Context.REFUSED
    if _stem(name) in EXPRESSIONS or name.startswith(HANDLER_PREFIXES + EXPRESSION_PREFIXES):
        return Context.SCRIPT
    if (tag, name) in IMAGES:
        return Context.IMAGE_URL
    if tag in ANIMATIONS and name in ANIMATED:
        return Context.URL_STEPS
    return CONTEXTS.get(name, Context.ARIA if name.startswith("aria-") else Context.PLAIN)


def context_from_data(tag: str, name: str) -> Context:
    """The context of an attribute whose name comes from a mapping."""
    context = context_of(tag, name)
    is_refused = context in (Context.SCRIPT, Context.SRCDOC) or (tag.lower(), name.lower()) in UNSPREAD
    return Context.REFUSED if is_refused else context


def html_name(name: str) -> str:
    """A Python name as an attribute's: `hx_get` → `hx-get`, `class_` → `class`. The inverse of `python_name`."""
    stem = name.removesuffix("_") if len(name) > 1 else name
    first, rest = stem[:1], stem[1:]
    return first + rest.replace("_", "-")


def python_name(name: str) -> str:
    """The keyword argument for an attribute of a component."""
    return name.replace("-", "_")


def why_refused(tag: str, name: str) -> tuple[str, str]:
    """Error text and hint for a value in an attribute whose context is REFUSED."""
    tag, lower = tag.lower(), name.lower()
    if tag in ("base", "meta"):
        return f"`<{tag} {lower}>` affects the whole page, so a mapping can't set it", _written(tag, lower)
    if lower == "srcdoc":
        return "`srcdoc` is a whole document, so a mapping can't set it", _written(tag, lower)
    if _stem(lower) in HTML_SINKS:
        return (
            f"`{name}` inserts its value as HTML, so the value can't be computed",
            "Interpolate the value as the element's content: <div>{value}</div>.",
        )
    if lower in UNREADABLE:
        return (
            f"`{name}` runs as a script, so its value can't be computed",
            "Put the value into a separate attribute, data-value={…}, and read it from there.",
        )
    return f"`{name}` runs as JavaScript, so a mapping can't set it", _written(tag, name)


def _written(tag: str, name: str) -> str:
    return f"Write it out: <{tag} {name}={{value}}>."
