"""Sessions: a change that comes after the response has started is an error, instead of being lost.

Middleware puts a session into the scope, and stores it when the response starts: in a cookie, as Starlette's does, or
on the server. Nobody gets to see what changes in it later.
"""

import copyreg
import logging
import sys
from collections.abc import Mapping
from functools import cache
from types import FrameType, FunctionType
from typing import Any, Final

from starlette.types import Message, Scope, Send

from hyperpy.exceptions import HeadersSentError, caller_place
from hyperpy.pages import current
from hyperpy.sessions import ExplicitSession

log: Final = logging.getLogger("hyperpy")

SESSION: Final = "session"
_CHANGED: Final = "hyperpy.changed"  # in the attributes of a session that middleware has changed while it was sealed


def has_session_of_middleware(scope: Scope) -> bool:
    """Whether the session of a request is not the site's own."""
    return SESSION in scope and type(scope[SESSION]) is not ExplicitSession


class SessionSeal:
    """Guards the session of one request, from the moment that its response is settled until it is complete.

    While it is closed, the session has a class that refuses changes. A plain dict, whose class can't be changed, is
    replaced in the scope. What this can't see is logged at the end: changes inside of values, and changes of a dict
    that the route has got before. Middleware may change the session at any time.
    """

    __slots__ = ("_original", "_scope", "_send", "_started_with", "route")

    def __init__(self, scope: Scope, send: Send, route: str) -> None:
        self._scope = scope
        self._send = send
        self._original: Any = None  # set while the seal is closed
        self._started_with: object = None
        self.route = route

    async def send(self, message: Message) -> None:
        """A `send` that closes the seal when the response starts."""
        await self._send(message)
        if message["type"] == "http.response.start":
            self.close()
            self._pop_mark()
            self._started_with = _copied(self._original)

    def close(self) -> None:
        """From here on, changes raise HeadersSentError."""
        if self._original is not None:
            return
        session: Any = self._scope.get(SESSION)
        self._original = session
        if type(session) is dict:
            self._scope[SESSION] = session = _Mirror(session)
        if hasattr(type(session), "__setitem__"):
            kind: Any = type(session)
            try:
                session.__class__ = _sealed_class(kind)
            except TypeError:  # a class written in C
                log.debug("a session of the type %s can't be sealed", type(session).__name__)

    def release(self) -> None:
        """The response is complete. Logs the changes that haven't been refused."""
        session, original = self._scope.get(SESSION), self._original
        by_middleware = self._pop_mark()
        if _is_sealed(original):
            original.__class__ = type(original).__base__
        elif isinstance(session, _Mirror):
            self._scope[SESSION] = original
        if self._started_with is not None and not by_middleware and _copied(original) != self._started_with:
            what = "%s: the session was changed after the response had started, and the change is lost. Change it%s"
            log.error(what, self.route, " in the body or in the loader: both run before the response starts.")
        self._original = self._started_with = None

    def _pop_mark(self) -> bool:
        """Whether middleware has changed the session since it was sealed, as far as is known."""
        marked: bool = getattr(self._scope.get(SESSION), "__dict__", {_CHANGED: True}).pop(_CHANGED, False)
        return marked


class _Mirror(dict[Any, Any]):
    """Takes the place of a plain dict, which gets the same changes."""

    def __init__(self, original: dict[Any, Any]) -> None:
        super().__init__(original)
        self.original = original

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


class _Refusing:
    """The methods of a sealed session: only middleware may change it."""

    def __setitem__(self, key: Any, value: Any) -> None:
        self._change("__setitem__", key, value)

    def __delitem__(self, key: Any) -> None:
        self._change("__delitem__", key)

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def pop(self, key: Any, *default: Any) -> Any:
        return self._change("pop", key, *default, is_change=key in self)  # type: ignore[operator]

    def popitem(self) -> Any:
        return self._change("popitem")

    def clear(self) -> None:
        self._change("clear", is_change=bool(self))

    def setdefault(self, key: Any, default: Any = None) -> Any:
        return self._change("setdefault", key, default, is_change=key not in self)  # type: ignore[operator]

    def update(self, *args: Any, **values: Any) -> None:
        self._change("update", *args, is_change=bool(values or any(args)), **values)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """For middleware that pickles it: an object of its own class."""
        sealed: Any = type(self)
        self.__class__ = sealed.__base__
        try:
            made, arguments, *rest = self.__reduce_ex__(protocol)
            if made is copyreg.__newobj__:  # type: ignore[attr-defined]  # pickle would compare the classes
                made = arguments[0].__new__
            return made, arguments, *rest
        finally:
            self.__class__ = sealed

    def _change(self, method: str, *args: Any, is_change: bool = True, **values: Any) -> Any:
        if is_change:
            if current.get(None) is not None and not _is_sending():
                raise HeadersSentError(
                    "the session can't change any more: the response has started, or is about to",
                    place=caller_place(),
                    hint="Change it in the body or in the loader: both run before the response starts.",
                )
            getattr(self, "__dict__", {})[_CHANGED] = True
        result = getattr(super(type(self), self), method)(*args, **values)
        if isinstance(self, _Mirror):
            getattr(self.original, method)(*args, **values)
        return result


_METHODS: Final = {name: method for name, method in vars(_Refusing).items() if isinstance(method, FunctionType)}


@cache
def _sealed_class(kind: type) -> type:
    """A subclass that refuses changes. It has no other base, or Python would not let an object change to it."""
    names = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, (kind,), {**names, **_METHODS})


def _is_sealed(session: object) -> bool:
    return getattr(type(session), "_change", None) is _Refusing._change


def _is_sending() -> bool:
    """Whether middleware is at work, to which a message is being passed on."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code is SessionSeal.send.__code__:
            return True
        frame = frame.f_back
    return False


def _copied(value: Any) -> Any:
    """A copy of the containers in a session, to find out whether they have changed."""
    match value:
        case Mapping():
            return {key: _copied(item) for key, item in value.items()}
        case list() | tuple():
            return [_copied(item) for item in value]
        case set():
            return set(value)
    return value
