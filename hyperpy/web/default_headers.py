"""The headers that every response has unless it says otherwise, and the nonce of a request."""

import logging
import re
from collections.abc import Iterable
from dataclasses import field
from typing import Final

from starlette.types import Message, Scope, Send

from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError, did_you_mean, printable
from hyperpy.pages import HEADERS_SETTLED, STATE, nonce_of, with_vary
from hyperpy.record_classes import record
from hyperpy.sessions import PRIVATE, SessionContent, SessionCookie

log = logging.getLogger("hyperpy")

type RawHeader = tuple[bytes, bytes]

HTML_TYPE: Final = (b"content-type", b"text/html; charset=utf-8")
NONCE: Final = "{nonce}"

_OFF: Final = "off"

_CACHE_CONTROL_LENGTH: Final = len(b"cache-control")

# CSP 3, 2.3.1: these are keywords only in quotes. Without, they are names of hosts.
_KEYWORDS: Final = frozenset(
    {"none", "self", "unsafe-inline", "unsafe-eval", "strict-dynamic", "unsafe-hashes", "report-sample"}
    | {"wasm-unsafe-eval", "report-sample", "inline-speculation-rules"}
)
_DIRECTIVES: Final = frozenset(
    {f"{kind}-src" for kind in ("child", "connect", "default", "font", "frame", "img", "manifest", "media", "object")}
    | {f"{kind}-src{part}" for kind in ("script", "style") for part in ("", "-elem", "-attr")}
    | {"worker-src", "base-uri", "sandbox", "form-action", "frame-ancestors", "report-uri", "report-to"}
    | {"require-trusted-types-for", "trusted-types", "upgrade-insecure-requests", "block-all-mixed-content"}
    | {"fenced-frame-src", "prefetch-src", "navigate-to"}
)


@record(frozen=True, slots=True)
class DefaultHeaders:
    """The headers for all responses of an application. `policy` is the CSP if it has a nonce; else it is in `fixed`."""

    fixed: tuple[RawHeader, ...]
    policy: str = ""
    of_page: tuple[RawHeader, ...] = field(init=False)
    """The headers of a page that has no nonce."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "of_page", (HTML_TYPE, *self.fixed))

    @classmethod
    def of(cls, settings: Settings) -> DefaultHeaders:
        """Raises ConfigError for a policy that browsers would not read as intended."""
        csp = _checked_policy(settings)
        headers = {
            "x-content-type-options": "nosniff" if settings.nosniff else _OFF,
            "referrer-policy": settings.referrer_policy,
            # Browsers ignore it beside `frame-ancestors`.
            "x-frame-options": _OFF if "frame-ancestors" in csp else settings.frame_options,
            "cross-origin-opener-policy": settings.opener_policy,
            "content-security-policy": csp if csp and NONCE not in csp else _OFF,
        }
        fixed = tuple((name.encode(), value.encode()) for name, value in headers.items() if value != _OFF)
        return cls(fixed, csp if NONCE in csp else "")

    def for_request(self, scope: Scope) -> tuple[RawHeader, ...]:
        if not self.policy:
            return self.fixed
        policy = self.policy.replace(NONCE, nonce_of(scope))
        return (*self.fixed, (b"content-security-policy", policy.encode("latin-1")))

    def complete(self, headers: Iterable[RawHeader], scope: Scope) -> list[RawHeader]:
        """The headers of a response with those that it does not set itself."""
        own = list(headers)
        names = {name.lower() for name, _ in own}
        return [*own, *(header for header in self.for_request(scope) if header[0] not in names)]


def with_session(headers: list[RawHeader], scope: Scope, *, keep: bool) -> list[RawHeader]:
    """The headers of a response with those of the session, if the request has read it. `keep` stores its changes."""
    session = scope[STATE].session
    return headers if session is None else with_content(headers, session, scope, keep=keep)


def with_content(headers: list[RawHeader], session: SessionContent, scope: Scope, *, keep: bool) -> list[RawHeader]:
    """The headers of a response with those of a session."""
    return _with(headers, session.headers(scope, keep=keep))


def add_session(headers: list[RawHeader], scope: Scope, *, keep: bool) -> None:
    """Add the headers of the session to a response that has no `Cache-Control`."""
    session = scope[STATE].session
    if session is not None:
        headers.extend(session.headers(scope, keep=keep))


def private_with_session(headers: list[RawHeader], scope: Scope) -> list[RawHeader]:
    """The headers of a response whose body may read the session later: too late to say so, or to change it."""
    scope[HEADERS_SETTLED] = True
    cookie: SessionCookie = scope["app"].session_cookie
    if not cookie.keys or not cookie.is_in(scope):
        return headers
    return _with(headers, [header for header in PRIVATE if header not in headers])


def _with(headers: list[RawHeader], added: Iterable[RawHeader]) -> list[RawHeader]:
    """Both; the first `Cache-Control` counts."""
    for name, _ in headers:
        if len(name) == _CACHE_CONTROL_LENGTH and name.lower() == b"cache-control":
            return with_vary([*headers, *(header for header in added if header[0] != b"cache-control")])
    return with_vary([*headers, *added])


def report_lost_changes(scope: Scope) -> None:
    """Log a session that was changed after the response had started, in a way that could not be refused."""
    session = scope[STATE].session
    if session is not None and session.is_lost:
        what = "%s %s: the session was changed after the response had started, and the change is lost. Change it%s"
        where = " in the body or in the loader: both run before the response starts."
        log.error(what, scope["method"], printable(scope["path"]), where)


class CompletedSend:
    """A `send` that completes the headers of a response."""

    __slots__ = ("headers", "scope", "send")

    def __init__(self, send: Send, scope: Scope, headers: DefaultHeaders) -> None:
        self.send = send
        self.scope = scope
        self.headers = headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": self.headers.complete(message.get("headers", ()), self.scope)}
        await self.send(message)


def _checked_policy(settings: Settings) -> str:
    policy = (settings.csp or "").strip().strip(";")
    if not policy.isascii() or not policy.isprintable():
        raise _error(settings, "the policy has a character that a header can't have", "Write it on one line, in ASCII.")
    for directive in filter(None, map(str.split, policy.split(";"))):
        name, *sources = directive
        if name.lower() not in _DIRECTIVES:
            hint = did_you_mean(name.lower(), sorted(_DIRECTIVES)) or "Directives are separated by semicolons."
            raise _error(settings, f"unknown directive `{name}`", hint)
        for source in sources:
            _check_source(settings, source)
    return policy


def _check_source(settings: Settings, source: str) -> None:
    if source.endswith(","):
        raise _error(settings, f"`{source}` ends with a comma", "Directives are separated by semicolons.")
    bare = source.strip("'")
    if source in _KEYWORDS:
        raise _error(settings, f"`{source}` is read as the name of a host", f"Put it in quotes: '{source}'")
    if re.fullmatch(r"nonce-.*|\{.*\}", bare) and source != f"'nonce-{NONCE}'":
        hint = f"Write 'nonce-{NONCE}', with its quotes. Each request has a new one."
        raise _error(settings, f"`{source}` is not a nonce of the request", hint)


def _error(settings: Settings, what: str, hint: str) -> ConfigError:
    return settings.error("csp", f"Content-Security-Policy: {what}", hint)
