"""Settings, from wherever they were given: flags, then HYPER_* variables, then [tool.hyper] of pyproject.toml."""

import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from hyperpy.exceptions import ConfigError, Place, did_you_mean

VARIABLE_PREFIX = "HYPER_"
DEV_VARIABLE = "HYPER_DEV"
PYPROJECT = "pyproject.toml"

_DECIMAL = r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?"

# Variables that hyperpy sets for its own processes: not settings, and no mistake either.
_INTERNAL_VARIABLES = frozenset({DEV_VARIABLE})


_WORDS = {"1": True, "true": True, "0": False, "false": False}  # what variables may say for yes and no


def _setting(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    example: str = "",
    inside: bool = False,
) -> Any:
    """`inside` marks what the application reads, not the server: it has to reach a user's own `app.py` as well.

    `example` is what an error shows of a setting that has no default.
    """
    metadata = {"help": help, "least": least, "most": most, "choices": choices, "example": example, "inside": inside}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class SettingSource:
    """Where a setting's value came from: `--port`, `HYPER_PORT`, or a line of pyproject.toml."""

    name: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What `hyper` runs with. `sources` holds the settings that were given, by name; the others have their default."""

    routes: str = _setting("routes", "Folder of route files.")
    static: str = _setting("static", "Folder of the files served at /static/.")
    host: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 is every IPv4 address of the machine.")
    port: int = _setting(8000, "Port to listen on; 0 picks a free one.", least=0, most=65535)
    uds: str | None = _setting(None, "Unix socket to listen on, in place of a host and port.", example="hyper.sock")
    workers: int = _setting(1, "Number of worker processes.", least=1)
    limit_max_requests: int = _setting(
        0, "Requests after which a worker is replaced by a new one; 0 is no limit.", least=0
    )
    limit_max_requests_jitter: int = _setting(
        0, "Up to so many more, at random for each worker, so that they are not all replaced together.", least=0
    )
    backlog: int = _setting(2048, "Connections that may wait to be accepted.", least=1, most=65535)
    proxy_headers: bool = _setting(True, "Whether to believe what trusted proxies say of their clients.")
    forwarded_allow_ips: str = _setting(
        "127.0.0.1,::1,unix:", "Proxies that are trusted: addresses, networks, `unix:`; or * for any."
    )
    root_path: str | None = _setting(None, "Path that a proxy has taken off the URL's front.", example="/app")
    ssl_certfile: str | None = _setting(None, "Certificate for HTTPS, with its chain, in PEM.", example="cert.pem")
    ssl_keyfile: str | None = _setting(None, "Private key of the certificate, in PEM.", example="key.pem")
    timeout_keep_alive: float = _setting(5.0, "Seconds that a connection is kept open for another request.", least=0.1)
    timeout_request_head: float = _setting(
        8.0, "Seconds that a client has for the request line and headers.", least=0.1
    )
    timeout_request_body: float = _setting(
        20.0, "Seconds in which at least 500 bytes for each of them must come of a body.", least=0.1
    )
    timeout_graceful_shutdown: float = _setting(9.0, "Seconds that answers have to finish after SIGTERM.", least=0)
    limit_concurrency: int = _setting(
        0, "Number of open connections at which requests get a 503; 0 is no limit.", least=0
    )
    limit_request_line: int = _setting(8192, "Bytes that the URL of a request may have.", least=64)
    limit_request_head: int = _setting(65536, "Bytes that request line and headers may have together.", least=256)
    limit_request_body: int = _setting(
        32 * 1024 * 1024, "Bytes that the body of a request may have; 0 is no limit.", least=0
    )
    access_log: bool = _setting(True, "Whether there is a line on stdout for each request.")
    log_format: str = _setting("common", "Form of the log.", choices=("common", "json"))
    log_level: str = _setting(
        "info", "Least level of what is logged.", choices=("debug", "info", "warning", "error", "critical")
    )
    ping: float = _setting(15.0, "Seconds of silence after which a stream sends a comment.", least=0.1, inside=True)
    timeout_send: float = _setting(
        30.0, "Seconds that a stream waits for a client to make room before it gives it up.", least=0.1, inside=True
    )
    channels: str = _setting(
        "memory://", "Address of what keeps the channels: memory://, redis://… or postgresql://….", inside=True
    )
    channel_max_messages: int = _setting(1000, "Number of messages kept of each channel.", least=1, inside=True)
    channel_max_age: float = _setting(3600.0, "Seconds that a message of a channel is kept.", least=1, inside=True)
    target: str | None = _setting(None, "Application to serve, as module:attribute.", example="app:app")
    sources: Mapping[str, SettingSource] = field(default_factory=dict, repr=False, compare=False)

    def error(self, name: str, what: str, hint: str) -> ConfigError:
        """A ConfigError about the setting `name` that says where its value came from."""
        source = self.sources.get(name)
        if source is None:
            return ConfigError(what, hint=hint)
        return ConfigError(f"{source.name}: {what}", place=source.place, hint=hint)

    def for_the_application(self) -> dict[str, str]:
        """The given settings that the application reads by itself, as the variables in which it finds them."""
        return {
            variable_of(name): str(getattr(self, name))
            for name, each in setting_fields().items()
            if each.metadata["inside"] and name in self.sources
        }


def flag_of(name: str) -> str:
    return "TARGET" if name == "target" else f"--{key_of(name)}"


def variable_of(name: str) -> str:
    return VARIABLE_PREFIX + name.upper()


def key_of(name: str) -> str:
    """The setting's name in pyproject.toml, which is that of the flag."""
    return name.replace("_", "-")


