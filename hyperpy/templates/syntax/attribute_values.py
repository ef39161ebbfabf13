"""The attributes whose presence is their value, and those that say yes and no by words. All names are lower case.

https://html.spec.whatwg.org/multipage/indices.html#attributes-3
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hyperpy.templates.syntax.browser_libraries import HTMX

# fmt: off
# On every element. Custom elements use these names for the same purpose, and not for numbers.
_BOOLEAN: Final = frozenset((
    "autofocus", "checked", "disabled", "inert", "itemscope", "readonly", "required",
    # With the value `until-found`, it hides the element as well.
    "hidden",
))
# On these elements only. Elsewhere the names may mean something else, such as the number `<marquee loop>`.
_BOOLEAN_ON: Final[Mapping[str, frozenset[str]]] = MappingProxyType({
    "allowfullscreen": frozenset(("iframe",)),
    "alpha": frozenset(("input",)),
    "async": frozenset(("script",)),
    "autoplay": frozenset(("audio", "video")),
    "controls": frozenset(("audio", "video")),
    "default": frozenset(("track",)),
    "defer": frozenset(("script",)),
    # https://w3c.github.io/picture-in-picture/ and https://w3c.github.io/remote-playback/
    "disablepictureinpicture": frozenset(("video",)),
    "disableremoteplayback": frozenset(("audio", "video")),
    "formnovalidate": frozenset(("button", "input")),
    "ismap": frozenset(("img",)),
    "loop": frozenset(("audio", "video")),
    "multiple": frozenset(("input", "select")),
    "muted": frozenset(("audio", "video")),
    "nomodule": frozenset(("script",)),
    "novalidate": frozenset(("form",)),
    "open": frozenset(("details", "dialog")),
    "playsinline": frozenset(("video",)),
    "reversed": frozenset(("ol",)),
    "selected": frozenset(("option",)),
    "shadowrootclonable": frozenset(("template",)),
    "shadowrootcustomelementregistry": frozenset(("template",)),
    "shadowrootdelegatesfocus": frozenset(("template",)),
    "shadowrootserializable": frozenset(("template",)),
    "webkitdirectory": frozenset(("input",)),
})
# fmt: on

type Words = tuple[str, str | None]
"""What True and False, or 1 and 0, are written as; None removes the attribute."""

_TRUE_FALSE: Final = ("true", "false")
_ON_OFF: Final = ("on", "off")
_WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        # A missing or empty value of these is another state than `true` or `false`.
        **dict.fromkeys(("contenteditable", "draggable", "spellcheck", "writingsuggestions"), _TRUE_FALSE),
        **dict.fromkeys(("autocapitalize", "autocomplete", "autocorrect"), _ON_OFF),
        "translate": ("yes", "no"),
        # https://www.w3.org/TR/SVGTiny12/interact.html#focusable, https://www.w3.org/TR/filter-effects/ and
        # https://w3c.github.io/mathml-core/#dfn-boolean
        **dict.fromkeys(("focusable", "preservealpha", "displaystyle"), _TRUE_FALSE),
    }
)
# htmx compares with the words.
_HTMX_WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        **dict.fromkeys(("hx-boost", "hx-history", "hx-push-url", "hx-replace-url", "hx-validate"), _TRUE_FALSE),
        # Any value, `false` too, swaps the element.
        "hx-swap-oob": ("true", None),
    }
)
_MATH_WORDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("fence", "largeop", "movablelimits", "separator", "stretchy", "symmetric"), frozenset(("mo",))
        ),
        "accent": frozenset(("mover", "munderover")),
        "accentunder": frozenset(("munder", "munderover")),
    }
)

FALSE_WORDS: Final = frozenset(("0", "false", "no", "none", "null", "off"))
"""Values that look like "off" in a boolean attribute, although any value switches it on."""


def is_boolean(tag: str, name: str) -> bool:
    """Whether the attribute `name` of element `tag`, both in lower case, is set by its presence, whatever its value."""
    return name in _BOOLEAN or tag in _BOOLEAN_ON.get(name, ())


def words_of(tag: str, name: str) -> Words | None:
    """The words of attribute `name` of element `tag`, both in any case; None if it has none."""
    tag, name = tag.lower(), name.lower()
    if tag in _MATH_WORDS.get(name, ()):
        return _TRUE_FALSE
    strips = HTMX.strips
    assert strips is not None
    return _WORDS.get(name) or _HTMX_WORDS.get(strips.sub("", name))
