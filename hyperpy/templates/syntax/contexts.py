"""The contexts of attributes, by name. All names in the tables are lower case."""

import re
from functools import lru_cache

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.syntax.attribute_values import is_boolean
from hyperpy.templates.syntax.browser_libraries import HYPERSCRIPT, reading
from hyperpy.templates.syntax.holes import Context

# fmt: off
URLS = frozenset((
    "href", "src", "action", "formaction", "cite", "data", "background", "manifest", "longdesc", "usemap",
    "icon", "profile", "codebase", "classid", "dynsrc", "lowsrc", "xlink:href", "xml:base",
))
IMAGES = frozenset((
    ("img", "src"), ("source", "src"), ("input", "src"),
    ("image", "href"), ("image", "xlink:href"), ("feimage", "href"), ("feimage", "xlink:href"),
))
ANIMATIONS = frozenset(("animate", "set", "animatemotion", "animatetransform"))
ANIMATED = frozenset(("to", "from", "by", "values"))
# The properties of CSS that are attributes in SVG and may hold a URL, https://svgwg.org/svg2-draft/styling.html#PresentationAttributes
STYLES = frozenset((
    "clip-path", "cursor", "fill", "filter", "marker", "marker-end", "marker-mid", "marker-start", "mask", "stroke",
))
SVG_ELEMENTS = frozenset((
    "a", "animate", "animatemotion", "animatetransform", "circle", "clippath", "defs", "ellipse", "filter",
    "foreignobject", "g", "image", "line", "lineargradient", "marker", "mask", "path", "pattern", "polygon", "polyline",
    "radialgradient", "rect", "set", "stop", "svg", "switch", "symbol", "text", "textpath", "tspan", "use", "view",
))
UNSPREAD = frozenset((("meta", "http-equiv"), ("base", "href"), ("base", "target")))
DICTS = frozenset(("data", "aria"))
# https://html.spec.whatwg.org/multipage/syntax.html#void-elements, and the obsolete ones
VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    "param", "frame", "bgsound", "keygen",
))
NEWLINE_DROPPED = frozenset(("pre", "textarea", "listing"))
# fmt: on

# Narrower than HTML, which allows almost anything: names from data must not need quoting anywhere.
SAFE_NAME = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_.:-]*", re.ASCII)
# Properties of elements that a binding may set, without their hyphens.
_HTML_PROPERTIES = frozenset({"innerhtml", "outerhtml", "srcdoc"})
_HARMLESS = frozenset({Context.PLAIN, Context.BOOLEAN, Context.CLASS, Context.ARIA})
URL_CONTEXTS = frozenset({Context.URL, Context.IMAGE_URL, Context.URL_SET, Context.URL_LIST, Context.URL_STEPS})
STYLE_CONTEXTS = frozenset({Context.STYLE, Context.STYLE_VALUE})

# The contexts of attributes that mean the same on every element.
CONTEXTS = {
    "srcdoc": Context.SRCDOC,
    "poster": Context.IMAGE_URL,
    "class": Context.CLASS,
    "style": Context.STYLE,
    **dict.fromkeys(("srcset", "imagesrcset"), Context.URL_SET),
    **dict.fromkeys(("ping", "archive", "attributionsrc"), Context.URL_LIST),
    **dict.fromkeys(URLS, Context.URL),
}


@lru_cache(maxsize=4096)
def context_of(tag: str, name: str) -> Context:
    """The context of attribute `name` of element `tag`, both in any case."""
    tag, name = tag.lower(), name.lower()
    read = reading(name)
    if read is None:
        return _html_context(tag, name)
    if read.target is None:
        return read.context
    if not read.target:
        return Context.BINDINGS if read.library.objects else Context.REFUSED
    target = target_context(tag, read.target)
    if target is Context.PLAIN:
        return Context.SCRIPT
    return target if target is Context.REFUSED else Context.BINDING


