"""The cookie that holds a session: JSON, compressed if that helps, and signed, so that only the site can make one.

A visitor can read it, and send an older one again.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

from hyperpy.config import Settings
from hyperpy.exceptions import SessionError

LEAST_KEY: Final = 16  # characters of a key
MOST_BYTES: Final = 4096  # of name, value and attributes; browsers drop longer ones (RFC 6265, 6.1)

_SALT: Final = "hyperpy.session"  # signatures made with the key for other purposes are not sessions


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """How sessions are read from requests and written to responses. The first of the `keys` signs, and all verify."""

    keys: tuple[str, ...] = field(repr=False)
    name: str
    max_age: int
    """Seconds after which a session that nobody has changed is forgotten."""

    @classmethod
    def of(cls, settings: Settings) -> SessionCookie:
        """Without a secret key, the keys are empty. Raises ConfigError for one that could be guessed."""
        keys = tuple(filter(None, map(str.strip, (settings.secret_key or "").split(","))))
        if any(len(key) < LEAST_KEY for key in keys):
            hint = f"A key has at least {LEAST_KEY} characters. Make one: {_MAKE_KEY}"
            raise settings.error("secret_key", "the secret key is too short", hint)
        return cls(keys, settings.session_cookie, settings.session_max_age)

    def read(self, headers: Headers) -> tuple[dict[str, Any], float]:
        """The content of a request's session, and its age in seconds; empty if it is missing, forged or expired."""
        text = cookie_parser(headers.get("cookie", "")).get(self.name, "")
        if not text:
            return {}, 0
        try:
            content, signed = self._serializer().loads(text, max_age=self.max_age, return_timestamp=True)
        except BadData:
            return {}, 0
        return (content, time.time() - signed.timestamp()) if isinstance(content, dict) else ({}, 0)

    def header(self, content: dict[str, Any], path: str, *, secure: bool) -> tuple[bytes, bytes]:
        """The header that stores the content, or deletes the cookie if there is none.

        Raises SessionError for more than fits into a cookie.
        """
        response = Response()
        if content:
            text = str(self._serializer().dumps(content))
            response.set_cookie(self.name, text, self.max_age, path=path, secure=secure, httponly=True, samesite="lax")
        else:
            response.delete_cookie(self.name, path, secure=secure, httponly=True, samesite="lax")
        header = response.raw_headers[-1]
        if len(header[1]) > MOST_BYTES:
            size = len(header[1]) - MOST_BYTES
            hint = "Keep only what identifies the visitor in it, such as a user's id, and the rest in a database."
            raise SessionError(f"the session is {size} bytes too large for a cookie", hint=hint)
        return header

    def _serializer(self) -> URLSafeTimedSerializer:
        if not self.keys:
            raise missing_key()
        # itsdangerous signs with the last one.
        return URLSafeTimedSerializer(list(reversed(self.keys)), salt=_SALT)


_MAKE_KEY: Final = 'python -c "import secrets; print(secrets.token_urlsafe())"'


def missing_key() -> SessionError:
    hint = f"Set the variable HYPER_SECRET_KEY to a text that nobody can guess. Make one: {_MAKE_KEY}"
    return SessionError("sessions need a secret key", hint=hint)


def new_key() -> str:
    """A key for as long as the process runs."""
    return secrets.token_urlsafe()
