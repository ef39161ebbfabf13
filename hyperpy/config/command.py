"""The `hyper` command that an application runs under, and the settings that the application gets."""

import os
import warnings
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hyperpy.config.setting_values import SourceKind
from hyperpy.config.settings import Settings, app_setting_names
from hyperpy.config.sources import load_settings, unknown_variables
from hyperpy.exceptions import ConfigError, UnknownSettingWarning


@dataclass(frozen=True, slots=True)
class Command:
    """A running `hyper dev`, `serve` or `routes`. `debug` makes applications show errors instead of raising them."""

    settings: Settings
    debug: bool = False


running_command: Final[ContextVar[Command | None]] = ContextVar("hyperpy.running_command", default=None)
"""Set in every process that loads an application for a command."""


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
    unknown = unknown_variables(os.environ)
    for error in unknown.values():
        warnings.warn(str(error), UnknownSettingWarning, stacklevel=3)
    environ = {name: value for name, value in os.environ.items() if name not in unknown}
    return load_settings({}, environ, Path.cwd())


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
