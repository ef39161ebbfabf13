"""Settings read from the command line, HYPER_* variables and [tool.hyper] in pyproject.toml."""

import os
import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from hyperpy.config.setting_values import SettingSource, SourceKind, checked
from hyperpy.config.settings import (
    PREFIX,
    Settings,
    app_setting_names,
    flag_of,
    key_of,
    setting_defaults,
    setting_fields,
    variable_of,
)
from hyperpy.exceptions import ConfigError, Place, UnknownSettingWarning, caller_place, did_you_mean, refuse
from hyperpy.lazy import tomllib
from hyperpy.record_classes import record

PYPROJECT = "pyproject.toml"

type _Given = tuple[str, object, SettingSource]


@record(frozen=True, slots=True)
class Command:
    """A running `hyper dev`, `serve` or `routes`. `debug` makes applications show errors instead of raising them."""

    settings: Settings
    debug: bool = False
    development_key: str = field(default="", repr=False)
    """Signs sessions if there is no secret key: under `hyper dev`, where restarts must not log anybody out, and under
    `hyper build`."""
    tolerant: bool = False
    """Whether even files that conflict with others don't keep an application from being made, as in `hyper check`."""


running_command: Final[ContextVar[Command | None]] = ContextVar("hyperpy.running_command", default=None)
"""Set in every process that loads an application for a command."""


def is_serving(*, debug: bool) -> bool:
    """Whether an application serves visitors, and is not being developed or built."""
    command = running_command.get()
    return not debug and (command is None or not command.development_key)


def app_settings(given: Settings | None = None) -> Settings:
    """The settings of an application that was passed `given`.

    Flags of the command that it runs under take precedence. The variables and pyproject.toml are read only if nothing
    was passed. Warns about unknown variables, which may belong to another program. Raises ConfigError if a value is
    invalid, or if `given` has a setting that only servers use.
    """
    command = running_command.get()
    if given is not None:
        if not isinstance(given, Settings):
            raise ConfigError(f"settings must be Settings, not {given!r:.60}", hint="Write settings=Settings(ping=5).")
        _refuse_server_settings(given)
        return _with_flags(given, command.settings) if command else given
    if command is not None:
        return command.settings
    unknown = _unknown_variables(os.environ)
    for error in unknown.values():
        warnings.warn(str(error), UnknownSettingWarning, stacklevel=3)
    environ = {name: value for name, value in os.environ.items() if name not in unknown}
    return load_settings({}, environ, Path.cwd())


def refuse_arguments(unknown: Collection[str], known: Collection[str]) -> None:
    """Raise ConfigError if `Hyper` was passed arguments that it doesn't have, such as settings."""
    for name in unknown:
        hint = did_you_mean(name, known) or f"It has {', '.join(known)}."
        if name in setting_fields():
            code = f", or pass settings=Settings({name}=…)" if name in app_setting_names() else ""
            hint = f"Set {key_of(name)} below [tool.hyper] in {PYPROJECT}, or {variable_of(name)}{code}."
        raise ConfigError(f"Hyper has no argument {name!r}", place=caller_place(), hint=hint)


def _refuse_server_settings(given: Settings) -> None:
    for name in given.given_in_code():
        if name not in app_setting_names():
            hint = (
                f"An application can set {', '.join(app_setting_names())}. Set the others where you start the server."
            )
            raise ConfigError(f"Settings({name}=…): this is a setting of the server", hint=hint)


def _with_flags(given: Settings, command: Settings) -> Settings:
    flags = {name: source for name, source in command.sources.items() if source.kind is SourceKind.FLAG}
    values = {name: getattr(command, name) for name in flags}
    return replace(given, **values, sources={**given.sources, **flags})


def load_settings(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    folder: Path,
    report: Callable[[ConfigError], None] = refuse,
) -> Settings:
    """Settings by precedence: `flags` that are not None, HYPER_* in `environ`, [tool.hyper] in `folder`/pyproject.toml.

    An unknown name, an invalid value or invalid TOML is passed to `report`, which raises it unless told otherwise.
    Overridden values are checked as well.
    """
    values: dict[str, object] = {}
    sources: dict[str, SettingSource] = {}
    variables = _from_environ(environ, report)
    for name, value, source in [*_from_pyproject(folder / PYPROJECT, report), *variables, *_from_flags(flags)]:
        try:
            values[name] = checked(value, setting_fields()[name], source)
        except ConfigError as error:
            report(error)
            continue
        sources[name] = source
    return Settings(**values, sources=sources)  # type: ignore[arg-type]  # checked() returns the fields' types


def _unknown_variables(environ: Mapping[str, str]) -> dict[str, ConfigError]:
    """An error for each HYPER_* variable that is not a setting."""
    known = sorted(map(variable_of, setting_defaults()))
    return {
        name: ConfigError(f"unknown setting {name}", hint=_remedy(name, known, f"unset {name}"))
        for name in environ
        if name.startswith(PREFIX) and name not in known
    }


def _from_flags(flags: Mapping[str, object]) -> Iterator[_Given]:
    for name, value in flags.items():
        if value is not None:
            yield name, value, SettingSource(flag_of(name), SourceKind.FLAG)


def _from_environ(environ: Mapping[str, str], report: Callable[[ConfigError], None]) -> Iterator[_Given]:
    for error in _unknown_variables(environ).values():
        report(error)
    for name in setting_defaults():
        variable = variable_of(name)
        if variable in environ:
            yield name, environ[variable], SettingSource(variable, SourceKind.VARIABLE)


def _from_pyproject(path: Path, report: Callable[[ConfigError], None]) -> Iterator[_Given]:
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text).get("tool", {}).get("hyper", {})
    except tomllib.TOMLDecodeError as error:
        place = Place(str(path), error.lineno, error.colno - 1, 1)
        report(ConfigError(error.msg, place=place, hint=f"{PYPROJECT} must be valid TOML."))
        return
    if not isinstance(table, dict):
        hint = "Write a line [tool.hyper], and the settings below it."
        report(ConfigError("[tool.hyper] must be a table", place=Place(str(path)), hint=hint))
        return
    known = {key_of(name): name for name in setting_defaults()}
    for key, value in table.items():
        place = _find_key(path, text, key)
        if key not in known:
            hint = _remedy(key, known, "remove the line")
            report(ConfigError(f"unknown setting `{key}` in [tool.hyper]", place=place, hint=hint))
            continue
        yield known[key], value, SettingSource(f"`{key}` in [tool.hyper]", SourceKind.FILE, place)


def _find_key(path: Path, text: str, name: str) -> Place:
    """The line that sets `name` in the table; without a line if it is written in a rarer form of TOML."""
    inside = False
    key = re.compile(rf"""\s*(["']?){re.escape(name)}\1\s*=""")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            inside = re.match(r"\s*\[\s*tool\s*\.\s*hyper\s*\]", line) is not None
        elif inside and key.match(line):
            return Place(str(path), number)
    return Place(str(path))


def _remedy(name: str, known: Collection[str], otherwise: str) -> str:
    return f"{did_you_mean(name, known) or f'Valid names: {", ".join(known)}.'} Or {otherwise}."
