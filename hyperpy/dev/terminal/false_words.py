"""Warns about `checked={"false"}` and the like: HTML's boolean attributes are set by any text."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from hyperpy.dev.terminal.template_notes import Notes
from hyperpy.templates.escaping.attributes import boolean
from hyperpy.templates.escaping.spreads import merged, spread_among
from hyperpy.templates.syntax.attribute_values import FALSE_WORDS
from hyperpy.templates.syntax.contexts import context_of, html_name
from hyperpy.templates.syntax.holes import Context

_HINT: Final = "Interpolate a bool: True writes the attribute, and False leaves it out."


def noting_false_words() -> dict[str, Callable[..., str]]:
    """Replacements for the functions that write boolean attributes, which warn once for each place in a template."""
    notes = Notes()

    def noting_boolean(head: str, value: Any) -> str:
        if _is_false_word(value):
            notes.note(sys._getframe(1), _what(head.strip(), value), _HINT)
        return boolean(head, value)

    def noting_merged(words: str, tag: str, entries: tuple[tuple[str | None, Any], ...]) -> str:
        for name, value in entries:
            if name is None and (what := _what_spreads(tag, value)):
                notes.note(sys._getframe(1), what, _HINT)
        return merged(words, tag, entries)

    def noting_spread(words: str, key: tuple[str, Any, Any], value: Any, rendered: Callable[[Any], Any]) -> str:
        if what := _what_spreads(key[0], value):
            notes.note(sys._getframe(1), what, _HINT)
        return spread_among(words, key, value, rendered)

    return {"BOOLEAN": noting_boolean, "MERGED": noting_merged, "SPREAD_AMONG": noting_spread}


def _is_false_word(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in FALSE_WORDS


def _what_spreads(tag: str, mapping: object) -> str:
    """What is wrong with a mapping that is spread over a tag, or nothing."""
    if not isinstance(mapping, Mapping):
        return ""
    for name, value in mapping.items():
        if _is_false_word(value) and isinstance(name, str) and context_of(tag, html_name(name)) is Context.BOOLEAN:
            return _what(html_name(name), value)
    return ""


def _what(name: str, value: object) -> str:
    return f"`{name}` is set by any text, and so by {value!r}"
