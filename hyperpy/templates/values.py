"""What kind of thing a value is, for text and attributes alike, and the refusals that both share."""

from collections.abc import AsyncIterable, Awaitable, Mapping
from inspect import iscoroutine

from markupsafe import Markup

from hyperpy.templates.escaping import exact
from hyperpy.templates.problems import Problem

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
    if isinstance(value, Awaitable):
        if iscoroutine(value):
            value.close()  # or Python warns that nobody awaited it
        raise Problem(
            f"`{_name(value)}` has to be awaited, which a template can't do",
            "Await it in the loader, result = await …, and interpolate {result}.",
        )
    if isinstance(value, AsyncIterable):
        raise Problem(
            f"`{_name(value)}` is an async iterable, which a template can't wait for",
            "Collect it in the loader, items = [item async for item in …], or yield the page in parts from a stream.",
        )


def _name(value: object) -> str:
    """That of the function it came from, if it says so."""
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
