"""URLs that open a line of a file in the developer's editor."""

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError, did_you_mean
from hyperpy.record_classes import record

_POSITION: Final = "{file}:{line}:{column}"
_QUERY: Final = "url=file://{file}&line={line}&column={column}"
_JETBRAINS: Final = "open?file={file}&line={line}&column={column}"

_URLS: Final[Mapping[str, str]] = {
    "vscode": f"vscode://file{_POSITION}",
    "vscode-insiders": f"vscode-insiders://file{_POSITION}",
    "vscodium": f"vscodium://file{_POSITION}",
    "cursor": f"cursor://file{_POSITION}",
    "windsurf": f"windsurf://file{_POSITION}",
    "zed": f"zed://file{_POSITION}",
    "pycharm": f"pycharm://{_JETBRAINS}",
    "idea": f"idea://{_JETBRAINS}",
    "sublime": f"subl://open?{_QUERY}",
    "textmate": f"txmt://open?{_QUERY}",
    "emacs": f"emacs://open?{_QUERY}",
    "macvim": f"mvim://open?{_QUERY}",
    "nvim": f"nvim://open?{_QUERY}",
}
# The commands that start them, as they are in $VISUAL and $EDITOR. Terminal editors open no URLs: they are left out,
# and often are in $EDITOR only for commit messages.
_COMMANDS: Final[Mapping[str, str]] = {
    "code": "vscode",
    "code-insiders": "vscode-insiders",
    "codium": "vscodium",
    "cursor": "cursor",
    "windsurf": "windsurf",
    "zed": "zed",
    "zeditor": "zed",
    "pycharm": "pycharm",
    "charm": "pycharm",
    "idea": "idea",
    "subl": "sublime",
    "sublime_text": "sublime",
    "mate": "textmate",
    "emacsclient": "emacs",
    "mvim": "macvim",
}
_FIELD: Final = re.compile(r"\{(\w*)\}")
_FIELDS: Final = frozenset({"file", "line", "column"})
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_REFUSED_SCHEMES: Final = frozenset({"javascript", "data", "vbscript", "blob"})


@record(frozen=True, slots=True)
class Editor:
    """The developer's editor, by the URL template that it answers."""

    template: str = _URLS["vscode"]

    @classmethod
    def of(cls, settings: Settings, environ: Mapping[str, str]) -> Editor:
        """The editor of the settings; else the one in $VISUAL or $EDITOR, if it opens URLs; else Visual Studio Code.

        Raises ConfigError if the setting is neither a known name nor a URL template.
        """
        if settings.editor is not None:
            return cls(_template(settings.editor, settings))
        names = (_command_name(environ.get(variable, "")) for variable in ("VISUAL", "EDITOR"))
        known = next((_COMMANDS[name] for name in names if name in _COMMANDS), "vscode")
        return cls(_URLS[known])

    def url(self, file: str, line: int, column: int = 0) -> str:
        """The URL of a position: `line` from 1, `column` in characters from 0. Empty for code without a file."""
        path = PurePath(file)
        if not path.is_absolute():
            return ""
        written = quote(path.as_posix() if path.as_posix().startswith("/") else f"/{path.as_posix()}", safe="/:")
        values = {"file": written, "line": str(max(line, 1)), "column": str(column + 1)}
        return _FIELD.sub(lambda match: values[match[1]], self.template)


def _template(given: str, settings: Settings) -> str:
    name = given.strip()
    if known := _URLS.get(name.lower()) or _URLS.get(_COMMANDS.get(name.lower(), "")):
        return known
    if "{" not in name:
        hint = f"{did_you_mean(name, _URLS)} Known editors: {', '.join(_URLS)}. Others take a URL with {{file}}."
        raise settings.error("editor", f"unknown editor {given!r}", hint.strip())
    scheme = _SCHEME.match(name)
    if scheme is None or scheme[1].lower() in _REFUSED_SCHEMES or not name.isprintable():
        hint = "Write the URL that your editor answers, such as myeditor://open?file={file}&line={line}."
        raise settings.error("editor", f"{given!r} is not a URL of an editor", hint)
    fields = _FIELD.findall(name)
    if "file" not in fields or not _FIELDS.issuperset(fields):
        raise _bad_fields(given, settings)
    return name


def _bad_fields(given: str, settings: Settings) -> ConfigError:
    hint = "It must have {file}, and may have {line} and {column}."
    return settings.error("editor", f"{given!r} lacks {{file}}, or has an unknown field in braces", hint)


def _command_name(command: str) -> str:
    """The name of the program in a command line, such as `/usr/bin/code --wait`."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return PurePath(words[0]).name.lower().removesuffix(".exe") if words else ""
