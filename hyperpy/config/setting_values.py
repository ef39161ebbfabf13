"""One setting's value: where it came from, and whether it is valid."""

import enum
import math
import re
from dataclasses import Field
from typing import Any

from hyperpy.exceptions import ConfigError, Place, did_you_mean
from hyperpy.record_classes import record

_DECIMAL = r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?"
_WHOLE = r"[+-]?[0-9]{1,18}"
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}  # in variables


class SourceKind(enum.Enum):
    FLAG = enum.auto()
    VARIABLE = enum.auto()
    FILE = enum.auto()  # pyproject.toml
    CODE = enum.auto()  # Settings(…)


@record(frozen=True, slots=True)
class SettingSource:
    """Where a value came from. `name` is what messages call it: `--port`, `HYPER_PORT`, "`port` in [tool.hyper]"."""

    name: str
    kind: SourceKind
    place: Place | None = None

    @property
    def is_text(self) -> bool:
        """Whether numbers arrive as text. In TOML and in code they have their own type."""
        return self.kind in (SourceKind.FLAG, SourceKind.VARIABLE)

    def error(self, what: str, hint: str) -> ConfigError:
        return ConfigError(f"{self.name}: {what}", place=self.place, hint=hint)


def checked(value: object, field: Field[Any], source: SettingSource) -> object:
    """The value, converted to the field's type. Raises ConfigError if it is of another type or out of range."""
    if field.type in (int, float):
        return _checked_number(value, field, source)
    if field.type is bool:
        return _checked_boolean(value, source)
    if not isinstance(value, str) or not value:
        what = "is empty" if value == "" else f"{value!r} is not a string"
        raise source.error(what, _example(field, source))
    choices = field.metadata["choices"]
    if choices and value not in choices:
        hint = f"{did_you_mean(value, choices)} Valid values: {', '.join(choices)}.".strip()
        raise source.error(f"unknown value {value!r}", hint)
    return value


def _checked_boolean(value: object, source: SettingSource) -> bool:
    if source.kind is SourceKind.VARIABLE and isinstance(value, str):
        value = _BOOLEANS.get(value.lower(), value)
    if isinstance(value, bool):
        return value
    hints = {SourceKind.FILE: "Write true or false, without quotes.", SourceKind.CODE: "Write True or False."}
    hint = hints.get(source.kind, f"Write {source.name}=1 or {source.name}=0, or unset it.")
    raise source.error(f"{value!r} is neither true nor false", hint)


def _checked_number(value: object, field: Field[Any], source: SettingSource) -> float:
    is_whole = field.type is int
    kind = "whole number" if is_whole else "number"
    least, most = field.metadata["least"], field.metadata["most"]
    number = _number(value, is_whole=is_whole, is_text=source.is_text)
    if number is None:
        problem = f"{value!r} is not a {kind}"
    elif number < least or (most is not None and number > most):
        problem = f"{number} is out of range"
    else:
        return number
    span = f"from {least} to {most}" if most is not None else f"of {least} or more"
    raise source.error(problem, f"Write a {kind} {span}{'' if source.is_text else ', without quotes'}.")


def _number(value: object, *, is_whole: bool, is_text: bool) -> float | None:
    """None if the value is not a number, or not a finite one."""
    if is_text and isinstance(value, str) and re.fullmatch(_WHOLE if is_whole else _DECIMAL, value):
        return int(value) if is_whole else float(value)
    if type(value) is int:
        return value if is_whole else float(value)
    return value if type(value) is float and not is_whole and math.isfinite(value) else None


def _example(field: Field[Any], source: SettingSource) -> str:
    value = field.default or field.metadata["example"]
    examples = {
        SourceKind.FLAG: f"Write {value}." if field.name == "target" else f"Write {source.name} {value}.",
        SourceKind.VARIABLE: f"Write {source.name}={value}, or unset it.",
        SourceKind.FILE: f'Write {field.name.replace("_", "-")} = "{value}".',
        SourceKind.CODE: f'Write {field.name}="{value}".',
    }
    return examples[source.kind]


def listed(value: str | None) -> tuple[str, ...]:
    """The items of a setting that lists several, separated by commas or spaces."""
    return tuple(re.split(r"[\s,]+", value.strip(" ,"))) if value and value.strip(" ,") else ()
