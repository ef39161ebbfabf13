"""The content of one request's session: read from its cookie on first use, and written back if it has changed."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Never

from starlette.types import Scope

from hyperpy.exceptions import HeadersSentError, SessionError, caller_place
from hyperpy.lazy import pydantic, pydantic_core
from hyperpy.routing import root_prefix
from hyperpy.sessions.flashes import FLASHES, Flash, restored, stored
from hyperpy.sessions.signed_cookie import SessionCookie

type RawHeader = tuple[bytes, bytes]

# The headers of a response that has read the session.
PRIVATE: Final[tuple[RawHeader, ...]] = ((b"vary", b"Cookie"), (b"cache-control", b"private"))

_RENEW_AFTER: Final = 0.5  # of the maximum age: a visitor who keeps coming back stays logged in


class SessionContent:
    """The session as all parts of a request see it. Reading it makes the response private to the visitor."""

    __slots__ = (
        "_cookie",
        "_dropped",
        "_flashes",
        "_is_changed",
        "_is_flat",
        "_is_old",
        "_models",
        "_request_headers",
        "_sent",
        "_stored",
        "_values",
    )

    def __init__(self, scope: Scope, cookie: SessionCookie) -> None:
        # Not the scope: it refers to this object, and both would stay until the garbage collector runs.
        self._request_headers: list[RawHeader] = scope["headers"]
        self._cookie = cookie
        self._values: dict[str, Any] | None = None  # None until it is read
        self._models: dict[int, tuple[pydantic.TypeAdapter[Any], Any]] = {}  # by the identity of the adapter
        self._flashes: list[Flash] | None = None  # those that count as shown
        self._stored = b""  # the JSON in the visitor's cookie
        self._is_changed = False  # as far as is known: a change inside a list or a model comes unseen
        self._is_flat = self._is_old = False  # as it was read
        self._sent: Sequence[RawHeader] | None = None  # once the response is about to start
        self._dropped = False  # whether a failed request's changes were left out

    def values(self) -> dict[str, Any]:
        if self._values is None:
            found, age = self._cookie.read(self._request_headers)
            self._values, self._stored, self._is_flat = found.values(), found.json, found.flat is not None
            self._is_old = found.is_outdated or age > self._cookie.max_age * _RENEW_AFTER
        return self._values

    def changing(self) -> dict[str, Any]:
        """The values, about to be changed. Raises HeadersSentError if it is too late."""
        if self._sent is not None:
            _too_late()
        self._is_changed = True
        return self.values()

    def renew(self) -> None:
        values = self.changing()
        kept = {name: value for name, value in values.items() if name == FLASHES}
        values.clear()
        values.update(kept)
        self._models.clear()

    def model(self, adapter: pydantic.TypeAdapter[Any]) -> Any:
        """The values as a model. What an earlier version of the site has stored may not fit: then it is a new one."""
        if id(adapter) not in self._models:
            values = {name: value for name, value in self.values().items() if name != FLASHES}
            try:
                model = adapter.validate_python(values)
            except pydantic.ValidationError:
                model = adapter.validate_python({})
            self._models[id(adapter)] = adapter, model
        return self._models[id(adapter)][1]

    def flash(self, text: object, kind: str) -> None:
        values, item = self.changing(), stored(text, kind)
        if self._flashes is None:
            items = values.get(FLASHES)
            values[FLASHES] = [*(items if isinstance(items, list) else ()), item]
        else:
            self._flashes += restored([item])

    def flashes(self) -> list[Flash]:
        if self._flashes is None:
            if FLASHES in self.values():
                self.changing()
            self._flashes = list(restored(self.values().pop(FLASHES, ())))
        return list(self._flashes)

    # -- the response -------------------------------------------------------------------------------------------------

    def headers(self, scope: Scope, *, keep: bool) -> Sequence[RawHeader]:
        """The headers for the response, which is about to be sent: from now on, no change is possible.

        Without `keep`, what has changed is dropped. Raises SessionError for what JSON or a cookie can't hold.
        """
        if self._sent is None:
            self._sent = ()
            self._dropped = True
            if self._values is not None:
                self._sent = PRIVATE
                if keep and (self._is_changed or self._is_old or self._models or not self._is_flat):
                    self._sent = (*PRIVATE, *self._stored_in(scope))
            self._dropped = not keep
        return self._sent

    def _stored_in(self, scope: Scope) -> Iterator[RawHeader]:
        """The header that stores the session, if it is another one than the visitor has, or old."""
        now = self._json()
        if now != self._stored or self._is_old:
            path = root_prefix(scope) or "/"
            secure = scope.get("scheme") in ("https", "wss")
            yield self._cookie.header(pydantic_core.from_json(now), path, secure=secure)
            self._stored = now

    @property
    def is_read(self) -> bool:
        """Whether the response may depend on it."""
        return self._values is not None

    def seal(self) -> None:
        """The headers are settled, although nothing has asked for the session: no change is possible."""
        if self._sent is None:
            self._sent = PRIVATE

    @property
    def is_lost(self) -> bool:
        """Whether it has changed after the response started: in a way that can't be refused, such as inside a list.

        It may have been read no earlier. What a failed request has changed is dropped on purpose.
        """
        if self._sent is None or self._values is None or self._dropped:
            return False
        if self._is_flat and not (self._is_changed or self._models):
            return False
        return self._json() != self._stored

    def _json(self) -> bytes:
        try:
            if not self._models:
                return pydantic_core.to_json(self._values or {})
            values = dict(self._values or {})
            for adapter, model in self._models.values():
                values |= adapter.dump_python(model, mode="json")
            return pydantic_core.to_json(values)
        except (pydantic_core.PydanticSerializationError, ValueError, TypeError) as error:
            hint = "Keep texts, numbers, lists and dicts in it, and look up the rest: `user_id`, not the user."
            raise SessionError(f"the session has a value that JSON can't hold: {error}", hint=hint) from None


def _too_late() -> Never:
    raise HeadersSentError(
        "the session can't change any more: the response has started, or is about to",
        place=caller_place(),
        hint="Change it in the body or in the loader: both run before the response starts.",
    )
