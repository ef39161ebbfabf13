"""One tree of errors. Each knows where (file, line, column), what is wrong and what to write instead."""

import difflib
import linecache
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Place:
    """A point in a source file. `line` counts from 1, `column` and `width` in characters from 0; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0
    width: int = 0

    def __str__(self) -> str:
        name = display_path(self.file)
        return f"{name}:{self.line}" if self.line else name

    def excerpt(self) -> str:
        """The line with its two predecessors and a row of carets; empty if the file can't be read."""
        if not self.line or not (text := linecache.getline(self.file, self.line).rstrip("\r\n")):
            return ""
        first = max(1, self.line - 2)
        above = [(n, linecache.getline(self.file, n).rstrip("\r\n")) for n in range(first, self.line)]
        margin = len(str(self.line))
        rows = [f"    {n:>{margin}} | {line}".rstrip() for n, line in above]
        rows.append(f"  > {self.line:>{margin}} | {text}")
        if self.width:
            rows.append(" " * (margin + 7 + self.column) + "^" * self.width)
        return "\n".join(rows)


class HyperError(Exception):
    """Anything that hyperpy refuses. `str(error)` is the whole message, `what` and `hint` are its parts."""

    def __init__(self, what: str, *, place: Place | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.place = place
        self.hint = hint

    def at(self, place: Place) -> Self:
        """The same error with a place, unless it has one already."""
        if self.place is None:
            self.place = place
        return self

    def __str__(self) -> str:
        head = f"{self.place}  {self.what}" if self.place else self.what
        excerpt = self.place.excerpt() if self.place else ""
        hint = "\n".join(f"  {line}" if line else "" for line in self.hint.splitlines())
        if excerpt:
            return "\n\n".join(part for part in (head, excerpt) if part) + (f"\n{hint}" if hint else "")
        return f"{head}\n{hint}" if hint else head


class ConfigError(HyperError):
    """An unknown setting, or one with an invalid value."""


class UnknownSettingWarning(UserWarning):
    """A variable that begins with `HYPER_` but is not a setting."""


class RouteError(HyperError):
    """A route file, or a folder of them, that can't be loaded."""


class RouteConflictError(RouteError):
    """Two route files answer the same URLs."""


class TemplateError(HyperError):
    """A t-string that is not a template, or a value that a template can't take."""


class ComponentError(TemplateError):
    """A component that is none, or is not called as it wants to be."""


class UnknownFragmentError(TemplateError):
    """`render(fragments=…)` names a fragment that the page does not have."""


class EventError(HyperError):
    """A stream yielded what can't be sent."""


class ChannelError(HyperError):
    """A channel or queue that is not used as it can be."""


class ChannelClosedError(ChannelError):
    """Something was published to a channel after its end."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the channel {name!r} is closed, and stays so as long as its messages are kept",
            hint="Publish before close(), or to a channel of another name.",
        )


class BrokerError(ChannelError):
    """What keeps the channels can't be reached, or does not answer in time."""


class StreamError(HyperError):
    """What a stream is fed from can't be used."""


class InputError(HyperError):
    """The request does not fit the route's inputs: status 422. `problems` maps each input's name to what is wrong."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in problems.items()))
        self.problems = problems


class AnswerError(HyperError):
    """A request that the route file gave no usable answer to."""


class HeadersSentError(HyperError):
    """A header, cookie or status set after the headers have left."""


def display_path(file: str) -> str:
    """The path as the user would type it: relative to the working directory if it lies in there."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest of the known names, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else ""
