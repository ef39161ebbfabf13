"""The warnings about values of templates."""

from hyperpy.dev.terminal.escaped_html import noting_html
from hyperpy.dev.terminal.false_words import noting_false_words
from hyperpy.templates import text_functions


def note_template_values() -> None:
    """Look for likely mistakes in the values of templates that are loaded in this context."""
    text_functions.set({**noting_html(), **noting_false_words()})
