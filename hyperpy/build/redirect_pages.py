"""Redirects as files: a page that leads on, for every host, and a list for those that read `_redirects`."""

from collections.abc import Iterable
from typing import Final

from markupsafe import escape

REDIRECTS: Final = "_redirects"


def redirect_page(target: str) -> bytes:
    """A page that browsers leave at once, and that search engines don't list."""
    url = escape(target)
    page = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Redirecting…</title>\n'
        f'<link rel="canonical" href="{url}">\n<meta name="robots" content="noindex">\n'
        f'<meta http-equiv="refresh" content="0; url={url}">\n<p>This page is at <a href="{url}">{url}</a>.</p>\n'
    )
    return page.encode()


def redirect_list(redirects: Iterable[tuple[str, str, int]]) -> bytes:
    """The file that Netlify, Cloudflare Pages and others read: from where, to where, and the status of each."""
    return "".join(f"{source} {target} {status}\n" for source, target, status in redirects).encode()
