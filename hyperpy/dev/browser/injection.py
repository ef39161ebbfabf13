"""Where a document takes a script, and what its Content-Security-Policy must allow for that."""

import re
from typing import Final

# Comments, the doctype, and the start tags of html and head: what may come before the first element in the head.
_COMMENTS: Final = rb"(?:\s|<!--.*?-->)*"
_PROLOGUE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?"
    + _COMMENTS
    + rb"(?:<!doctype[^>]*>)?"
    + _COMMENTS
    + rb"""(?:<html(?=[\s>])(?:"[^"]*"|'[^']*'|[^>"'])*>)?"""
    + _COMMENTS
    + rb"""(?:<head(?=[\s>])(?:"[^"]*"|'[^']*'|[^>"'])*>)?""",
    re.IGNORECASE | re.DOTALL,
)
_NONCE: Final = re.compile(r"'nonce-([A-Za-z0-9+/_=-]+)'")

_SCRIPTS: Final = ("script-src-elem", "script-src", "default-src")
_CONNECTIONS: Final = ("connect-src", "default-src")


def after_prologue(document: bytes) -> int:
    """The offset in a document at which a script may stand without changing how the rest is parsed."""
    found = _PROLOGUE.match(document)
    return found.end() if found else 0


def nonce_of(policy: str) -> str:
    """The nonce that a Content-Security-Policy allows for scripts, or the empty string."""
    directives = _directives(policy)
    sources = next((directives[name] for name in _SCRIPTS if name in directives), [])
    return next((found[1] for source in sources if (found := _NONCE.fullmatch(source))), "")


def allow_script(policy: str) -> str:
    """The policy, extended so that the script may be loaded and may connect to its own origin."""
    directives = _directives(policy)
    for names, has_nonce in ((_SCRIPTS, bool(nonce_of(policy))), (_CONNECTIONS, False)):
        given = next((name for name in names if name in directives), None)
        if given is None or has_nonce or "'self'" in directives[given]:
            continue
        kept = [source for source in directives[given] if source.lower() != "'none'"]
        directives[names[-2] if given == "default-src" else given] = [*kept, "'self'"]
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def _directives(policy: str) -> dict[str, list[str]]:
    """The directives by their names; of several with one name, the first one counts."""
    directives: dict[str, list[str]] = {}
    for part in policy.split(";"):
        if words := part.split():
            directives.setdefault(words[0].lower(), words[1:])
    return directives
