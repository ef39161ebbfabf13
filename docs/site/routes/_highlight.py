"""Code → HTML with Pygments' classes. Inside t-strings, the constant parts are HTML and coloured as such."""

import io
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

from hyperpy import Markup
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import HtmlLexer, PythonLexer, get_lexer_by_name
from pygments.util import ClassNotFound

from routes._lines import OUTPUT, wrapped

FORMAT: Final = HtmlFormatter(nowrap=True)
AS_WRITTEN: Final = {"stripnl": False, "ensurenl": False}

type Span = tuple[int, int]


@lru_cache(maxsize=2048)
def highlighted(code: str, language: str) -> Markup:
    """`code` as HTML that has exactly its text."""
    try:
        lexer = get_lexer_by_name(language or "text", **AS_WRITTEN)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", **AS_WRITTEN)
    kinds = kinds_of(code, lexer)
    if isinstance(lexer, PythonLexer):
        for template, holes in templates(code):
            colour_template(code, kinds, template, holes)
    runs = groupby(range(len(code)), kinds.__getitem__)
    out = io.StringIO()
    FORMAT.format(((kind, "".join(code[index] for index in run)) for kind, run in runs), out)
    written = Markup(out.getvalue())
    return wrapped(code, written) if language in OUTPUT else written


def kinds_of(code: str, lexer: Lexer) -> list[object]:
    """The kind of token that each character belongs to."""
    return [kind for _, kind, text in lexer.get_tokens_unprocessed(code) for _ in text]


def colour_template(code: str, kinds: list[object], template: Span, holes: list[Span]) -> None:
    start, end = template
    html = list(code[start:end])
    outside = set(range(start, end))
    for first, last in holes:
        html[first - start : last - start] = "x" * (last - first)
        outside.difference_update(range(first, last))
    inside = kinds_of("".join(html), HtmlLexer(**AS_WRITTEN))
    for index in outside:
        kinds[index] = inside[index - start]


def templates(code: str) -> Iterator[tuple[Span, list[Span]]]:
    """The content of each t-string and the holes in it, from the outside in. Nothing if the code isn't complete."""
    try:
        found = list(read_templates(code))
    except tokenize.TokenError, SyntaxError:
        return
    yield from sorted(found)


def read_templates(code: str) -> Iterator[tuple[Span, list[Span]]]:
    lines = [0]
    for line in code.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    open_strings: list[tuple[bool, int, list[Span], list[int]]] = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        start, end = (lines[row - 1] + column for row, column in (token.start, token.end))
        if token.type in (tokenize.TSTRING_START, tokenize.FSTRING_START):
            open_strings.append((token.type == tokenize.TSTRING_START, end, [], []))
        elif token.type in (tokenize.TSTRING_END, tokenize.FSTRING_END):
            is_template, content, holes, _ = open_strings.pop()
            if is_template:
                yield (content, start), holes
        elif open_strings and token.string == "{":
            open_strings[-1][3].append(start)
        elif open_strings and token.string == "}":
            _, _, holes, braces = open_strings[-1]
            opened = braces.pop()
            if not braces:
                holes.append((opened, end))
