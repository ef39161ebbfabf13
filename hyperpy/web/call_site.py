"""The user's call of one of our functions, for error messages."""

import ast
import linecache
from itertools import islice
from types import FrameType


def calls_with_literal(frame: FrameType | None, parameter: str) -> bool:
    """Whether the call that a frame is executing has a literal as its first argument; False if that is unknown.

    `parameter` is the name of that argument.
    """
    source = _running_source(frame) if frame is not None else ""
    try:
        call = ast.parse(source, mode="eval").body
    except SyntaxError, ValueError:
        return False
    if isinstance(call, ast.Await):
        call = call.value
    if not isinstance(call, ast.Call):
        return False
    given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == parameter)]
    return bool(given) and isinstance(given[0], ast.Constant)


def _running_source(frame: FrameType) -> str:
    """The source text of the instruction that a frame is executing."""
    code = frame.f_code
    first, last, start, end = next(islice(code.co_positions(), frame.f_lasti // 2, None))
    if first is None or last is None or start is None or end is None:
        return ""
    lines = [linecache.getline(code.co_filename, number).encode() for number in range(first, last + 1)]
    if not all(lines):
        return ""
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return f"({b''.join(lines).decode(errors='replace')})"
