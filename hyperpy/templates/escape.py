"""HTML escaping of exact `str` objects: markupsafe's C core where there is one, without the Markup around it."""

from collections.abc import Callable

from markupsafe import Markup, escape

try:
    from markupsafe import _speedups
except ImportError:  # built without its C extension
    _speedups = None  # type: ignore[assignment]

# `str.__str__` gives an exact str of any subclass, whatever its own `__str__` says.
exact = str.__str__


def escape_portably(text: str, /) -> str:
    return exact(escape(text))


# The function is private to markupsafe, and may be gone one day.
escape_str: Callable[[str], str] = getattr(_speedups, "_escape_inner", escape_portably)
"""Takes exact `str` only: on anything else the C function may fail in ways of its own."""


def escape_html(markup: str) -> str:
    """HTML as an attribute's value: its entities stay, what could end the value or look like a tag does not."""
    return exact(markup).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")


def markup(text: str) -> Markup:
    """An exact str as Markup, without the checks of `Markup()`."""
    return str.__new__(Markup, text)