def binding_target(tag: str, name: str) -> Context:
    """The context of the attribute that a BINDING sets."""
    read = reading(name.lower())
    assert read is not None
    assert read.target
    return target_context(tag, read.target)


def target_context(tag: str, name: str) -> Context:
    """The context of a value that a browser library will set as this attribute: a URL's, STYLE, PLAIN or REFUSED.

    It may also set the property of that name, which has no hyphens.
    """
    name = name.lower().lstrip(".^?")
    short = name.replace("-", "")
    if "[" in name or short in _HTML_PROPERTIES:
        return Context.REFUSED
    contexts = {context_of(tag, name), context_of(tag, short)} - _HARMLESS
    if not contexts:
        return Context.PLAIN
    (context, *others) = contexts
    return context if not others and context in URL_CONTEXTS | STYLE_CONTEXTS else Context.REFUSED


def _html_context(tag: str, name: str) -> Context:
    if name.startswith("on"):
        return Context.SCRIPT
    if (tag, name) in IMAGES:
        return Context.IMAGE_URL
    if tag in ANIMATIONS and name in ANIMATED:
        return Context.URL_STEPS
    if name in STYLES and tag in SVG_ELEMENTS:
        return Context.STYLE_VALUE
    if (context := CONTEXTS.get(name)) is not None:
        return context
    if is_boolean(tag, name):
        return Context.BOOLEAN
    return Context.ARIA if name.startswith("aria-") else Context.PLAIN


def context_from_data(tag: str, name: str) -> Context:
    """The context of an attribute whose name comes from a mapping."""
    context = context_of(tag, name)
    return Context.REFUSED if context in _UNSPREAD or (tag.lower(), name.lower()) in UNSPREAD else context


_UNSPREAD = frozenset({Context.SCRIPT, Context.SRCDOC, Context.BINDING, Context.BINDINGS})


def html_name(name: str) -> str:
    """A Python name as an attribute's: `hx_get` → `hx-get`, `class_` → `class`. The inverse of `python_name`."""
    stem = name.removesuffix("_") if len(name) > 1 else name
    first, rest = stem[:1], stem[1:]
    return first + rest.replace("_", "-")


def why_refused(tag: str, name: str) -> tuple[str, str]:
    """Error text and hint for a value in an attribute whose context is REFUSED."""
    tag, lower = tag.lower(), name.lower()
    if tag in ("base", "meta"):
        return f"`<{tag} {lower}>` affects the whole page, so a mapping can't set it", _written(tag, lower)
    if lower == "srcdoc":
        return "`srcdoc` is a whole document, so a mapping can't set it", _written(tag, lower)
    if context_of(tag, name) is not Context.REFUSED:
        return f"`{name}` runs as JavaScript, so a mapping can't set it", _written(tag, name)
    read = reading(lower)
    if read is None or read.library is HYPERSCRIPT:
        what = f"`{name}` runs as a script, so its value can't be computed"
    elif read.target is not None:
        return _why_not_bound(name, read.target)
    elif lower.removeprefix("v-").removeprefix("x-").startswith("html"):
        what = f"`{name}` inserts its value as HTML, so the value can't be computed"
        return what, "Interpolate the value as the element's content: <div>{value}</div>."
    else:
        what = f"{read.library.title} can run what is in `{name}`, so its value can't be computed"
    return what, "Put the value into a separate attribute, data-value={…}, and read it from there."


def _why_not_bound(name: str, target: str) -> tuple[str, str]:
    if not target:
        return (
            f"`{name}` sets attributes whose names are not known, so its value can't be computed",
            "Bind each attribute alone: :title={title}.",
        )
    return (
        f"`{name}` sets `{target}`, which can run its value, so the value can't be computed",
        "Put the value into a separate attribute, data-value={…}, and read it from there.",
    )


def _written(tag: str, name: str) -> str:
    return f"Write it out: <{tag} {name}={{value}}>."
