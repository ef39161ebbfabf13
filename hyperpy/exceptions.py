"""The errors of hyperpy. Each has a place (file, line and column), what is wrong, and what to write instead."""

import linecache
import sys
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from pathlib import Path
from textwrap import indent
from types import FrameType
from typing import TYPE_CHECKING, Final, Self

from hyperpy.lazy import LazyModule, difflib
from hyperpy.record_classes import public_record

if TYPE_CHECKING:
    from hyperpy import proposed_imports
else:
    proposed_imports = LazyModule("hyperpy.proposed_imports")

# How similar a name must be to be suggested: "itn" and "int" are at 0.67, "log-in" and "log-out" at 0.62.
_SIMILAR: Final = 0.65

# The same for one segment of a path: "about" and "account" are at 0.67.
_SIMILAR_SEGMENT: Final = 0.7

# The similarity of a segment and a parameter, which may have any value.
_TAKEN: Final = 0.8

__all__ = [
    "AnswerError",
    "BrokerError",
    "ChannelClosedError",
    "ChannelError",
    "ComponentError",
    "ConfigError",
    "EventError",
    "HeadersSentError",
    "HyperError",
    "InputError",
    "Place",
    "RefusedRedirectError",
    "RouteConflictError",
    "RouteError",
    "StreamError",
    "TemplateError",
    "URLError",
    "UnknownFragmentError",
    "UnknownSettingWarning",
]


@public_record(frozen=True, slots=True)
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
        """The line, the two lines before it and a row of carets; empty if the file can't be read."""
        if not self.line or not (text := linecache.getline(self.file, self.line).rstrip("\r\n")):
            return ""
        margin = len(str(self.line))
        above = range(max(1, self.line - 2), self.line)
        rows = [f"    {n:>{margin}} | {linecache.getline(self.file, n)}".rstrip() for n in above]
        rows.append(f"  > {self.line:>{margin}} | {text}")
        if self.width:
            rows.append(" " * (margin + 7 + self.column) + "^" * self.width)
        return "\n".join(rows)


def caller_frame() -> FrameType | None:
    """The innermost frame of the user's code; None if none of it is running."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package not in ("hyperpy", "starlette") and package not in sys.stdlib_module_names:
            return frame
        frame = frame.f_back
    return None


def caller_place() -> Place | None:
    """The line of the user's code that is running; None if none of it is."""
    frame = caller_frame()
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


class HyperError(Exception):
    """The base class of hyperpy's errors. `str(error)` is the whole message; `what` and `hint` are its parts."""

    def __init__(self, what: str, *, place: Place | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.place = place
        self.hint = hint

    def at(self, place: Place) -> Self:
        """The same error, with this place unless it already has one."""
        if self.place is None:
            self.place = place
        return self

    def __str__(self) -> str:
        return message(self.what, self.place, self.hint)


def refuse(error: HyperError) -> None:
    """Raise the error. Where errors can be reported instead, this is the default."""
    raise error


class ConfigError(HyperError):
    """An unknown setting, or one with an invalid value."""


class UnknownSettingWarning(UserWarning):
    """A variable that begins with `HYPER_` but is not a setting."""


class RouteError(HyperError):
    """A route file or a folder of routes can't be loaded."""


class RouteConflictError(RouteError):
    """Two route files answer the same URLs."""


class TemplateError(HyperError):
    """An invalid template, or a value that a template can't render."""


class ComponentError(TemplateError):
    """Not a component, or called with arguments that it doesn't accept; `argument` is the first of them."""

    argument: str = ""


class UnknownFragmentError(TemplateError):
    """`render(fragments=…)` names a fragment that isn't on the page."""


class EventError(HyperError):
    """A stream yielded a value that can't be sent."""


class ChannelError(HyperError):
    """A channel or queue is misused."""


class ChannelClosedError(ChannelError):
    """A message was published to a closed channel, or an item put into or expected from a closed queue."""

    def __init__(self, name: str, *, is_queue: bool = False) -> None:
        if is_queue:
            super().__init__(
                f"the queue {name!r} is closed", hint="Put items before close(), or into a queue with another name."
            )
        else:
            super().__init__(
                f"the channel {name!r} is closed, for as long as its messages are kept",
                hint="Publish before close(), or to a channel with another name.",
            )


class BrokerError(ChannelError):
    """The channels broker can't be reached or doesn't respond in time."""


class BrokerRefusalError(BrokerError):
    """The channels broker refuses what it is asked to do, and would refuse it again."""


class StreamError(HyperError):
    """The source of a stream can't be used."""


class InputError(HyperError):
    """The request doesn't match the route's inputs: status 422. `fields` maps inputs to what is wrong."""

    status_code: Final = 422

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in fields.items()))
        self.fields = fields


