"""Starlette's responses, with cookies that scripts can't read and that don't leave an https site in the clear."""

from datetime import datetime
from typing import Any, Final, Literal

from starlette import responses
from starlette.types import Scope

from hyperpy.exceptions import AnswerError, caller_place
from hyperpy.lazy import lazy_pattern, pydantic_core
from hyperpy.templates import current_host

type SameSite = Literal["lax", "strict", "none"] | None

# The texts that attributes of a cookie can have (RFC 6265, 4.1.1)
_FIT: Final = {
    "path": lazy_pattern(r"[ -:<-~]*"),  # printable ASCII but the semicolon
    "domain": lazy_pattern(r"[A-Za-z0-9._-]*"),
    "expires": lazy_pattern(r"[ -:<-~]*"),
    "max_age": lazy_pattern(r"-?[0-9]+"),
}


class Response(responses.Response):
    """Starlette's Response with safe defaults for cookies."""

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: datetime | str | int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool | None = None,
        httponly: bool = True,
        samesite: SameSite = "lax",
        partitioned: bool = False,
    ) -> None:
        """Set a cookie; `max_age` and a number for `expires` are in seconds from now.

        Scripts can't read it (`httponly`) unless you say so. `secure` limits it to https. If it is None, that holds for
        a request that came over https, and for names that browsers accept only then (`__Host-` and `__Secure-`).

        Raises AnswerError for a path, a domain, a date or an age that would add attributes, and for a `__Host-` cookie
        with a domain or another path than `/` (RFC 6265bis, 4.1.3).
        """
        _check_attributes(key, path, domain, expires, max_age)
        super().set_cookie(
            key,
            value,
            max_age,
            expires,
            path,
            domain,
            _is_secure(key, samesite) if secure is None else secure,
            httponly,
            samesite,
            partitioned,
        )

    def delete_cookie(
        self,
        key: str,
        path: str = "/",
        domain: str | None = None,
        secure: bool | None = None,
        httponly: bool = True,
        samesite: SameSite = "lax",
        partitioned: bool = False,
    ) -> None:
        """Make browsers delete a cookie. `path` and `domain` must be those with which it was set."""
        self.set_cookie(key, "", 0, 0, path, domain, secure, httponly, samesite, partitioned)


class HTMLResponse(Response, responses.HTMLResponse):
    pass


class JSONResponse(Response, responses.JSONResponse):
    """JSON of all that a loader may return as data: dataclasses, pydantic models and dates as well."""

    def render(self, content: Any) -> bytes:
        return pydantic_core.to_json(content, inf_nan_mode="null")


class PlainTextResponse(Response, responses.PlainTextResponse):
    pass


class RedirectResponse(Response, responses.RedirectResponse):
    pass


class StreamingResponse(Response, responses.StreamingResponse):
    pass


class FileResponse(Response, responses.FileResponse):
    pass


def _is_secure(key: str, samesite: SameSite) -> bool:
    """Whether a cookie gets `Secure` by itself: browsers refuse some cookies without it."""
    return samesite == "none" or key.startswith(("__Host-", "__Secure-")) or _is_https()


def _is_https() -> bool:
    """Whether the running request came over https. Outside a route file, nothing is known about it."""
    scope: Scope = getattr(current_host.get(None), "scope", {})
    return scope.get("scheme") in ("https", "wss")


def _check_attributes(key: str, path: str | None, domain: str | None, expires: object, max_age: object) -> None:
    for name, value in (("path", path), ("domain", domain), ("expires", expires), ("max_age", max_age)):
        if isinstance(value, str) and not _FIT[name].fullmatch(value):
            hint = f"Quote what comes from outside, or leave `{name}` out."
            raise _refusal(key, f"its {name} {value!r:.80} would be read as something else", hint)
    if key.startswith("__Host-") and (domain or path != "/"):
        hint = 'Write path="/" and leave `domain` out, or rename it.'
        raise _refusal(key, "browsers accept a __Host- cookie only for one host and the path /", hint)


def _refusal(key: str, what: str, hint: str) -> AnswerError:
    return AnswerError(f"cookie {key!r:.80}: {what}", place=caller_place(), hint=hint)
