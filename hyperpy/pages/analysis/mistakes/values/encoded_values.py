"""Values in scripts and styles that become something else, such as JSON that becomes a string.

A value in a script is encoded as JSON, so what is JSON already becomes a string of JavaScript.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.mistakes.values.json_calls import json_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of

_SCRIPT: Final = lazy_pattern(r"<script\b[^<>]*>(?!.*</script)", re.IGNORECASE | re.DOTALL)
_ASSIGNED: Final = lazy_pattern(r"\b(?:const|let|var)\s+[\w$]+\s*=\s*\Z")
_WHOLE: Final = lazy_pattern(r"<script\b[^<>]*\btype\s*=\s*[\"']?application/(?:ld\+)?json[^<>]*>\s*\Z", re.IGNORECASE)
_OBJECT: Final = lazy_pattern(r"\s(?:x-data|data-signals)\s*=\s*[\"']?\Z")
_STYLE: Final = lazy_pattern(r"\sstyle\s*=\s*[\"']?\Z")
_CAMEL: Final = lazy_pattern(r"[a-z]+(?:[A-Z][a-z]*)+")
_AS_TEXT: Final = lazy_pattern(r"JSON\.parse|\bbody\s*:|\.send\(|setItem|postMessage|Blob\(")
_HOLE: Final = "x"


def encoded_values(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[LoadWarning]:
    """Warnings about JSON that becomes a string, and about the keys of a `style` that are those of JavaScript."""
    is_text = _AS_TEXT.search(parsed.source) is not None
    for template in parsed.index.of(ast.TemplateStr):
        before = ""
        for part in template.values:
            if isinstance(part, ast.Interpolation):
                if part.conversion == -1 and part.format_spec is None and _takes_value(before, is_text=is_text):
                    yield from _encoded_twice(part, parsed, vocabulary)
                if isinstance(part.value, ast.Dict) and _STYLE.search(before):
                    yield from _properties(part.value, parsed.file)
                before += _HOLE
            else:
                before += str(part.value)


def _takes_value(before: str, *, is_text: bool) -> bool:
    """Whether what follows this part of a template is meant as a value. `is_text` is whether scripts need JSON."""
    if _WHOLE.search(before) or _OBJECT.search(before):
        return True
    return not is_text and bool(_ASSIGNED.search(before) and _SCRIPT.search(before))


def _encoded_twice(part: ast.Interpolation, parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[LoadWarning]:
    value = part.value
    if isinstance(value, ast.Name) and value not in vocabulary.local and value.id in parsed.bound_once:
        assigned = (s for s in parsed.index.owned(None, ast.Assign) if len(s.targets) == 1)
        named = (s.value for s in assigned if isinstance(s.targets[0], ast.Name) and s.targets[0].id == value.id)
        value = next(named, value)
    if (made := json_of(value, vocabulary)) is not None:
        what = "this JSON becomes a string here, because a value in a script is encoded as JSON"
        written = ast.unparse(made)
        written = f" {written} " if written.startswith("{") else written
        yield LoadWarning(what, place_of(part.value, parsed.file), f"Write the value itself: {{{written}}}.")


def _properties(style: ast.Dict, file: str) -> Iterator[LoadWarning]:
    for key in style.keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and _CAMEL.fullmatch(key.value):
            name = re.sub(r"(?=[A-Z])", "-", key.value).lower()
            name = f"-{name}" if name.startswith(("webkit-", "moz-")) else name
            yield LoadWarning(f"CSS has no property `{key.value}`", place_of(key, file), f"Write `{name}`.")
