"""Tracebacks that show the user's frames and count the others."""

import os
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException
from typing import Any, override

from hyperpy.dev.problems.hints import hint_for, without_far_names
from hyperpy.exceptions import ComponentError, HyperError, Place
from hyperpy.templates.at_load.argument_places import mark_argument
from hyperpy.tracebacks import raising_place
from hyperpy.user_files import is_users, package_of


def trimmed_traceback(error: BaseException) -> str:
    """The traceback with the user's frames. Those of packages are counted, except for the last frame of all.

    hyperpy's own errors have their place and excerpt in their message, which is all that is shown of them. So it is
    with those that no code of the user leads to.
    """
    if isinstance(error, ComponentError):
        mark_argument(error)
    if isinstance(error, HyperError) and (error.place is not None or raising_place(error) is None):
        cause = error.__cause__
        if cause is None or (error.place is not None and _is_said(cause, error, error.place)):
            return str(error)
        return f"{error}\n\nCaused by:\n\n{trimmed_traceback(cause)}"
    summary = TracebackException(type(error), error, error.__traceback__, compact=True)
    _trim(summary)
    text = relative_paths(without_far_names(error, "".join(summary.format()).rstrip()))
    hint = hint_for(error)
    return f"{text}\n  {hint}" if hint else text


def _is_said(cause: BaseException, error: HyperError, place: Place) -> bool:
    """Whether an error has the message of its cause, and names the line that has raised it."""
    if isinstance(cause, SyntaxError):
        return cause.lineno == place.line and cause.msg in error.what
    raised = raising_place(cause)
    return raised is not None and (raised.file, raised.line) == (place.file, place.line) and str(cause) in error.what


def relative_paths(text: str) -> str:
    """The text with paths below the working directory as the developer would type them."""
    try:
        folder = f"{Path.cwd()}{os.sep}"
    except OSError:  # it has been removed
        return text
    return re.sub(rf"(?<![\w./\\-]){re.escape(folder)}", "", text) if len(folder) > 1 else text


def _trim(summary: TracebackException) -> None:
    """Trim a traceback, and those of its causes, contexts and members, in place."""
    summary.stack = _Trimmed(_shown(summary.stack))
    for other in (*(summary.exceptions or ()), summary.__cause__, summary.__context__):
        if other is not None:
            _trim(other)


def _shown(stack: StackSummary) -> Iterator[FrameSummary]:
    frames = [frame for before, frame in zip([None, *stack], stack, strict=False) if not _is_template(before, frame)]
    users = [is_users(frame.filename) for frame in frames]
    if not any(users):
        yield from frames
        return
    for own, group in groupby(frames[users.index(True) :], lambda frame: is_users(frame.filename)):
        members = list(group)
        if own:
            yield from members
            continue
        last = [members.pop()] if members[-1] is frames[-1] else []
        if members:
            yield _Hidden(members)
        yield from last


def _is_template(before: FrameSummary | None, frame: FrameSummary) -> bool:
    """Whether a frame is of the function that a template has become, called where the template stands."""
    return (
        frame.name == "template"
        and before is not None
        and (before.filename, before.lineno) == (*(frame.filename, frame.lineno),)
    )


class _Hidden(FrameSummary):
    """Frames that are only counted."""

    __slots__ = ("text",)

    def __init__(self, frames: list[FrameSummary]) -> None:
        first = frames[0]
        super().__init__(first.filename, first.lineno, first.name, lookup_line=False)
        packages = ", ".join(dict.fromkeys(package_of(frame.filename) for frame in frames))
        self.text = f"  [{len(frames)} frame{'s' * (len(frames) > 1)} of {packages}]\n"


class _Trimmed(StackSummary):
    @override
    def format_frame_summary(self, frame_summary: FrameSummary, **options: Any) -> str:
        if isinstance(frame_summary, _Hidden):
            return frame_summary.text
        return super().format_frame_summary(frame_summary, **options)