class PageError(Exception):
    """The attributes that every exception has in an error page. Annotate `error: PageError` there, for your editor."""

    status_code: int
    title: str
    """The phrase of the status, such as "Not Found"."""
    detail: str
    """A sentence for the visitor, or the title. It never reveals what went wrong inside the site."""
    fields: Mapping[str, str]
    """The invalid inputs of a 422, each with what is wrong; empty for other errors."""
    log_id: str
    """The id under which the log has the traceback; empty for errors that are answers, such as a 404."""


class AnswerError(HyperError):
    """A route file has no valid answer to a request."""


class RefusedRedirectError(AnswerError):
    """`redirect()` was called with a computed URL that it refuses, as a visitor may cause: status 400."""

    status_code: Final = 400


class URLError(HyperError):
    """`url()` can't build a URL: an unknown route, a missing parameter, or a value that can't be written."""


class SessionError(HyperError):
    """A session can't be read or stored: there is no secret key, or it doesn't fit into a cookie."""


class HeadersSentError(HyperError):
    """A header, cookie or status was set after the headers had been sent."""


def message(what: str, place: Place | None, hint: str) -> str:
    """The text of an error or a warning: where, what is wrong, the line, and what to write instead."""
    head = f"{place}  {what}" if place else what
    excerpt = place.excerpt() if place else ""
    text = f"{head}\n\n{excerpt}" if excerpt else head
    return f"{text}\n{indent(advice(hint, place), '  ')}" if hint else text


def advice(hint: str, place: Place | None) -> str:
    """The hint as it is shown, with the import that the file lacks for it."""
    return hint if place is None else proposed_imports.with_import(hint, place.file)


def display_path(file: str) -> str:
    """The path as the user would type it: relative to the working directory, if it is inside, and with slashes."""
    try:
        path, working = Path(file), Path.cwd()
        if not path.is_relative_to(working) and path.is_absolute():
            path = path.resolve()  # on macOS, /tmp is a link to the working directory's /private/tmp
        return path.relative_to(working).as_posix()
    except ValueError, OSError:  # outside, or the working directory has been removed
        return file


def printable(text: str) -> str:
    """The text without characters that could forge lines of a log or control a terminal: these are escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests the most similar of the known names, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=_SIMILAR)
    return f"Did you mean `{near[0]}`?" if near else ""


def did_you_mean_path(path: str, known: Iterable[str]) -> str:
    """A sentence that suggests the most similar of the known paths or URL patterns, or an empty string.

    Paths are compared segment by segment, because all share their slashes, and many their first folders.
    """
    likeness = {each: _path_likeness(path, each) for each in known}
    near = max(likeness, key=likeness.__getitem__, default="")
    return f"Did you mean `{near}`?" if near and likeness[near] else ""


def _path_likeness(path: str, known: str) -> float:
    """0 if the numbers of segments differ, or if one segment isn't similar. A parameter is similar to any segment."""
    pairs = list(zip_longest(path.strip("/").split("/"), known.strip("/").split("/"), fillvalue=""))
    literal = [(own, other) for own, other in pairs if "{" not in other]
    ratios = [difflib.SequenceMatcher(None, own.lower(), other.lower()).ratio() for own, other in literal]
    if not ratios or min(ratios) < _SIMILAR_SEGMENT or not all(own for own, _ in pairs):
        return 0
    return float(sum(ratios)) + _TAKEN * (len(pairs) - len(ratios))


def known_names(name: str, known: Iterable[str], verb: str = "has") -> str:
    """A sentence that lists the known names, and one that suggests the most similar; the latter alone if it is both."""
    names = list(known)
    near = did_you_mean(name, names)
    listed = ", ".join(f"`{each}`" for each in names)
    return near if near and len(names) == 1 else f"It {verb} {listed}. {near}".rstrip()