def setting_fields() -> dict[str, Field[Any]]:
    """The settings by name; `metadata["help"]` of each is its description in one line."""
    return {each.name: each for each in fields(Settings) if each.name != "sources"}


def load_settings(flags: Mapping[str, object], environ: Mapping[str, str], folder: Path) -> Settings:
    """Settings by precedence: `flags` that are not None, HYPER_* of `environ`, [tool.hyper] of `folder`/pyproject.toml.

    Raises ConfigError for an unknown name, a value of the wrong type or out of range, and unreadable TOML; also
    where another source would have won, since a setting that is wrong is wrong anyway.
    """
    values: dict[str, object] = {}
    sources: dict[str, SettingSource] = {}
    given = [*_from_pyproject(folder / PYPROJECT), *_from_environ(environ), *_from_flags(flags)]
    for name, value, source in given:
        values[name] = _checked(name, value, source)
        sources[name] = source
    return Settings(**values, sources=sources)  # type: ignore[arg-type]  # _checked() has seen to the types


def in_dev() -> bool:
    """Whether this process serves for `hyper dev`, which wants errors shown instead of raised."""
    return os.environ.get(DEV_VARIABLE) == "1"


type _Given = tuple[str, object, SettingSource]


def _from_flags(flags: Mapping[str, object]) -> Iterator[_Given]:
    for name, value in flags.items():
        if value is not None:
            yield name, value, SettingSource(flag_of(name))


def _from_environ(environ: Mapping[str, str]) -> Iterator[_Given]:
    known = setting_fields()
    for variable, value in environ.items():
        if not variable.startswith(VARIABLE_PREFIX) or variable in _INTERNAL_VARIABLES:
            continue
        name = variable.removeprefix(VARIABLE_PREFIX).lower()
        if name not in known:
            names = [variable_of(each) for each in known]
            raise ConfigError(
                f"{variable}: there is no such setting",
                hint=_remedy(variable, names, f"unset {variable}"),
            )
        yield name, value, SettingSource(variable)


