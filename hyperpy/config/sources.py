"""Settings read from the command line, HYPER_* variables and [tool.hyper] in pyproject.toml."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hyperpy.config.setting_values import SettingSource, SourceKind, checked
from hyperpy.config.settings import PREFIX, Settings, flag_of, key_of, setting_fields, variable_of
from hyperpy.exceptions import ConfigError, Place, did_you_mean

PYPROJECT = "pyproject.toml"

type _Given = tuple[str, object, SettingSource]


def load_settings(flags: Mapping[str, object], environ: Mapping[str, str], folder: Path) -> Settings:
    """Settings by precedence: `flags` that are not None, HYPER_* in `environ`, [tool.hyper] in `folder`/pyproject.toml.

    Raises ConfigError for an unknown name, an invalid value and invalid TOML. Overridden values are checked as well.
    """
    values: dict[str, object] = {}
    sources: dict[str, SettingSource] = {}
    known = setting_fields()
    for name, value, source in [*_from_pyproject(folder / PYPROJECT), *_from_environ(environ), *_from_flags(flags)]:
        values[name] = checked(value, known[name], source)
        sources[name] = source
    return Settings(**values, sources=sources)  # type: ignore[arg-type]  # checked() returns the fields' types


def unknown_variables(environ: Mapping[str, str]) -> dict[str, ConfigError]:
    """An error for each HYPER_* variable that is not a setting."""
    known = {variable_of(name) for name in setting_fields()}
    unknown = [variable for variable in environ if variable.startswith(PREFIX) and variable not in known]
    return {
        name: ConfigError(f"unknown setting {name}", hint=_remedy(name, sorted(known), f"unset {name}"))
        for name in unknown
    }


def _from_flags(flags: Mapping[str, object]) -> Iterator[_Given]:
    for name, value in flags.items():
        if value is not None:
            yield name, value, SettingSource(flag_of(name), SourceKind.FLAG)


def _from_environ(environ: Mapping[str, str]) -> Iterator[_Given]:
    for error in unknown_variables(environ).values():
        raise error
    for name in setting_fields():
        variable = variable_of(name)
        if variable in environ:
            yield name, environ[variable], SettingSource(variable, SourceKind.VARIABLE)


def _from_pyproject(path: Path) -> Iterator[_Given]:
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text).get("tool", {}).get("hyper", {})
    except tomllib.TOMLDecodeError as error:
        place = Place(str(path), error.lineno, error.colno - 1, 1)
        raise ConfigError(error.msg, place=place, hint=f"{PYPROJECT} must be valid TOML.") from None
    if not isinstance(table, dict):
        hint = "Write a line [tool.hyper], and the settings below it."
        raise ConfigError("[tool.hyper] must be a table", place=Place(str(path)), hint=hint)
    known = {key_of(name): name for name in setting_fields()}
    for key, value in table.items():
        place = _find_key(path, text, key)
        if key not in known:
            hint = _remedy(key, known, "remove the line")
            raise ConfigError(f"unknown setting `{key}` in [tool.hyper]", place=place, hint=hint)
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


def _remedy(name: str, known: Iterable[str], otherwise: str) -> str:
    names = list(known)
    return f"{did_you_mean(name, names) or f'Valid names: {", ".join(names)}.'} Or {otherwise}."
