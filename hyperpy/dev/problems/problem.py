"""An exception as what is shown of it: its message and hint, the user's source and variables, its frames and causes."""

import traceback
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final
from weakref import WeakKeyDictionary

from hyperpy.dev.problems.hints import hint_for, without_far_names
from hyperpy.dev.problems.source_code import SourceLine, Span, excerpt, frames_of, span_of
from hyperpy.dev.problems.values import Redaction, variables
from hyperpy.exceptions import ComponentError, HyperError, advice
from hyperpy.record_classes import record
from hyperpy.templates.at_load.argument_places import mark_argument
from hyperpy.user_files import is_users, package_of

_MOST_FRAMES: Final = 60  # of one traceback: a recursion has a thousand
_MOST_VARIABLES: Final = 60
_DEEPEST: Final = 6  # exceptions in a chain or in nested groups
_MOST_MEMBERS: Final = 10  # of a group
_LONGEST_MESSAGE: Final = 4000

_SHOWN: Final[WeakKeyDictionary[HyperError, tuple[SourceLine, ...]]] = WeakKeyDictionary()


@record(frozen=True, slots=True)
class TracebackFrame:
    """One call in a traceback. `package` is empty for the user's code."""

    span: Span
    function: str
    package: str
    lines: tuple[SourceLine, ...]


@record(frozen=True, slots=True)
class Problem:
    """An exception to show. `span` is where it is shown to have happened, in the user's code if possible."""

    kind: str
    message: str
    hint: str
    span: Span | None
    lines: tuple[SourceLine, ...]
    variables: tuple[tuple[str, str], ...]
    frames: tuple[TracebackFrame, ...]
    related: tuple[tuple[str, Problem], ...]
    """Causes, contexts and the members of a group, each with how it is related."""
    warnings: tuple[str, ...] = ()
    """What is likely to be a mistake in the files that the traceback goes through."""

    @property
    def title(self) -> str:
        return f"{self.kind}: {self.message}" if self.kind and self.message else self.kind or self.message

    @property
    def files(self) -> frozenset[str]:
        """The user's files that it goes through."""
        own = {frame.span.file for frame in self.frames if not frame.package}
        return frozenset(own | ({self.span.file} if self.span is not None else set()))

    @property
    def identity(self) -> tuple[str, str, int]:
        """The same for exceptions of one kind from one line."""
        return (self.kind or self.message, *((self.span.file, self.span.line) if self.span else ("", 0)))


def problem_of(error: BaseException, redaction: Redaction) -> Problem:
    """What to show of an exception. Secrets are left out of its message and of variables."""
    return _problem(error, redaction, frozenset(), 0)


def identity_of(error: BaseException) -> tuple[tuple[object, ...], str]:
    """The kinds and places of an exception and its causes, and its message."""
    place: list[object] = []
    inner: BaseException | None = error
    while inner is not None and len(place) < _DEEPEST:
        frames = list(frames_of(inner))
        own = [frame for frame in frames if is_users(frame.tb_frame.f_code.co_filename)] or frames
        where = (own[-1].tb_frame.f_code.co_filename, own[-1].tb_lineno) if own else ()
        if isinstance(inner, HyperError) and inner.place is not None:
            where = (inner.place.file, inner.place.line)
        place.append((type(inner).__qualname__, where))
        inner = inner.__cause__ or inner.__context__
    return tuple(place), _message(error)


def _problem(error: BaseException, redaction: Redaction, seen: frozenset[int], depth: int) -> Problem:
    if isinstance(error, ComponentError):
        mark_argument(error)
    frames = list(frames_of(error))
    own = [frame for frame in frames if is_users(frame.tb_frame.f_code.co_filename)]
    shown = own[-1] if own else frames[-1] if frames else None
    span = _span(error, shown)
    if shown is not None and span is not None:
        shown = next((frame for frame in reversed(own) if frame.tb_frame.f_code.co_filename == span.file), shown)
    kind, message, hint = _words(error, redaction)
    related = tuple(_related(error, redaction, seen | {id(error)}, depth))
    is_load_error = isinstance(error, HyperError) and not own
    return Problem(
        *(kind, message, hint, span, _lines(error, span)),
        () if shown is None or is_load_error else tuple(_variables(shown, span, redaction)),
        () if is_load_error else tuple(map(_frame, _limited(_without_machinery(frames)))),
        tuple((relation, other) for relation, other in related if not _is_said(other, message, span)),
    )


def _span(error: BaseException, shown: TracebackType | None) -> Span | None:
    """The place that an error names; else the expression of the frame that is shown."""
    if isinstance(error, HyperError) and error.place is not None:
        if shown is not None and not error.place.width:
            exact = span_of(shown)
            if (exact.file, exact.line) == (error.place.file, error.place.line):
                return exact
        return Span.of_place(error.place)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        column = max(0, (error.offset or 1) - 1)
        end = error.end_offset if error.end_lineno == error.lineno and error.end_offset else column + 1
        return Span(error.filename, error.lineno, column, error.lineno, max(end - 1, column + 1))
    return span_of(shown) if shown is not None else None


