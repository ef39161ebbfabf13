"""Strings without their closing quotes, and quotes that end a string too early."""

import re
from typing import Final

from hyperpy.lazy import lazy_pattern

_OPENING: Final = lazy_pattern(r"(?P<prefix>[A-Za-z]{0,2})(?P<quote>\"{3}|'{3}|\"|')")
_UNTERMINATED: Final = lazy_pattern(r"unterminated (?:triple-quoted )?(?P<kind>[ft]-string|string) literal")
_ATTRIBUTE: Final = lazy_pattern(r"(?<=[\s\"'])[\w:.@-]+=\Z")
_WORD: Final = lazy_pattern(r"[^\W\d]\w*")


def string_problem(error: SyntaxError, source: str, hint: str) -> tuple[str, str]:
    """What is wrong and how to fix it, if it is about quotes; else Python's message and the hint that is given."""
    lines = source.splitlines()
    if not error.lineno or not error.offset or error.lineno > len(lines):
        return error.msg, hint
    line, column = lines[error.lineno - 1], error.offset - 1
    opening = _OPENING.match(line, column)
    unterminated = _UNTERMINATED.match(error.msg)
    if (unterminated or error.msg.startswith("invalid syntax")) and (early := _early_end(line, column)):
        return early
    if unterminated and opening:
        return _unclosed(unterminated["kind"], opening, line, source)
    return error.msg, hint


def _unclosed(kind: str, opening: re.Match[str], line: str, source: str) -> tuple[str, str]:
    quote, prefix = opening["quote"], opening["prefix"]
    what = f"the {kind} that begins here has no closing {quote}"
    if len(quote) == 3:
        hint = f"Write {quote} where it ends."
        if source.count(quote) > 1:
            hint += f" If these quotes end a string, the {quote} before them is missing or is the end of another one."
        return what, hint
    if line.count(quote) > 2 and line.count(quote) % 2:
        return what, f"A {quote} in the text has ended it early. Write {_other(quote)} around a text that has one."
    three = f"{prefix}{quote * 3}…{quote * 3}"
    return what, f"Write {quote} at its end. A string over several lines has three quotes: {three}."


def _early_end(line: str, column: int) -> tuple[str, str] | None:
    """The same for a string that ends at a quote inside its text: that of an attribute, or one right before a word."""
    for opening in _OPENING.finditer(line):
        quote = opening["quote"]
        end = line.find(quote, opening.end())
        if len(quote) == 3 or end < 0:
            continue
        three = f"{opening['prefix']}{quote * 3}…{quote * 3}"
        hint = f"Use {_other(quote)} for the quotes inside it, or three quotes around it: {three}."
        if attribute := _ATTRIBUTE.search(line, opening.end(), end):
            return f"the quote after `{attribute[0]}` ends the string", hint
        if end == column - 1 and _WORD.match(line, column):
            return "the quote before this ends the string", hint
    return None


def _other(quote: str) -> str:
    return "'" if quote == '"' else '"'
