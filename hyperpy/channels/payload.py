"""The data of messages and items: JSON in between, plain JSON types for receivers."""

from collections.abc import Mapping
from string.templatelib import Template

from hyperpy.exceptions import ChannelError
from hyperpy.lazy import pydantic_core

type JSONValue = bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None


def encode(data: object) -> bytes:
    """The data as JSON. Raises ChannelError for data that JSON can't hold, including bytes."""
    _refuse_bytes(data)
    try:
        return pydantic_core.to_json(data, inf_nan_mode="null")
    except ValueError as error:
        hint = "JSON can hold dicts, lists, str, numbers, bool, None, dates, dataclasses and pydantic models."
        if isinstance(data, Template):
            hint = "Publish the values, and write the t-string where they are received."
        raise ChannelError(f"this can't be published: {error}", hint=hint) from error


def decode(data: bytes) -> JSONValue:
    value: JSONValue = pydantic_core.from_json(data)
    return value


def _refuse_bytes(data: object) -> None:
    """Raise ChannelError for bytes, which the encoder would treat as text."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        raise ChannelError(
            f"{type(data).__name__} can't be published: JSON can't hold them",
            hint="Publish text: data.decode(), or base64.b64encode(data).decode()",
        )
    if isinstance(data, Mapping):
        for value in data.values():
            _refuse_bytes(value)
    elif isinstance(data, (list, tuple, set, frozenset)):
        for value in data:
            _refuse_bytes(value)
