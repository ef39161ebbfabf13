"""Redirects that stay on the site."""

import re
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse

from hyperpy.exceptions import AnswerError

_STATUSES = (301, 302, 303, 307, 308)

# A lone surrogate has no UTF-8; browsers drop some control characters before they read a URL
# (https://url.spec.whatwg.org/#concept-basic-url-parser).
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def redirect(url: str, status: int = 303, *, external: bool = False) -> RedirectResponse:
    """An answer that sends the browser to `url`: a path of this site, or relative to the present page (`?page=2`).

    303 makes the browser ask with GET. `external=True` lets absolute http and https URLs through as well; without it a
    URL that a visitor chose (`?next=…`) can't lead away from the site. Raises AnswerError for anything else.
    """
    if status not in _STATUSES:
        known = ", ".join(map(str, _STATUSES))
        raise AnswerError(f"{status} is no redirect", hint=f"Use one of {known}; 303 fits after a form.")
    if problem := _problem(url, external):
        what, hint = problem
        raise AnswerError(f"redirect({url!a}): {what}", hint=hint)
    return RedirectResponse(url, status)


def _problem(url: str, external: bool) -> tuple[str, str] | None:
    if not url:
        return "the URL is empty", 'Write the path, as in redirect("/login").'
    if _UNFIT.search(url):
        return "the URL holds a control character", "Quote values in it: urllib.parse.quote(value)."
    if url[0].isspace():
        return "the URL begins with white space", "Strip it first: url.strip()."
    if "\\" in re.split(r"[?#]", url, maxsplit=1)[0]:
        return "a browser reads a backslash as a slash", "Write `/`, or `%5C` for a backslash that is meant."
    if url.startswith("//"):
        return "two slashes begin the name of another host", "Write one slash for a path of this site."
    if _SCHEME.match(url):
        return _absolute_problem(url, external)
    return None


def _absolute_problem(url: str, external: bool) -> tuple[str, str] | None:
    if not _is_http(url):
        hint = "Write `https://host/path`, or a path that begins with `/`; `./a:b` if the colon is part of a name."
        return "only http and https URLs with a host can be the target", hint
    if not external:
        return "the URL leads to another host", "Write its path alone, or pass external=True if that is meant."
    return None


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
