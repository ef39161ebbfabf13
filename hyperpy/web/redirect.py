"""Redirects that stay on the site."""

import re
from urllib.parse import urlsplit

from hyperpy.exceptions import AnswerError, RefusedRedirectError, caller_frame, caller_place
from hyperpy.lazy import lazy_pattern
from hyperpy.pages import Redirect, current
from hyperpy.web.call_site import calls_with_literal
from hyperpy.web.site_urls import BLOCKED, under_root_path

_STATUSES = (301, 302, 303, 307, 308)

# A lone surrogate has no UTF-8; browsers drop some control characters before they read a URL
# (https://url.spec.whatwg.org/#concept-basic-url-parser).
_UNFIT = lazy_pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_SHOWN = 200  # characters of a URL in a message: its length is up to visitors
_SCHEME = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")


def redirect(url: str, status: int = 303, *, external: bool = False) -> Redirect:
    """Answer the request with a redirect to `url`: a path on this site, or one relative to the page (`?page=2`).

    Return it or raise it. If it is dropped, it is still the answer: neither page nor stream is sent. Without a request,
    it is a plain response.

    The root path, under which a mount or a proxy serves the site, is put in front of a path that has none.

    With 303, the browser follows it with GET. `external=True` also allows absolute http and https URLs; without it, a
    URL that a visitor supplies (`?next=…`) can't lead to another site. Raises AnswerError for any other status or URL;
    if the URL is computed, that is a RefusedRedirectError, which is answered with status 400. Raises HeadersSentError
    if another answer has been sent already.
    """
    if status not in _STATUSES:
        known = ", ".join(map(str, _STATUSES))
        raise AnswerError(f"invalid redirect status {status!r}", hint=f"Use 303 after a form, or one of {known}.")
    check_url("redirect", url, external=external)
    answer = Redirect(under_root_path(url), status)
    run = current.get(None)
    if run is not None:
        run.register(answer)
    return answer


def check_url(call: str, url: str, *, external: bool | None) -> None:
    """Raise AnswerError for a URL that may lead to another site. None as `external` means that it can't be allowed."""
    if problem := _problem(url, external):
        raise _refusal(call, url, *problem)


def _refusal(call: str, url: str, what: str, hint: str) -> AnswerError:
    """The error for a URL: the author's if the call has a literal, and possibly a visitor's if it is computed."""
    kind = AnswerError if calls_with_literal(caller_frame(), "url") else RefusedRedirectError
    shown = url if len(url) <= _MAX_SHOWN else f"{url[:_MAX_SHOWN]}…"
    return kind(f"{call}({shown!a}): {what}", place=caller_place(), hint=hint)


def _problem(url: str, external: bool | None) -> tuple[str, str] | None:
    if not url:
        return "the URL is empty", 'Write the path, as in "/login".'
    if url == BLOCKED:
        return "url() could not build it", "A warning in the log has the value that can't be part of a path."
    if _UNFIT.search(url):
        return "the URL contains a control character", "Quote the values in it: urllib.parse.quote(value)."
    if url[0].isspace():
        return "the URL starts with whitespace", "Strip it first: url.strip()."
    if "\\" in url and "\\" in re.split(r"[?#]", url, maxsplit=1)[0]:
        return "browsers read a backslash as a slash", "Write `/`, or `%5C` for a literal backslash."
    if url.startswith("//"):
        return "a URL with two leading slashes leads to another host", "Start a path on this site with one slash."
    if not _SCHEME.match(url):
        return None
    if not _is_http(url):
        hint = "Write `https://host/path`, or a path starting with `/`; write `./a:b` if the colon is part of a name."
        return "only http and https URLs with a host are allowed", hint
    if not external:
        allow = ", or pass external=True to allow it" if external is not None else ""
        return "the URL leads to another host", f"Write only its path{allow}."
    return None


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
