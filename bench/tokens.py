"""Whether two documents say the same, however they are written."""

import re
from html.parser import HTMLParser
from itertools import zip_longest

type Token = tuple[str, ...]


class _Reader(HTMLParser):
    """Collects tags, attributes and text. Quotes, character references and the amount of white space don't count."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[Token] = []

    def handle_decl(self, decl: str) -> None:
        self.tokens.append(("!", decl.lower()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = sorted(f"{name}={value}" for name, value in attrs)
        self.tokens.append(("<", tag, *written))

    def handle_endtag(self, tag: str) -> None:
        self.tokens.append(("</", tag))

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data).strip()
        if text:
            self.tokens.append(("", text))


def tokens(document: str) -> list[Token]:
    reader = _Reader()
    reader.feed(document)
    reader.close()
    return reader.tokens


def difference(document: str, expected: str) -> str:
    """The first thing in which a document differs from the expected one; empty if it does in none."""
    for got, wanted in zip_longest(tokens(document), tokens(expected)):
        if got != wanted:
            return f"has {got} instead of {wanted}"
    return ""
