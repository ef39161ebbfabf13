"""Whether a value has changed, even if it is the same object with different content."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from string.templatelib import Template
from typing import Any

import pydantic_core
from markupsafe import Markup

from hyperpy.exceptions import StreamError
from hyperpy.streams.events import Event, event_of
from hyperpy.templates import render_template
from hyperpy.templates.escaping.value_kinds import html_of, is_html


def settled(value: Any) -> Any:
    """Render the t-strings in a value: they may contain iterators, which can be consumed only once."""
    if isinstance(value, Template):
        return Markup(render_template(value).strip())
    if isinstance(value, Event) and isinstance(value.data, Template):
        return replace(value, data=settled(value.data))
    if type(value) is tuple and any(isinstance(item, Template) for item in value):
        return tuple(map(settled, value))
    if type(value) is dict and any(isinstance(item, Template) for item in value.values()):
        return {name: settled(item) for name, item in value.items()}
    return value


def fingerprint(value: object) -> object:
    """Equal for values of one class that have the same JSON, or are equal by `==` if they can't be encoded as JSON.

    An object with `__event__` is compared by the Event that it returns. Raises StreamError if `==` says nothing about
    a change, because the class doesn't define it or is mutable, and EventError for a wrong `__event__`.
    """
    if (event := event_of(value)) is not None:
        return type(value), fingerprint(settled(event))
    if isinstance(value, Iterator):
        hint = "It can be consumed only once. Make a list of it: return list(…)"
        raise StreamError(f"poll() can't compare the items of an iterator ({type(value).__name__})", hint=hint)
    try:
        text = pydantic_core.to_json(value, inf_nan_mode="constants", fallback=_html)
    except ValueError:
        if type(value).__eq__ is object.__eq__ or type(value).__hash__ is None:
            hint = "Return a t-string, or a value for JSON, such as a dict, a list or a dataclass."
            raise StreamError(
                f"poll() can't tell whether an object of class {type(value).__name__} has changed", hint=hint
            ) from None
        return type(value), value
    return type(value), blake2b(text, digest_size=16).digest()


def _html(value: object) -> str:
    if is_html(value):
        return html_of(value)
    raise ValueError(f"{type(value).__name__} can't be encoded as JSON")
