"""What a problem page shows of the request, and the secrets in it that must be shown nowhere."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.dev.problems.values import HIDDEN, Redaction, looks_secret
from hyperpy.record_classes import record

_LEFT_OUT: Final = frozenset({"cookie", "authorization", "proxy-authorization"})


@record(frozen=True, slots=True)
class RequestFacts:
    """The request, without its secrets."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, scope: Scope, redaction: Redaction) -> RequestFacts:
        def shown(name: str, value: str) -> str:
            return HIDDEN if looks_secret(name) else redaction.known_in(value)

        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        headers = [(name, value) for name, value in Headers(scope=scope).items() if name not in _LEFT_OUT]
        return cls(
            *(scope.get("method", ""), redaction.known_in(scope["path"])),
            tuple((name, shown(name, value)) for name, value in query),
            tuple(
                (name, shown(name, _without_query(value) if name == "referer" else value)) for name, value in headers
            ),
        )


def redaction_of(scope: Scope) -> Redaction:
    """Hides the request's credentials and session, and the keys that sign sessions, wherever they appear."""
    return Redaction.of(_secrets(scope))


def _secrets(scope: Scope) -> Iterator[str]:
    headers = Headers(scope=scope)
    names = [getattr(getattr(scope.get("app"), "session_cookie", None), "name", "session")]
    for header in headers.getlist("cookie"):
        for name, value in _cookies(header):
            if name in names or looks_secret(name) or "session" in name.lower():
                yield value
    for name in ("authorization", "proxy-authorization"):
        for value in headers.getlist(name):
            yield value
            yield value.rpartition(" ")[2]
    for name, value in headers.items():
        if name not in _LEFT_OUT and looks_secret(name):
            yield value
    yield from getattr(getattr(scope.get("app"), "session_cookie", None), "keys", ())


def _cookies(header: str) -> Iterator[tuple[str, str]]:
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            yield name, value.strip('"')


def _without_query(url: str) -> str:
    before, mark, _ = url.partition("?")
    return f"{before}{mark}…" if mark else before
