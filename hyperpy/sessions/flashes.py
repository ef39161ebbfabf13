"""Messages for the next page that a visitor sees: "Saved.", after a form and its redirect."""

from collections.abc import Iterator
from string.templatelib import Template
from typing import Final

from markupsafe import Markup

from hyperpy.exceptions import SessionError
from hyperpy.record_classes import public_record
from hyperpy.templates import html

FLASHES: Final = "_flashes"  # their key in the content of a session


@public_record(frozen=True, slots=True)
class Flash:
    """A message, and what kind it is: a word of the site's own, such as a class in its style sheet."""

    text: str | Markup
    kind: str = "info"

    def __html__(self) -> str:
        return str(html(t"{self.text}"))

    def __str__(self) -> str:
        return str(self.text)


def stored(text: object, kind: str) -> list[str]:
    """A message as it stands in the session. Raises SessionError for what is neither text nor HTML."""
    if isinstance(text, Template):
        text = html(text)
    if not isinstance(text, str):
        raise SessionError(f"flash() takes a str or a t-string, not {type(text).__name__}", hint='flash("Saved.")')
    return [str(text), str(kind), "html"] if isinstance(text, Markup) else [text, str(kind)]


def restored(items: object) -> Iterator[Flash]:
    """The messages in a session. An earlier version of the site may have stored something else under their key."""
    for item in items if isinstance(items, list) else ():
        match item:
            case [str(text), str(kind)]:
                yield Flash(text, kind)
            case [str(text), str(kind), "html"]:
                yield Flash(Markup(text), kind)
