"""Values of a failed request as short texts, without the secrets that they may hold."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Final

from hyperpy.record_classes import record

HIDDEN: Final = "(hidden)"

LONGEST: Final = 500  # characters of one value
_ITEMS: Final = 20
_DEPTH: Final = 4
_SHORT: Final = 4  # a secret with fewer characters would be replaced in ordinary words

_SECRET_WORDS: Final = (
    "apikey auth authorization cookie cookies credential credentials csrf csrftoken jwt key keys otp passcode"
    " passphrase passwd password passwords pin privatekey pwd salt secret secretkey secrets sessionid"
    " signature token tokens"
)
_SECRETS: Final = frozenset(_SECRET_WORDS.split())
_ENDINGS: Final = ("password", "passwd", "secret", "token", "apikey")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# `password='x'` in the repr of a class, `'password': 'x'` in that of a mapping.
_NAMED: Final = re.compile(
    r"""(?P<name>[A-Za-z_][\w-]*)(?P<is>['"]?\s*[:=]\s*)(?P<value>[bru]*'(?:\\.|[^'\\])*'?|[bru]*"(?:\\.|[^"\\])*"?|[^\s,(){}\[\]<>'"]+)"""
)

_IN_URL: Final = re.compile(r"(?<=://)([^\s/:@'\"]*):[^\s/@'\"]+(?=@)")

_BRACKETS: Final[Mapping[type, tuple[str, str]]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}")}

_IMPORTED: Final = frozenset({"_Proxy", "FragmentMarker", "Method"})  # `request`, `fragment`, `POST`

type _Sequence = list[object] | tuple[object, ...] | set[object] | frozenset[object] | deque[object]


def looks_secret(name: str) -> bool:
    """Whether a variable, key, header or parameter of this name may hold a password, a key or the like."""
    words = [word.lower() for word in _WORD.findall(name)]
    return any(word in _SECRETS or word.endswith(_ENDINGS) for word in words)


@record(frozen=True, slots=True)
class Redaction:
    """Hides secrets in texts: those that are known, and what follows a name that looks like one."""

    known: tuple[str, ...] = ()

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Redaction:
        """Longer secrets go first, since they may contain others."""
        long_enough = {secret for secret in secrets if len(secret) >= _SHORT}
        return cls(tuple(sorted(long_enough, key=len, reverse=True)))

    def known_in(self, text: str) -> str:
        """The text without the known secrets, and without the passwords of URLs."""
        for secret in self.known:
            text = text.replace(secret, HIDDEN)
        return _IN_URL.sub(rf"\1:{HIDDEN}", text)

    def all_in(self, text: str) -> str:
        """The repr of a value without any secrets."""
        return _NAMED.sub(_without_value, self.known_in(text))

    def value(self, name: str, value: object) -> str:
        """A value as a short text; hidden if its name looks like a secret's."""
        return HIDDEN if looks_secret(name) else _shortened(self.all_in(_text(value, 0)), LONGEST)


def _without_value(match: re.Match[str]) -> str:
    return f"{match['name']}{match['is']}{HIDDEN}" if looks_secret(match["name"]) else match[0]


def _text(value: object, depth: int) -> str:
    """The repr of a value. Those of the built-in containers are shortened before they are made."""
    kind = type(value)
    if kind in (str, bytes, bytearray):
        assert isinstance(value, str | bytes | bytearray)
        rest = len(value) - LONGEST
        return repr(value) if rest <= 0 else f"{value[:LONGEST]!r}… and {rest} more"
    if kind in (list, tuple, set, frozenset, deque):
        return _sequence(value, depth)  # type: ignore[arg-type]
    if kind is dict:
        return _mapping(value, depth)  # type: ignore[arg-type]
    if kind.__repr__ is object.__repr__:
        return f"<{kind.__module__}.{kind.__qualname__} object>"
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 (a repr of the user's may raise anything)
        return f"<{kind.__qualname__} object, whose repr raises {type(error).__name__}>"


def _sequence(value: _Sequence, depth: int) -> str:
    left, right = _BRACKETS.get(type(value), (f"{type(value).__name__}([", "])"))
    if not value:
        return f"{type(value).__name__}()" if type(value) in (set, frozenset, deque) else left + right
    if depth >= _DEPTH:
        return f"{left}…{right}"
    items = [_text(item, depth + 1) for item in _first(value)]
    comma = "," if type(value) is tuple and len(value) == 1 else ""
    return f"{left}{', '.join(items)}{comma}{_rest(value)}{right}"


def _mapping(value: dict[object, object], depth: int) -> str:
    if depth >= _DEPTH and value:
        return "{…}"
    items = [
        f"{_text(key, depth + 1)}: {HIDDEN if isinstance(key, str) and looks_secret(key) else _text(each, depth + 1)}"
        for key, each in _first(value.items())
    ]
    return f"{{{', '.join(items)}{_rest(value)}}}"


def _first[T](items: Iterable[T]) -> list[T]:
    try:
        return list(islice(items, _ITEMS))
    except RuntimeError:  # another thread is changing it
        return []


def _rest(value: _Sequence | dict[object, object]) -> str:
    return f", … and {len(value) - _ITEMS} more" if len(value) > _ITEMS else ""


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def variables(names: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The variables of a frame that say something about a request: no imports, no functions, no classes.

    `request`, `fragment`, `POST` and the like are imports, too.
    """
    for name, value in list(names.items()):
        is_ours = "." in name or (name.startswith("__") and name.endswith("__"))
        if type(value).__qualname__ in _IMPORTED and type(value).__module__.startswith("hyperpy."):
            continue
        if not is_ours and not isinstance(value, ModuleType | FunctionType | BuiltinFunctionType | type):
            yield name, value
