"""Keywords that pydantic accepts and ignores: `Field(patern=…)`, `ConfigDict(extr=…)`."""

import ast
from collections.abc import Collection, Iterator
from typing import Final

from hyperpy.exceptions import did_you_mean
from hyperpy.pages.analysis.objects.contents import pydantics_keywords
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of
from hyperpy.pages.known_names import MISSING

# Of pydantic 1: it refuses or translates them, and says so.
_NAMES: Final = "allow_mutation const include max_items min_items regex unique_items"
_FORMER: Final = frozenset(_NAMES.split())


def unknown_keywords(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[LoadWarning]:
    """Warnings about keywords of `Field` and `ConfigDict` that don't exist, so that nothing is checked by them."""
    for call in parsed.index.of(ast.Call):
        if not any(keyword.arg for keyword in call.keywords) or vocabulary.value(call.func) is MISSING:
            continue
        name, known = vocabulary.answer(pydantics_keywords, call.func)
        for keyword in call.keywords if known else ():
            if keyword.arg and keyword.arg not in known and keyword.arg not in _FORMER:
                what = f"`{name}` has no keyword `{keyword.arg}`, and pydantic ignores it"
                place = place_of(keyword.value, parsed.file)
                yield LoadWarning(what, place, _hint(name, keyword.arg, known))


def _hint(name: str, keyword: str, known: Collection[str]) -> str:
    if near := did_you_mean(keyword, sorted(known)):
        return near
    if name == "Field":
        return f"For the JSON schema, write `json_schema_extra={{{keyword!r}: …}}`."
    return "Remove it."
