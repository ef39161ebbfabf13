"""Compare two HTML documents by meaning: tags, attributes and text."""

import re
from html.parser import HTMLParser
from itertools import zip_longest

type Token = tuple[str, ...]


class _Tokenizer(HTMLParser):
    """Collect tags, attributes and text, ignoring quotes, character references and the amount of white space."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[Token] = []

    def handle_decl(self, decl: str) -> None:
        self.tokens.append(("!", decl.lower()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = sorted(f"{name}={value}" for name, value in attrs)
        self.tokens.append(("<", tag, *attributes))

    def handle_endtag(self, tag: str) -> None:
        self.tokens.append(("</", tag))

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data).strip()
        if text:
            self.tokens.append(("", text))


def tokens(document: str) -> list[Token]:
    tokenizer = _Tokenizer()
    tokenizer.feed(document)
    tokenizer.close()
    return tokenizer.tokens


def difference(document: str, expected: str) -> str:
    """Describe the first token that differs from the expected document; empty if none does."""
    for actual, wanted in zip_longest(tokens(document), tokens(expected)):
        if actual != wanted:
            return f"has {actual} instead of {wanted}"
    return ""
