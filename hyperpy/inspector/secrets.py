"""Which submitted values the inspector doesn't keep, because they are passwords or the like."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hyperpy.dev.problems.values import HIDDEN, looks_secret

MOST_NAMES: Final = 500

# Whole words of a name: `user[cardNumber]` has the words user, card and number. Fields of forms have other names than
# the variables and headers for which `looks_secret` is made.
_WORDS: Final = frozenset(
    word
    for words in (
        "pass pw totp mfa xsrf nonce hmac sig bearer session sid",
        "card cardnumber creditcard cvc cvv csc iban bic ssn kennwort passwort contrasena",
    )
    for word in words.split()
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_BETWEEN: Final = re.compile(r"[.\[\]]+")

_INPUT: Final = re.compile(rb"<input\b[^>]*>", re.IGNORECASE)
_IS_PASSWORD: Final = re.compile(rb"""(?<![\w-])type\s*=\s*["']?password\b""", re.IGNORECASE)
_IS_SENSITIVE: Final = re.compile(
    rb"""\bautocomplete\s*=\s*["']?[^"'>]*\b(?:one-time-code|(?:current|new)-password|cc-(?:number|csc|exp))\b""",
    re.IGNORECASE,
)
_NAME: Final = re.compile(rb"""(?<![\w-])name\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


class Secrets:
    """The names whose values are hidden: by their words, or because the site says so.

    Of a name like `user[code]`, the last part counts.
    """

    def __init__(self) -> None:
        self._learned: set[str] = set()

    def is_secret(self, name: str) -> bool:
        if _last_part(name) in self._learned or looks_secret(name):
            return True
        return any(word.lower() in _WORDS for word in _WORD.findall(name))

    def add(self, names: Iterable[str]) -> None:
        """Names that the site declares as secret."""
        for name in names:
            if len(self._learned) < MOST_NAMES:
                self._learned.add(_last_part(name))

    def learn(self, page: bytes) -> None:
        """Remember the names of the password fields in a part of a page."""
        for tag in _INPUT.findall(page):
            is_secret = _IS_PASSWORD.search(tag) or _IS_SENSITIVE.search(tag)
            if is_secret and (name := _NAME.search(tag)):
                self.add([b"".join(filter(None, name.groups())).decode(errors="replace")])

    def shown(self, name: str, value: str) -> str:
        return HIDDEN if value and self.is_secret(name) else value

    def shown_json(self, value: Any) -> Any:
        """A JSON value without the secrets in its objects."""
        match value:
            case dict():
                return {
                    name: HIDDEN if self.is_secret(name) and each else self.shown_json(each)
                    for name, each in value.items()
                }
            case list():
                return [self.shown_json(each) for each in value]
        return value

    def shown_path(self, path: str, params: Mapping[str, str]) -> str:
        """A path without the values of parameters such as `{token}`."""
        hidden = {value for name, value in params.items() if value and self.is_secret(name)}
        for value in hidden:
            path = path.replace(f"/{value}", f"/{HIDDEN}")
        return path

    def shown_pairs(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(name, self.shown(name, value)) for name, value in pairs]


def _last_part(name: str) -> str:
    parts = [part for part in _BETWEEN.split(name) if part]
    return parts[-1] if parts else name
