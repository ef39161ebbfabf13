"""`print("<p>…</p>")`: PHP's habit, which writes to the terminal."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.facts import LoadWarning, place_of

_TAG: Final = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


def printed_html(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about calls of `print` with HTML."""
    for statement in parsed.index.of(ast.Expr):
        match statement.value:
            case ast.Call(func=ast.Name("print")) as call if "print" not in parsed.bound and _has_tag(call, parsed):
                what = "print() writes this HTML to the terminal, not to the page"
                yield LoadWarning(what, place_of(call, parsed.file), 'Write it as a statement of its own: t"…".')


def _has_tag(call: ast.Call, parsed: ParsedFile) -> bool:
    texts = (part.value for part in parsed.index.of(ast.Constant, inside=call))
    return any(isinstance(text, str) and _TAG.search(text) for text in texts)
