"""Constraints that don't fit their type: pydantic notices when it checks a value, hyperpy when it loads the file."""

import datetime
import decimal
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

# A value of each kind of schema. To compare it with a constraint of another type raises TypeError.
_SAMPLES: Final[Mapping[str, object]] = {
    "int": 1,
    "float": 1.0,
    "bool": True,
    "str": "1",
    "bytes": b"1",
    "decimal": decimal.Decimal(1),
    "date": datetime.date(2000, 1, 1),
    "datetime": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC),
    "time": datetime.time(1),
    "timedelta": datetime.timedelta(1),
    "list": [],
    "set": set(),
}


class UnfitConstraintError(Exception):
    """A constraint that can't be applied to the values of a type."""


def check_constraint(schema: Mapping[str, Any], inner: Mapping[str, Any]) -> None:
    """Raises UnfitConstraintError if pydantic checks the values of `inner` by a function that fails for them all."""
    if schema["type"] == "chain":
        _, *others = schema["steps"]
        if inner["type"] in _SAMPLES and inner["type"] != "str" and any(map(_is_pattern, others)):
            raise UnfitConstraintError("pattern")
        return
    function = schema.get("function", {}).get("function")
    if schema["type"] != "function-after" or inner["type"] not in _SAMPLES or not isinstance(function, partial):
        return
    if function.func.__module__ != "pydantic._internal._validators":
        return
    try:
        function(_SAMPLES[inner["type"]])
    except TypeError:
        raise UnfitConstraintError(", ".join(function.keywords)) from None
    except Exception:  # noqa: BLE001 (the sample doesn't satisfy the constraint, which therefore fits)
        return


def _is_pattern(step: Mapping[str, Any]) -> bool:
    return step["type"] == "function-wrap" and step["schema"]["type"] == "str" and "pattern" in step["schema"]
