"""HTML escaping of exact `str` objects by markupsafe's C function, without a `Markup` for the result; and decoding."""

import html
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from html.entities import html5
from types import MappingProxyType
from typing import Final

from markupsafe import Markup, escape

from hyperpy.lazy import lazy_pattern

try:
    from markupsafe import _speedups
except ImportError:  # built without its C extension
    _speedups = None  # type: ignore[assignment]

# Converts any str subclass to an exact str and ignores its own `__str__`.
exact = str.__str__


def escape_portably(text: str, /) -> str:
    return exact(escape(text))


# The C function is private to markupsafe and may disappear in a later version.
escape_str: Callable[[str], str] = getattr(_speedups, "_escape_inner", escape_portably)
"""Takes only exact `str`: the C function is undefined for other types."""


text_functions: Final[ContextVar[Mapping[str, Callable[..., str]]]] = ContextVar(
    "hyperpy.text_functions", default=MappingProxyType({})
)
"""Replacements for `ESCAPE`, `TEXT` and other functions in the code of templates loaded in this context, such as
those of `hyper dev` that warn."""


def escape_html(markup: str) -> str:
    """Escape HTML for an attribute value: quotes and angle brackets, but not character references."""
    return exact(markup).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")


def with_newline(markup: str) -> str:
    """HTML to follow a start tag after which browsers drop a newline, https://html.spec.whatwg.org/multipage/syntax.html#element-restrictions"""
    return f"\n{markup}" if markup[:1] in ("\n", "\r") else markup


new_str: Final = str.__new__


def markup(text: str) -> Markup:
    """An exact str as Markup, without the checks of `Markup()`."""
    return new_str(Markup, text)


# Before a `=` or a letter, a name without `;` is just text, which links such as `?a=1&copy=2` need,
# https://html.spec.whatwg.org/multipage/parsing.html#named-character-reference-state.
_REFERENCE = lazy_pattern(r"&(?:#[xX][0-9A-Fa-f]++;?|#[0-9]++;?|([A-Za-z][A-Za-z0-9]*+(?:;|(?![=;]))))")


def decoded(markup: str) -> str:
    """The value of an attribute with this source text: its character references decoded as browsers do."""
    return _REFERENCE.sub(_character, markup) if "&" in markup else markup


def _character(found: re.Match[str]) -> str:
    return html5.get(found[1], found[0]) if found[1] else html.unescape(found[0])
