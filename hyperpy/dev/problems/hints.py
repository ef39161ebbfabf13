"""What to write instead, for exceptions of Python whose message doesn't say it."""

import ast
import builtins
import difflib
import linecache
import re
from traceback import walk_tb
from types import ModuleType
from typing import Final

from hyperpy.dev.problems.habits import hint_for_attribute
from hyperpy.pages.analysis.walk import Walk
from hyperpy.proposed_imports import with_import
from hyperpy.user_files import is_users

_ALIKE: Final = 0.8  # `pirnt` is meant to be `print`, but `user` is not `super`
_SUGGESTED: Final = re.compile(r"\.? Did you mean: '(\w+)'\?")
_NOT_AWAITED: Final = re.compile(r"\b'?coroutine'? object\b")
_NOT_ITERATED: Final = re.compile(r"\b'?async_generator'? object\b")

_AWAITED: Final = re.compile(r"(?:'(\w+)' object|object (\w+)) can't be (?:awaited|used in 'await' expression)")
_ITERATED: Final = re.compile(r"'async for' requires an object with __aiter__ method, got (\w+)")

_UNQUOTED: Final = re.compile(r"""['"]coroutine['"]|\bnot coroutine\b""")
_SUBSCRIPTION: Final = re.compile(r"'(?:Subscription|Channel)' object is not iterable")
_OF_CHANNELS: Final = frozenset({"hyperpy.channels.named_channel", "hyperpy.channels.subscription"})
_ENTERED: Final = re.compile(r"'hyperpy\.channels\.\w+\.(Channel|Queue)' object does not support the .*context manager")
_TO_ENTER: Final = {
    "Channel": "A channel can't be used in a `with`. Write `async for message in channel(…):`. To receive what is "
    "published after the start of a block, write `async with channel(…).subscribe() as messages:`.",
    "Queue": "A queue can't be used in a `with`. Write `async with queue(…).take() as item:`, or "
    "`async for data in queue(…):`.",
}
_UNBOUND: Final = re.compile(r"local variable '(\w+)'")
_OF_VALUES: Final = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (
            r".*\bstring\.templatelib\.",
            "A t-string isn't text. Interpolate it in another one, or a list of them: t'<ul>{rows}</ul>'.",
        ),
        (r"can only concatenate str \(not", 'Write an f-string: f"text {value}".'),
        (r"flash\(\) got an unexpected keyword argument 'category'", 'Write `kind=`: `flash("…", kind="error")`.'),
        ("can't multiply sequence by non-int of type 'float'", "The text is not a number yet: `float(value)`."),
        (r"(not enough|too many) values to unpack \(expected 2", "Pairs of a dict come from `.items()`."),
    )
)
_NOT_AN_EXCEPTION: Final = "exceptions must derive from BaseException"


def hint_for(error: BaseException) -> str:
    """A sentence or two, or the empty string."""
    frames = [frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)]
    return with_import(_hint_for(error), next(filter(is_users, reversed(frames)), ""))


def _hint_for(error: BaseException) -> str:
    text = str(error) if isinstance(error, AttributeError | TypeError) else ""
    if _NOT_AWAITED.search(text) or _UNQUOTED.search(text):
        return "A coroutine has no result yet. Write `await` in front of the call that made it."
    if _NOT_ITERATED.search(text):
        return "An async generator is iterated with `async for`, in an `async def`."
    if found := _AWAITED.search(text):
        return f"There is nothing to wait for: this is a {found[1] or found[2]} already. Remove `await`."
    if found := _ITERATED.search(text):
        return f"A {found[1]} is iterated with `for`, without `async`."
    if found := _ENTERED.match(text):
        return _TO_ENTER[found[1]]
    if _SUBSCRIPTION.fullmatch(text) and _has_channel(error):
        return "Messages are received with `async for`: `async for message in messages:`."
    if text == _NOT_AN_EXCEPTION:
        return "For an error page with a status, write `raise HTTPException(404)`."
    for pattern, hint in _OF_VALUES:
        if type(error) in (TypeError, ValueError) and pattern.match(str(error)):
            return hint
    if type(error) is UnboundLocalError and (found := _UNBOUND.search(str(error))):
        return f"If it is a variable of the file, declare it in the function first: `global {found[1]}`."
    if isinstance(error, AttributeError):
        return hint_for_attribute(error.obj, error.name or "")
    if isinstance(error, NameError) and error.name and (setter := _setter(error, error.name)):
        return f"{setter} sets it, and is awaited where it stands. Move what reads `{error.name}` below it."
    if isinstance(error, NameError) and error.name and (lines := _set_below(error, error.name)):
        running, setting = lines
        return f"It is set at line {setting}, but line {running} needs it. Move line {setting} above line {running}."
    if isinstance(error, KeyError) and _is_of_session(error):
        return f"The session has no such key yet. Write `session.get({error.args[0]!r})`."
    return ""


def _setter(error: NameError, name: str) -> str:
    """The loader that sets a variable of the file, with its line. A stream doesn't set it for the page."""
    frames = [frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)]
    file = next(filter(is_users, reversed(frames)), "")
    try:
        body = ast.parse("".join(linecache.getlines(file))).body
    except SyntaxError:  # the file has changed since
        return ""
    for function in body:
        if isinstance(function, ast.AsyncFunctionDef):
            nodes = list(ast.walk(function))
            if any(isinstance(node, ast.Yield) for node in nodes):
                continue
            if any(isinstance(node, ast.Global) and name in node.names for node in nodes):
                return f"{function.name}(), line {function.lineno},"
    return ""


def _set_below(error: NameError, name: str) -> tuple[int, int] | None:
    """The running line of a file, and the later line that sets a name which it lacks.

    That is how `render()` runs code of the page below it. None if no line below sets the name.
    """
    running: dict[str, int] = {}
    for frame, line in walk_tb(error.__traceback__):
        if frame.f_code.co_name == "<module>" and is_users(file := frame.f_code.co_filename):
            running.setdefault(file, line)
    for file, line in running.items():
        try:
            tree = ast.parse("".join(linecache.getlines(file)))
        except SyntaxError:  # the file has changed since
            continue
        later = [s.lineno for s, names in Walk(tree).names.items() if name in names.binds]
        if later and min(later) > line:
            return line, min(later)
    return None


def _has_channel(error: BaseException) -> bool:
    """Whether the failing line calls `channel` or `subscribe`, or a variable there is a channel or a subscription."""
    *_, (frame, line) = walk_tb(error.__traceback__)
    kinds = {type(value).__module__ for value in list(frame.f_locals.values())}
    written = linecache.getline(frame.f_code.co_filename, line)
    return bool(kinds & _OF_CHANNELS) or "subscribe(" in written or "channel(" in written


def _is_of_session(error: KeyError) -> bool:
    modules = [frame.f_globals.get("__name__") for frame, _ in walk_tb(error.__traceback__)]
    return modules[-1:] == ["hyperpy.sessions.session"] and len(error.args) == 1


def without_far_names(error: BaseException, text: str) -> str:
    """The text without Python's suggestion, if the name has little to do with that, is set later, or has a hint."""
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType) and hint_for(error):
        return _SUGGESTED.sub("", text)
    if not isinstance(error, NameError) or error.name is None or (found := _SUGGESTED.search(text)) is None:
        return text
    near = difflib.SequenceMatcher(None, error.name, found[1]).ratio()
    is_far = hasattr(builtins, found[1]) and near < _ALIKE
    return text[: found.start()] + text[found.end() :] if is_far or _setter(error, error.name) else text
