"""The cookie that holds a session: JSON, compressed if that helps, and signed, so that only the site can make one.

A visitor can read it, and send an older one again.
"""

import secrets
import time
from collections.abc import Iterable
from dataclasses import field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from starlette.responses import Response
from starlette.types import Scope

from hyperpy.config import Settings
from hyperpy.exceptions import SessionError
from hyperpy.lazy import itsdangerous, lazy_pattern, pydantic_core
from hyperpy.record_classes import record

LEAST_KEY: Final = 16  # characters of a key
MOST_BYTES: Final = 4096  # of name, value and attributes; browsers drop longer ones (RFC 6265, 6.1)

# Cookies of one request whose signatures are verified. Each costs time, and a head has room for thousands.
MOST_COOKIES: Final = 8

# Verified cookies that are remembered, each of at most MOST_BYTES and its content.
MOST_KNOWN: Final = 500

_UNCHANGING: Final = frozenset({str, int, float, bool, type(None)})
"""The types in JSON whose values can't change."""

_SALT: Final = "hyperpy.session"  # signatures made with the key for other purposes are not sessions
_NAME: Final = lazy_pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token (RFC 9110, 5.6.2)
_HOST_ONLY: Final = "__Host-"  # browsers accept such a cookie only with Secure and the path /


class Verified(NamedTuple):
    """The content of a cookie that this site has signed."""

    json: bytes
    signed: int
    flat: dict[str, Any] | None
    """The content, if none of its values can change."""
    is_outdated: bool = False
    """Whether an earlier key has signed it."""

    def values(self) -> dict[str, Any]:
        """The content, for one request."""
        values: dict[str, Any] = pydantic_core.from_json(self.json) if self.flat is None else self.flat.copy()
        return values


type Serializer = itsdangerous.URLSafeTimedSerializer

_EMPTY: Final = Verified(b"{}", 0, {})


@record(frozen=True, slots=True)
class SessionCookie:
    """How sessions are read from requests and written to responses. The first of the `keys` signs, and all verify."""

    keys: tuple[str, ...] = field(repr=False)
    name: str
    max_age: int
    """Seconds after which a session expires if it hasn't changed."""
    _serializer: Serializer | None = field(init=False, repr=False, compare=False)
    _newest: Serializer | None = field(init=False, repr=False, compare=False)
    """With the first key only, if there are several."""
    _known: dict[str, Verified] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        # itsdangerous signs with the last key.
        serializer = itsdangerous.URLSafeTimedSerializer(list(reversed(self.keys)), salt=_SALT) if self.keys else None
        object.__setattr__(self, "_serializer", serializer)
        newest = itsdangerous.URLSafeTimedSerializer(self.keys[0], salt=_SALT) if len(self.keys) > 1 else None
        object.__setattr__(self, "_newest", newest)

    @classmethod
    def of(cls, settings: Settings) -> SessionCookie:
        """Without a secret key, the keys are empty. Raises ConfigError for one that could be guessed, or a bad name."""
        keys = tuple(filter(None, map(str.strip, (settings.secret_key or "").split(","))))
        if short := [number for number, key in enumerate(keys, 1) if len(key) < LEAST_KEY]:
            what = "the secret key is too short"
            hint = f"A key has at least {LEAST_KEY} characters. Make one: {_MAKE_KEY}"
            if len(keys) > 1:
                what = f"secret key {short[0]} of {len(keys)} is too short"
                hint = f"A comma separates a key from earlier ones. {hint}"
            raise settings.error("secret_key", what, hint)
        name = settings.session_cookie
        if not _NAME.fullmatch(name):
            raise settings.error("session_cookie", f"invalid cookie name {name!r}", "Use letters, digits, - and _.")
        return cls(keys, name, settings.session_max_age)

    def read(self, headers: Iterable[tuple[bytes, bytes]]) -> tuple[Verified, float]:
        """Return the session in a request's headers and its age in seconds; an empty session if none is valid.

        Of several cookies, the first that this site has signed counts: browsers send the one with the longest path
        first, so a mounted site finds its own before that of the site around it (RFC 6265, 5.4).
        """
        for text in self._texts(headers)[:MOST_COOKIES]:
            # Visitors send the same cookie with every request, so the last ones are remembered.
            found = self._known.get(text) or self._verified(text)
            if found is not None and 0 <= (age := int(time.time()) - found.signed) <= self.max_age:
                return found, age
        return _EMPTY, 0

    def _verified(self, text: str) -> Verified | None:
        """What a cookie holds; None if this site hasn't signed it."""
        try:
            content, signed = self._usable().loads(text, return_timestamp=True)
        except itsdangerous.BadData:
            return None
        if not isinstance(content, dict):
            return None
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        flat = content if _UNCHANGING.issuperset(map(type, content.values())) else None
        is_outdated = self._newest is not None and not self._newest.make_signer(_SALT).validate(text)
        known = self._known[text] = Verified(pydantic_core.to_json(content), int(signed.timestamp()), flat, is_outdated)
        return known

    def is_in(self, scope: Scope) -> bool:
        """Whether a request comes with the cookie of a session, valid or not."""
        return bool(self._texts(scope["headers"]))

    def _texts(self, headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, ...]:
        found: tuple[str, ...] = ()
        for header, value in headers:
            if header == b"cookie":
                found += (_values_of if len(value) > MOST_BYTES else _known_values_of)(self.name, value)
        return found

    def header(self, content: dict[str, Any], path: str, *, secure: bool) -> tuple[bytes, bytes]:
        """The header that stores the content, or deletes the cookie if there is none.

        Raises SessionError for more than fits into a cookie.
        """
        response = Response()
        secure = secure or self.name.startswith((_HOST_ONLY, "__Secure-"))
        path = "/" if self.name.startswith(_HOST_ONLY) else path
        if content:
            text = str(self._usable().dumps(content))
            response.set_cookie(self.name, text, self.max_age, path=path, secure=secure, httponly=True, samesite="lax")
        else:
            response.delete_cookie(self.name, path, secure=secure, httponly=True, samesite="lax")
        header = response.raw_headers[-1]
        if len(header[1]) > MOST_BYTES:
            size = len(header[1]) - MOST_BYTES
            hint = "Keep only what identifies the visitor in it, such as a user's id, and the rest in a database."
            raise SessionError(f"the session is {size} bytes too large for a cookie", hint=hint)
        return header

    def _usable(self) -> Serializer:
        if self._serializer is None:
            raise missing_key()
        return self._serializer


def _values_of(name: str, header: bytes) -> tuple[str, ...]:
    """The values of the cookies of a name in a `Cookie` header that are not empty."""
    pairs = (pair.partition("=") for pair in header.decode("latin-1").split(";"))
    return tuple(text for found, _, value in pairs if found.strip() == name and (text := value.strip()))


_known_values_of: Final = lru_cache(MOST_KNOWN)(_values_of)

_MAKE_KEY: Final = 'python -c "import secrets; print(secrets.token_urlsafe())"'


def missing_key() -> SessionError:
    hint = f"Set the variable HYPER_SECRET_KEY to a secret string. Make one: {_MAKE_KEY}"
    return SessionError("sessions need a secret key", hint=hint)


def new_key() -> str:
    """A key for as long as the process runs."""
    return secrets.token_urlsafe()
