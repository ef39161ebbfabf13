"""`route(…)`: the settings of one route, written at the top of its file."""

from collections.abc import Callable
from dataclasses import field
from typing import Any, Literal

from hyperpy.config import SettingSource, SourceKind, checked, setting_fields
from hyperpy.exceptions import ConfigError, RouteError
from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import declared_fields, record

_UNITS = {"B": 1} | {
    f"{letter}{unit}": base**power
    for unit, base in (("B", 1000), ("iB", 1024))
    for power, letter in enumerate("kMGT", 1)
}
_SIZE = lazy_pattern(r"(\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z]+)")


def size(value: object) -> int:
    """Bytes from a number of them or from a text such as "10 MiB". Raises ValueError with a hint."""
    number: object = value
    if isinstance(value, str):
        units = {unit.lower(): factor for unit, factor in _UNITS.items()}
        found = _SIZE.fullmatch(value.strip())
        number = int(float(found[1]) * units[found[2].lower()]) if found and found[2].lower() in units else None
    if type(number) is not int or number < 1:
        raise ValueError('Write a number of bytes of 1 or more, or a text such as "512 KiB", "10 MiB" or "1.5 GB".')
    return number


def _allowance(value: object) -> object:
    """Raises ValueError with a hint."""
    if value != "allow":
        raise ValueError('Write cross_site="allow" to take requests from other sites, or leave it out.')
    return value


def _switch(value: object) -> object:
    """Raises ValueError with a hint."""
    if value is not True:
        raise ValueError("Write dynamic=True for a page that only a server can answer, or leave it out.")
    return value


def _setting(name: str, parse: Callable[[object], object] | None = None) -> Any:
    """A setting that takes the place of one of the application's, and has its limits unless it has its own `parse`."""
    return field(default=None, metadata={"name": name, "parse": parse})


@record(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """The arguments of `route(…)`. None keeps the application's setting."""

    max_body: int | str | None = _setting("limit_request_body", size)
    ping: float | None = _setting("ping")
    timeout_send: float | None = _setting("timeout_send")
    stream_max_age: float | None = _setting("stream_max_age")
    cross_site: Literal["allow"] | None = _setting("cross_site", _allowance)
    dynamic: Literal[True] | None = _setting("dynamic", _switch)


NAMES = tuple(declared_fields(RouteSettings))


def check_setting(name: str, value: object) -> object:
    """The value that a setting gets in a Route. Raises RouteError without a place for one that it can't have."""
    metadata = declared_fields(RouteSettings)[name].metadata
    if value is None:
        return None
    try:
        if metadata["parse"] is not None:
            return metadata["parse"](value)
        return checked(value, setting_fields()[metadata["name"]], SettingSource(name, SourceKind.CODE))
    except ConfigError as error:
        raise RouteError(f"route({name}={value!r}): {error.what.partition(': ')[2]}", hint=error.hint) from None
    except ValueError as error:
        raise RouteError(f"route({name}={value!r}) is not valid", hint=str(error)) from None


def route(
    *,
    max_body: int | str | None = None,
    ping: float | None = None,
    timeout_send: float | None = None,
    stream_max_age: float | None = None,
    cross_site: Literal["allow"] | None = None,
    dynamic: Literal[True] | None = None,
) -> None:
    """Settings of one route, as a statement of its own at the top of the file. They are read when it is loaded.

    `max_body` is the most bytes that a request body may have, as a number or a text such as "10 MiB". `ping` and
    `timeout_send` and `stream_max_age` are those of the application, in seconds, for the streams of this route.
    `cross_site="allow"` takes forms and other unsafe requests that pages of other sites send.
    `dynamic=True` tells `hyper build` that the route needs a server.
    """
    hint = 'Write it at the top of a route file: route(max_body="10 MiB")'
    raise RouteError("route() has no effect outside a route file", hint=hint)