def _is_said(cause: Problem, message: str, span: Span | None) -> bool:
    """Whether a load error repeats its cause: the same place, and the whole message."""
    same = cause.span is not None and span is not None and str(cause.span) == str(span)
    return same and cause.message.partition(". Did you mean")[0] in message


def _lines(error: BaseException, span: Span | None) -> tuple[SourceLine, ...]:
    """The source around an expression. That of an error which is shown until its file has been loaded again stays."""
    if span is None:
        return ()
    if not isinstance(error, HyperError):
        return excerpt(span)
    if error not in _SHOWN:
        _SHOWN[error] = excerpt(span)
    return _SHOWN[error]


def _words(error: BaseException, redaction: Redaction) -> tuple[str, str, str]:
    """The class of an exception, its message and its hint. The class of hyperpy's own errors says nothing more."""
    notes = "\n".join(str(note) for note in getattr(error, "__notes__", ()))
    if isinstance(error, HyperError):
        hint = "\n".join(filter(None, (advice(error.hint, error.place), notes)))
        return "", redaction.known_in(error.what), redaction.known_in(hint)
    message = _message(error)
    hint = "\n".join(filter(None, (hint_for(error), notes)))
    return type(error).__qualname__, redaction.known_in(message[:_LONGEST_MESSAGE]), redaction.known_in(hint)


def _message(error: BaseException) -> str:
    """The message as Python's own traceback shows it, which suggests similar names."""
    try:
        if isinstance(error, SyntaxError):
            return error.msg or ""
        if isinstance(error, BaseExceptionGroup):
            return f"{error.message} ({len(error.exceptions)} exceptions)"
        summary = traceback.TracebackException(type(error), error, error.__traceback__, limit=0, compact=True)
        text = "".join(summary.format_exception_only()).rstrip()
        first, colon, rest = text.partition(": ")
        notes = [str(note) for note in getattr(error, "__notes__", ())]
        message = rest if colon and first.endswith(type(error).__qualname__) else str(error)
        message = message.removesuffix("\n".join(notes)).rstrip() if notes else message
        return without_far_names(error, message)
    except Exception:  # noqa: BLE001 (its `__str__` may raise anything; the class says enough)
        return "(no message: its str() raises)"


def _variables(frame: TracebackType, span: Span | None, redaction: Redaction) -> Iterator[tuple[str, str]]:
    """The variables of a frame, those that the failing line names first.

    For a function, such as a stream, they include the variables of its file that it names.
    """
    text = "".join(line.text for line in excerpt(span, 0)) if span is not None else ""
    inner = frame.tb_frame
    named = {name: inner.f_globals[name] for name in inner.f_code.co_names if name in inner.f_globals}
    found = list(variables({**named, **inner.f_locals}))
    found.sort(key=lambda item: item[0] not in text)
    for name, value in found[:_MOST_VARIABLES]:
        yield name, redaction.value(name, value)


def _without_machinery(frames: Sequence[TracebackType]) -> Sequence[TracebackType]:
    """The frames from the first one of the user's code on; all if there is none."""
    first = next((i for i, frame in enumerate(frames) if is_users(frame.tb_frame.f_code.co_filename)), 0)
    return frames[first:]


def _limited(frames: Sequence[TracebackType]) -> Sequence[TracebackType]:
    half = _MOST_FRAMES // 2
    return frames if len(frames) <= _MOST_FRAMES else [*frames[:half], *frames[-half:]]


def _frame(frame: TracebackType) -> TracebackFrame:
    code, span = frame.tb_frame.f_code, span_of(frame)
    package = "" if is_users(code.co_filename) else package_of(code.co_filename)
    return TracebackFrame(span, code.co_qualname, package, excerpt(span, 2 if not package else 0))


def _related(
    error: BaseException, redaction: Redaction, seen: frozenset[int], depth: int
) -> Iterator[tuple[str, Problem]]:
    if depth >= _DEEPEST:
        return
    others: list[tuple[str, BaseException]] = []
    if isinstance(error, BaseExceptionGroup):
        others += [("One of the group", each) for each in error.exceptions[:_MOST_MEMBERS]]
    if error.__cause__ is not None:
        others.append(("Caused by", error.__cause__))
    elif error.__context__ is not None and not error.__suppress_context__:
        others.append(("Raised while handling", error.__context__))
    for relation, other in others:
        if id(other) not in seen:
            yield relation, _problem(other, redaction, seen, depth + 1)
