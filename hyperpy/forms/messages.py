"""pydantic's errors → sentences for people who fill in forms."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from hyperpy.forms.shapes import Kind, Shape, written
from hyperpy.lazy import pydantic_core

REQUIRED: Final = "This field is required."

_BY_FORMAT: Final[Mapping[str, str]] = {
    "date": "Enter a date, such as 2026-01-31.",
    "time": "Enter a time, such as 14:30.",
    "date-time": "Enter a date and a time, such as 2026-01-31T14:30.",
    "duration": "Enter a duration, such as 1:30:00.",
    "uuid": "Enter a valid ID.",
    "uri": "Enter a URL, such as https://example.com.",
    "email": "Enter an e-mail address.",
    "binary": "Choose a file.",
}
_BY_TYPE: Final[Mapping[str, str]] = {
    "integer": "Enter a whole number.",
    "number": "Enter a number.",
    "boolean": "Choose yes or no.",
    "string": "Enter a text.",
    "array": "Enter a list.",
}

# The texts by the type of pydantic's error. {…} is a value of its context.
_TEXTS: Final[Mapping[str, str]] = {
    "string_too_long": "Enter at most {max_length} characters.",
    "string_pattern_mismatch": "Enter a value in the expected format.",
    "less_than": "Enter a number less than {lt}.",
    "less_than_equal": "Enter {le} or less.",
    "greater_than": "Enter a number greater than {gt}.",
    "greater_than_equal": "Enter {ge} or more.",
    "multiple_of": "Enter a multiple of {multiple_of}.",
    "finite_number": "Enter a number.",
    "int_from_float": "Enter a whole number.",
    "decimal_max_places": "Enter at most {decimal_places} digits after the decimal point.",
    "decimal_max_digits": "Enter at most {max_digits} digits.",
    "decimal_whole_digits": "Enter at most {whole_digits} digits before the decimal point.",
    "timezone_aware": "Enter a date and a time with a time zone.",
    "timezone_naive": "Enter a date and a time without a time zone.",
    "date_past": "Enter a date in the past.",
    "date_future": "Enter a date in the future.",
    "datetime_past": "Enter a time in the past.",
    "datetime_future": "Enter a time in the future.",
    "url_scheme": "Enter a URL that begins with {expected_schemes}.",
    "url_too_long": "Enter at most {max_length} characters.",
}
_DATES: Final[Mapping[str, str]] = {
    "less_than": "Enter a value before {lt}.",
    "less_than_equal": "Enter {le} or earlier.",
    "greater_than": "Enter a value after {gt}.",
    "greater_than_equal": "Enter {ge} or later.",
}
_OF_TAGS: Final = frozenset({"union_tag_invalid", "union_tag_not_found"})  # of unions that a field discriminates
# Errors in which the type is wrong: what should have been entered says more than what was.
_UNREADABLE: Final = ("_parsing", "_type", "_parsing_size", "_from_datetime_inexact", "_object_invalid")


def blank(shape: Shape) -> str:
    """The message for a required field that was left empty."""
    if shape.kind is Kind.FILE or (shape.kind is Kind.LIST and shape.item(0).kind is Kind.FILE):
        return "Choose a file."
    if shape.kind is Kind.BOOL and "const" in shape.schema:
        return "Tick this box."
    if shape.kind is Kind.BOOL or shape.choices or (shape.kind is Kind.LIST and shape.item(0).choices):
        return "Choose an option."
    return REQUIRED


def unreadable(shape: Shape) -> str:
    """The message for a value that can't become the field's type."""
    if shape.choices:
        return "Choose one of the options."
    schema = shape.schema
    return _BY_FORMAT.get(schema.get("format", "")) or _BY_TYPE.get(schema.get("type", ""), "Enter a valid value.")


def sentence(problem: pydantic_core.ErrorDetails, shape: Shape | None) -> str:
    """The message for a field's problem; `shape` is None for an error of the whole form or of an unknown name."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in {"value_error", "assertion_error"}:
        return _own_words(problem, context, shape)
    if kind == "extra_forbidden":
        return f"Unexpected field: {problem['loc'][-1]}."
    if shape is None:
        return problem["msg"]
    if kind == "missing" or (kind == "string_too_short" and not problem["input"]):
        return blank(shape)
    if shape.kind is Kind.TEXT and kind in {"too_short", "too_long"}:  # a secret
        kind = f"string_{kind}"
    if kind in _COUNTED:
        return _COUNTED[kind](context, shape)
    dated = shape.schema.get("format") in {"date", "time", "date-time", "duration"}
    text = (_DATES.get(kind) if dated else None) or _TEXTS.get(kind)
    if text is not None:
        return text.format_map({name: written(value) for name, value in context.items()})
    if kind in {"literal_error", "enum"} or (shape.kind is Kind.BOOL and "const" in shape.schema):
        return blank(shape) if shape.kind is Kind.BOOL else unreadable(shape)
    if kind in _OF_TAGS:
        return "Choose an option." if kind == "union_tag_not_found" else "Choose one of the options."
    if kind.endswith(_UNREADABLE) or kind in {"is_instance_of", "url_parsing", "url_syntax_violation"}:
        return unreadable(shape)
    return problem["msg"]


def _own_words(problem: pydantic_core.ErrorDetails, context: Mapping[str, Any], shape: Shape | None) -> str:
    """The message that a validator has raised."""
    if shape is not None and "reason" in context:  # of email-validator
        return f"{unreadable(shape)} {context['reason']}"
    if "error" in context:
        return str(context["error"]) or "Enter a valid value."
    return problem["msg"]


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _verb(shape: Shape) -> str:
    return "Choose" if shape.kind is Kind.LIST and (shape.item(0).choices or shape.item(0).kind is Kind.FILE) else "Add"


_COUNTED: Final[Mapping[str, Callable[[Mapping[str, Any], Shape], str]]] = {
    "string_too_short": lambda context, shape: f"Enter at least {_characters(context['min_length'])}.",
    "string_too_long": lambda context, shape: f"Enter at most {_characters(context['max_length'])}.",
    "too_short": lambda context, shape: f"{_verb(shape)} at least {context['min_length']}.",
    "too_long": lambda context, shape: f"{_verb(shape)} at most {context['max_length']}.",
}