def _from_pyproject(path: Path) -> Iterator[_Given]:
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text).get("tool", {}).get("hyper", {})
    except tomllib.TOMLDecodeError as error:
        place = Place(str(path), error.lineno, error.colno - 1, 1)
        raise ConfigError(error.msg, place=place, hint="The file must be TOML.") from None
    if not isinstance(table, dict):
        raise ConfigError("tool.hyper is no table", place=Place(str(path)), hint="Write a table: [tool.hyper]")
    known = {key_of(name): name for name in setting_fields()}
    for key, value in table.items():
        place = _find_key(path, text, key)
        if key not in known:
            hint = _remedy(key, known, "Remove the line")
            raise ConfigError(f"[tool.hyper] has no setting `{key}`", place=place, hint=hint)
        yield known[key], value, SettingSource(f"`{key}` in [tool.hyper]", place)


def _find_key(path: Path, text: str, name: str) -> Place:
    """The line that sets `name` in the table; without a line if it is written in a rarer way of TOML's."""
    inside = False
    key = re.compile(rf"""\s*(["']?){re.escape(name)}\1\s*=""")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            inside = re.match(r"\s*\[\s*tool\s*\.\s*hyper\s*\]", line) is not None
        elif inside and key.match(line):
            return Place(str(path), number)
    return Place(str(path))


def _remedy(name: str, known: Mapping[str, object] | list[str], otherwise: str) -> str:
    suggestion = did_you_mean(name, known) or f"Known are {', '.join(known)}."
    return f"{suggestion} Or {otherwise[0].lower()}{otherwise[1:]}."


def _checked(name: str, value: object, source: SettingSource) -> object:
    wanted = setting_fields()[name]
    if wanted.type in (int, float):
        return _checked_number(value, source, wanted)
    if wanted.type is bool:
        return _checked_truth(value, source)
    if not isinstance(value, str) or not value:
        what = "is empty" if value == "" else f"{value!r} is no text"
        raise ConfigError(f"{source.name}: {what}", place=source.place, hint=_example(wanted, source))
    choices = wanted.metadata["choices"]
    if choices and value not in choices:
        hint = f"{did_you_mean(value, choices)} Known are {', '.join(choices)}.".strip()
        raise ConfigError(f"{source.name}: there is no {value!r}", place=source.place, hint=hint)
    return value


def _checked_truth(value: object, source: SettingSource) -> bool:
    """Flags and TOML have a type for it, variables have words."""
    if isinstance(value, str) and source.place is None:
        value = _WORDS.get(value.lower(), value)
    if isinstance(value, bool):
        return value
    hint = "Write true or false, without quotes." if source.place else "Write 1 or 0, or unset it."
    raise ConfigError(f"{source.name}: {value!r} is neither true nor false", place=source.place, hint=hint)


def _checked_number(value: object, source: SettingSource, wanted: Field[Any]) -> float:
    whole = wanted.type is int
    kind = "whole number" if whole else "number"
    least, most = wanted.metadata["least"], wanted.metadata["most"]
    number = _number(value, whole=whole, text=source.place is None)
    if number is None:
        problem = f"{value!r} is no {kind}"
    elif (least is not None and number < least) or (most is not None and number > most):
        problem = f"{number} is out of range"
    else:
        return number
    hint = f"Write a {kind}{_range(least, most)}{', without quotes' if source.place else ''}."
    raise ConfigError(f"{source.name}: {problem}", place=source.place, hint=hint)


def _number(value: object, *, whole: bool, text: bool) -> float | None:
    """The number that a value is or, where values come as text, says; None if it is another thing."""
    if text and isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}" if whole else _DECIMAL, value):
        return int(value) if whole else float(value)
    if type(value) is int:
        return value if whole else float(value)
    return value if type(value) is float and not whole and math.isfinite(value) else None


def _range(least: float | None, most: float | None) -> str:
    if most is None:
        return f" from {least} on" if least is not None else ""
    return f" up to {most}" if least is None else f" from {least} to {most}"


def _example(wanted: Field[Any], source: SettingSource) -> str:
    value = wanted.default or wanted.metadata["example"]
    if source.place is not None:
        return f'Write {key_of(wanted.name)} = "{value}".'
    if source.name.startswith(VARIABLE_PREFIX):
        return f"Write {source.name}={value}, or unset it."
    return f"Write {source.name} {value}." if source.name.startswith("--") else f"Write {value}."
