"""`from hyperpy import request, response, session`: those of the running request, for components and helpers too."""

import secrets
from collections.abc import Callable, Iterator
from operator import attrgetter, methodcaller
from typing import Any, Final, cast

from starlette.requests import Request
from starlette.types import Scope

from hyperpy.exceptions import AnswerError
from hyperpy.pages.request_objects import RequestObject
from hyperpy.responses import Response
from hyperpy.sessions import Session
from hyperpy.templates import current_host

NONCE_KEY: Final = "csp_nonce"  # in the state of a request, where middleware may put one of its own
_NONCE_BYTES: Final = 16  # CSP 3, 7.1: at least 128 bits


def nonce_of(scope: Scope) -> str:
    """The nonce of a request for its Content-Security-Policy, made on first use."""
    state = scope.setdefault("state", {})
    if not state.get(NONCE_KEY):
        state[NONCE_KEY] = secrets.token_urlsafe(_NONCE_BYTES)
    return str(state[NONCE_KEY])


_IN_TEMPLATES: Final = {
    "session": ("the visitor's session", "session['…']"),
    "request": ("the request being answered", "request.url.path"),
    "response": ("the response of this page", "response.status_code"),
    "htmx": ("what htmx says about the request", "htmx.target"),
}


class _Proxy:
    """Stands for another object in each request. Everything but its identity and `type()` is that object's.

    `find` takes the object from the running `Run`.
    """

    __slots__ = ("_find", "_kind", "_name")

    def __init__(self, name: str, kind: type, find: Callable[[Any], Any]) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_find", find)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """For `isinstance`, which asks for it at load too, when no request is running."""
        return cast(type, self._kind)

    def __getattr__(self, name: str) -> Any:
        run = current_host.get(None)
        if run is not None:
            return getattr(self._find(run), name)
        if name.startswith("__"):
            raise AttributeError(name)  # tools that inspect a module look for `__wrapped__` and the like
        return getattr(_target(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_target(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_target(self), name)

    def __dir__(self) -> list[str]:
        return dir(self._kind if current_host.get(None) is None else _target(self))

    def __repr__(self) -> str:
        return f"<{self._name} outside a request>" if current_host.get(None) is None else repr(_target(self))

    def __str__(self) -> str:
        return repr(self) if current_host.get(None) is None else str(_target(self))

    def __format__(self, spec: str) -> str:
        return format(_target(self), spec)

    def __eq__(self, other: object) -> bool:
        return bool(_target(self) == actual(other))

    def __hash__(self) -> int:
        return hash(_target(self))

    def __bool__(self) -> bool:
        return bool(_target(self))

    def __len__(self) -> int:
        return len(_target(self))

    def __iter__(self) -> Iterator[Any]:
        return iter(_target(self))

    def __contains__(self, item: object) -> bool:
        return item in _target(self)

    def __getitem__(self, key: Any) -> Any:
        return _target(self)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        _target(self)[key] = value

    def __delitem__(self, key: Any) -> None:
        del _target(self)[key]

    def __hyper_template_problem__(self) -> tuple[str, str]:
        """What templates say about it in place of a value."""
        what, value = _IN_TEMPLATES.get(self._name, ("an object of this request", f"{self._name}.…"))
        return f"`{self._name}` is {what}, which has no text", f"Write one of its values: {{{value}}}."

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _target(self)(*args, **kwargs)


def _target(proxy: _Proxy) -> Any:
    run = current_host.get(None)
    if run is None:
        raise AnswerError(
            f"`{proxy._name}` can't be used outside a request",
            hint=(
                "Use it in a route file, or in a function that a route file calls: there it is the request being "
                "answered.\nA definition that runs once has none, and neither has a thread of your own or a coroutine "
                "passed to spawn(): pass it the values that it needs."
            ),
        )
    return proxy._find(run)


def actual[T](value: T) -> T:
    """The object that a proxy stands for in this request; any other value as it is."""
    if type(value) is not _Proxy:
        return value
    found: T = _target(cast(_Proxy, value))
    return found


def request_proxy[T: RequestObject](name: str, kind: type[T]) -> T:
    """A proxy for the object of a class in each request."""
    return cast(T, _Proxy(name, kind, kind.of))


request: Final = cast(Request, _Proxy("request", Request, attrgetter("request")))
"""The request being answered."""

response: Final = cast(Response, _Proxy("response", Response, methodcaller("injected_response")))
"""Status, headers and cookies of the page or stream that answers it."""

session: Final = cast(Session[Any], _Proxy("session", Session, lambda run: Session(run.session_content())))
"""The visitor's session."""

csp_nonce: Final = cast(str, _Proxy("csp_nonce", str, lambda run: nonce_of(run.scope)))
"""The nonce of the request, for `<script nonce={csp_nonce}>`; the setting `csp` puts it into the policy."""
