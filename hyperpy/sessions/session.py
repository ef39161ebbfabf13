"""`Session`: what a site remembers of a visitor between requests."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from hyperpy.exceptions import SessionError, caller_place
from hyperpy.lazy import pydantic
from hyperpy.sessions.content import SessionContent
from hyperpy.sessions.flashes import FLASHES


class Session[T = Any](MutableMapping[str, Any]):
    """A mapping that a signed cookie keeps for one visitor. Its values are what JSON can hold.

    With `session: Session[Model]`, `session.data` is the model, and what you change in it is stored. Each field of the
    model needs a default, since the session of a new visitor is empty.

    Changing it once the headers have been sent raises HeadersSentError. A SessionError while the response is prepared
    says that it is too large for a cookie, or has a value that JSON can't hold.
    """

    __slots__ = ("_adapter", "_content")

    def __init__(self, content: SessionContent, adapter: pydantic.TypeAdapter[T] | None = None) -> None:
        self._content = content
        self._adapter = adapter

    @property
    def data(self) -> T:
        """The model of a session declared as `Session[Model]`."""
        if self._adapter is None:
            hint = "Declare it as `session: Session[Model]`, or use it as a mapping: session[…]."
            raise SessionError("this session has no model", place=caller_place(), hint=hint)
        model: T = self._content.model(self._adapter)
        return model

    def renew(self) -> None:
        """Forget everything but flashes. Call it at log-in and log-out: nothing of an earlier visitor stays behind."""
        self._content.renew()

    def __getitem__(self, key: str) -> Any:
        return self._content.values()[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value under a key, or else the default."""
        return self._content.values().get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        values = self._content.changing()
        if not isinstance(key, str):
            raise SessionError(f"the keys of a session are str, not {type(key).__name__}", place=caller_place())
        if key == FLASHES:  # which may hold HTML: it must not come from data
            raise SessionError(f"the key {key!r} is reserved", place=caller_place(), hint="Use flash() and flashes().")
        values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._content.changing()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._content.values()

    def __iter__(self) -> Iterator[str]:
        return iter([key for key in self._content.values() if key != FLASHES])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Session {dict(self)!r}>"


class ExplicitSession(Session):
    """`request.session` of explicit routes, mounted applications and WebSockets. Route files make their own."""

    __slots__ = ()
