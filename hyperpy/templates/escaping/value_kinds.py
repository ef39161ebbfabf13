"""Kinds of values, and the errors that text and attributes share."""

import inspect
from collections.abc import AsyncIterable, Awaitable, Iterator, Mapping
from string.templatelib import Template
from types import BuiltinFunctionType, FunctionType, MethodType

from markupsafe import Markup

from hyperpy.templates.deferred import dismiss
from hyperpy.templates.escape import exact
from hyperpy.templates.syntax.problems import Problem

# Messages show the value of these types. The repr of others may be long, or have side effects.
_PLAIN = frozenset({str, bytes, bytearray, bool, int, float})


def is_html(value: object) -> bool:
    """Whether the value's type has `__html__`. Instances aren't asked: mocks and proxies have every attribute."""
    return hasattr(type(value), "__html__")


def html_of(value: object) -> str:
    """The HTML of a value that has `__html__`."""
    if type(value) is Markup:
        return exact(value)
    markup: object = value.__html__()  # type: ignore[attr-defined]
    if not isinstance(markup, str):
        hint = 'Return `html(t"…")`.' if isinstance(markup, Template) else ""
        raise Problem(f"`__html__` of {describe(value)} returned {describe(markup)}, not a str", hint)
    return exact(markup)


def refuse_unfit(value: object) -> None:
    """Raise Problem for a value that can't be rendered as text.

    A type may have its own words for that: the method `__hyper_template_problem__` returns what is wrong, and a hint.
    """
    if (problem := getattr(type(value), "__hyper_template_problem__", None)) is not None:
        raise Problem(*problem(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise Problem(f"{describe(value)} is not text", "Decode it: {value.decode()}.")
    if isinstance(value, Mapping):
        raise Problem(
            f"a template can't render {describe(value)}",
            "Render its items, {mapping['key']}, or spread it over a tag, {mapping:**}.",
        )
    if isinstance(value, type) or _is_model(value):
        refuse_textless(value)
    refuse_deferred(value)


def _is_model(value: object) -> bool:
    """Whether the value is a pydantic model without text of its own. Models are iterables of their fields."""
    return hasattr(type(value), "__pydantic_fields__") and type(value).__str__.__module__.startswith("pydantic.")


def refuse_textless(value: object) -> None:
    """Raise Problem for a value without text of its own, whose `str` would show its type, address or fields."""
    kind = type(value)
    if isinstance(value, type):
        raise Problem(f"the class `{value.__name__}` has no text", "Interpolate one of its instances.")
    is_own = kind.__str__ is not object.__str__ or not _is_generated(kind.__repr__)
    if isinstance(value, (int, float, complex)) or (is_own and not _is_model(value)):
        return
    if isinstance(value, (FunctionType, BuiltinFunctionType, MethodType)):
        raise Problem(f"the function `{name_of(value)}` has no text", "Call it, and interpolate the result.")
    raise Problem(
        f"{describe(value)} has no text of its own",
        "Interpolate one of its attributes, or give its class a method `__str__`.",
    )


def _is_generated(method: object) -> bool:
    """Whether a `__repr__` is built in, or written by `dataclass` or the like."""
    code = getattr(inspect.unwrap(method), "__code__", None) if callable(method) else None
    return code is None or code.co_filename.startswith("<")


def refuse_items(value: object, separator: str) -> None:
    """Raise a Problem for a collection, or a value without text, in an attribute other than class."""
    if isinstance(value, (list, tuple, set, frozenset, Iterator)):
        hint = f'Only class takes a list. Join it: {{"{separator}".join(items)}}.'
        raise Problem(f"an attribute value can't be {describe(value)}", hint)
    refuse_textless(value)


def refuse_deferred(value: object) -> None:
    """Raise Problem for a value that must be awaited."""
    if isinstance(value, Awaitable):
        dismiss(value)
        raise Problem(
            f"`{name_of(value)}` must be awaited before it is rendered here",
            "Write result = await … and interpolate {result}. Only text in a page or a `yield` can be deferred.",
        )
    if isinstance(value, AsyncIterable):
        raise Problem(
            f"`{name_of(value)}` is an async iterable, which cannot be rendered here",
            "Collect it first, items = [item async for item in …], and interpolate {items}. "
            "Only text in a page or a `yield` can be deferred.",
        )


def name_of(value: object) -> str:
    """The name of the function that made a coroutine or generator; of the type for other values."""
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else type(value).__name__


def describe(value: object) -> str:
    """The value in a message: `3 (int)` if it is short, else `a list`."""
    name = type(value).__qualname__
    if value is None:
        return "None"
    if type(value) in _PLAIN and len(text := repr(value)) <= 40:
        return f"{text} ({name})"
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"  # "a User"
