"""`print("<p>…</p>")` and `sys.stdout.write("<p>…</p>")`: PHP's habit, which writes to the terminal."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.facts import LoadWarning, place_of

_TAG: Final = lazy_pattern(r"</?[a-z][^<>]*>", re.IGNORECASE)

_OUTPUTS: Final = frozenset({"stdout", "stdout.buffer", "sys.stdout", "sys.stdout.buffer"})


def printed_html(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about calls that write HTML to the standard output."""
    for statement in parsed.index.of(ast.Expr):
        match statement.value:
            case ast.Call() as call if (name := _printing(call, parsed)) and _has_tag(call, parsed):
                what = f"{name}() writes this HTML to the terminal, not to the page"
                yield LoadWarning(what, place_of(call, parsed.file), 'Write it as a statement of its own: t"…".')


def _printing(call: ast.Call, parsed: ParsedFile) -> str:
    """The name of the called function if it writes to the standard output; else empty."""
    match call.func:
        case ast.Name("print") if "print" not in parsed.bound:
            files = [keyword.value for keyword in call.keywords if keyword.arg == "file"]
            return "print" if all(map(_is_output, files)) else ""
        case ast.Attribute(value=file, attr="write" | "writelines") if _is_output(file):
            return ast.unparse(call.func)
    return ""


def _is_output(file: ast.expr) -> bool:
    return ast.unparse(file) in _OUTPUTS


def _has_tag(call: ast.Call, parsed: ParsedFile) -> bool:
    texts = (part.value for part in parsed.index.of(ast.Constant, inside=call))
    return any(isinstance(text, str | bytes) and _TAG.search(_decoded(text)) for text in texts)


def _decoded(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("latin-1")
