"""What kind of thing a value is, for text and attributes alike, and the refusals that both share."""

from collections.abc import AsyncIterable, Awaitable, Mapping

from markupsafe import Markup

from hyperpy.templates.deferred import dismiss
from hyperpy.templates.escape import exact
from hyperpy.templates.syntax.problems import Problem

# These show what they hold in a message; anything else may hold, or do, too much.
_PLAIN = frozenset({str, bytes, bytearray, bool, int, float})


def is_html(value: object) -> bool:
    """Asked of the type: mocks and proxies answer yes to anything asked of themselves."""
    return hasattr(type(value), "__html__")


def html_of(value: object) -> str:
    """The HTML of a thing that has `__html__`."""
    if type(value) is Markup:
        return exact(value)
    markup: object = value.__html__()  # type: ignore[attr-defined]
    if not isinstance(markup, str):
        raise Problem(f"`__html__` of {shown(value)} gave {shown(markup)}, not a str")
    return exact(markup)


def refuse_unfit(value: object) -> None:
    """Raises a Problem for what has no text."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise Problem(f"{shown(value)} is no text", "Decode it: {value.decode()}.")
    if isinstance(value, Mapping):
        raise Problem(
            f"a template can't show {shown(value)}",
            "Write out what to show, {mapping['key']}; among a tag's attributes {mapping:**} spreads it.",
        )
    refuse_deferred(value)


def refuse_deferred(value: object) -> None:
    """Raises a Problem for what has to be awaited."""
    if isinstance(value, Awaitable):
        dismiss(value)
        raise Problem(
            f"`{name_of(value)}` has to be awaited, and nothing waits for it here",
            "Await it first, result = await …, and interpolate {result}. Only the text of a page or a `yield` waits.",
        )
    if isinstance(value, AsyncIterable):
        raise Problem(
            f"`{name_of(value)}` is an async iterable, and nothing waits for it here",
            "Collect it first, items = [item async for item in …], and interpolate {items}. "
            "Only the text of a page or a `yield` waits.",
        )


def name_of(value: object) -> str:
    """That of the function which a coroutine or generator came from, else its type's."""
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else type(value).__name__


def shown(value: object) -> str:
    """The value in a message: its type, and what it is if that is short."""
    name = type(value).__qualname__
    if value is None:
        return "None"
    if type(value) in _PLAIN and len(text := repr(value)) <= 40:
        return f"{text} ({name})"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
