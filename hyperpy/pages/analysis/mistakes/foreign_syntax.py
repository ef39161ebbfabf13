"""HTML outside of a t-string, and JavaScript in its braces: what Python can't read."""

import ast
import re
from typing import Final

from hyperpy.lazy import lazy_pattern

_TAG: Final = lazy_pattern(
    r"<!--|<(?:!doctype|[a-z][\w-]*|)(?:\s[^<]*)?/?>|<(?:!doctype|[a-z][\w-]*)(?=\s|$)", re.IGNORECASE
)
IN_A_T_STRING: Final = 'HTML is written in a t-string:\n\n    t"""\n    <h1>{title}</h1>\n    """'
_SPREAD: Final = lazy_pattern(r"\s*(?:\.\.\.|\*\*)\s*([\w.]+)\s*\}")
_MAPPED: Final = lazy_pattern(
    r"\s*([\w.]+?)\.(map|filter|forEach)\(\s*(?:async\s*)?(?:function\b\s*\w*\s*)?\(?\s*(\w*)"
)
_ARROW: Final = lazy_pattern(r"=>|\bfunction\b")


def html_outside(source: str, line: int, column: int) -> tuple[int, int, str] | None:
    """The line, column and text of a tag outside of a t-string, if that is why Python stopped at a place."""
    lines = source.splitlines()
    if line <= len(lines) and (tag := _TAG.match(lines[line - 1], column)):
        return line, column, tag[0]
    for number, text in enumerate(lines[:line], 1):
        if (tag := _TAG.match(text, start := len(text) - len(text.lstrip()))) and _is_python(lines[: number - 1]):
            return number, start, tag[0]
    return None


def _is_python(lines: list[str]) -> bool:
    try:
        ast.parse("\n".join(lines))
    except SyntaxError, ValueError:
        return False
    return True


def javascript_advice(inside: str) -> str:
    """What to write for `{...attrs}` and `{items.map((x) => …)}`, if the text behind a brace is that, else nothing."""
    if spread := _SPREAD.match(inside):
        return f"The attributes of a dict are written with {{{spread[1]}:**}}."
    if (mapped := _MAPPED.match(inside)) and _ARROW.search(inside):
        items, item = mapped[1], mapped[3] or "item"
        condition = " if …" if mapped[2] == "filter" else ""
        return f'In Python, write a comprehension: {{[t"<li>{{{item}}}</li>" for {item} in {items}{condition}]}}.'
    if re.match(r"[^{}\"']*=>", inside):
        return "Python has no `=>`. Write a comprehension, or a function above the page."
    return ""
