"""The Range header of requests for files."""

import re
from typing import Final

from starlette.types import Scope

from hyperpy.lazy import lazy_pattern

_RANGE: Final = lazy_pattern(r"(\d*)-(\d*)", re.ASCII)


def with_usable_range(scope: Scope) -> Scope:
    """The scope, without a Range header that isn't valid or in another unit than bytes.

    RFC 9110, 14.2: a server ignores units that it doesn't know, and may ignore what is invalid. Starlette answers both
    with 400.
    """
    ranges = [value for name, value in scope["headers"] if name == b"range"]
    if not ranges or (len(ranges) == 1 and _is_valid(ranges[0].decode("latin-1"))):
        return scope
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"range"]}


def _is_valid(value: str) -> bool:
    unit, _, ranges = value.partition("=")
    parts = [part for each in ranges.split(",") if (part := each.strip(" \t"))]
    return unit.strip(" \t").lower() == "bytes" and bool(parts) and all(map(_is_range, parts))


def _is_range(text: str) -> bool:
    found = _RANGE.fullmatch(text)
    if found is None or len(text) > 40:
        return False
    first, last = found.groups()
    return int(first) <= int(last) if first and last else bool(first or last)
