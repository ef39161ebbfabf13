"""Whether a value is another one than before, even if it is the same object with other things in it."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from string.templatelib import Template
from typing import Any

import pydantic_core
from markupsafe import Markup

from hyperpy.exceptions import StreamError
from hyperpy.streams.events import Event
from hyperpy.templates import render_template


def settled(value: Any) -> Any:
    """The value with its t-strings rendered: they may hold what can be gone through once only."""
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
    """Equal for values of one class that are alike as JSON, or by `==` if they can't be written as JSON.

    Raises StreamError if `==` would tell nothing, because the class leaves it at identity, or is mutable.
    """
    if isinstance(value, Iterator):
        hint = "It can be gone through once only. Make a list of it: return list(…)"
        raise StreamError(f"poll() can't compare what {_a(value)} gives", hint=hint)
    try:
        text = pydantic_core.to_json(value, inf_nan_mode="constants", fallback=_html)
    except ValueError:
        if type(value).__eq__ is object.__eq__ or type(value).__hash__ is None:
            hint = "Return what is sent: a t-string, or a value for JSON, such as a dict, a list or a dataclass."
            raise StreamError(f"poll() can't see whether {_a(value)} has changed", hint=hint) from None
        return type(value), value
    return type(value), blake2b(text, digest_size=16).digest()


def _html(value: object) -> str:
    if hasattr(value, "__html__"):
        return str(value.__html__())
    raise ValueError(f"{type(value).__name__} can't be written as JSON")


def _a(value: object) -> str:
    return f"an object of the class {type(value).__name__}"
