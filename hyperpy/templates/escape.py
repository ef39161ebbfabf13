"""HTML escaping of exact `str` objects by markupsafe's C function, without a `Markup` for the result."""

from collections.abc import Callable

from markupsafe import Markup, escape

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


def escape_html(markup: str) -> str:
    """Escape HTML for an attribute value: quotes and angle brackets, but not character references."""
    return exact(markup).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")


def markup(text: str) -> Markup:
    """An exact str as Markup, without the checks of `Markup()`."""
    return str.__new__(Markup, text)
