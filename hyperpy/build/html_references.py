"""The URLs and the ids in a built page."""

import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TAG: Final = re.compile(r"<!--.*?(?:-->|\Z)|<([a-zA-Z][^\s/>]*)((?:[^>\"']++|\"[^\"]*\"|'[^']*')*+)>", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r"([^\s\"'>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?")
_RAW: Final = {
    name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style", "textarea", "title", "xmp")
}
_URLS: Final = frozenset(
    {"href", "xlink:href", "src", "action", "formaction", "poster", "data", "sse-connect"}
    | {f"hx-{verb}" for verb in ("get", "post", "put", "patch", "delete")}
)
_LISTS: Final = frozenset({"srcset", "imagesrcset"})
_CANDIDATE: Final = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s[^,]*)?(?:,|\Z)")
_CONNECTIONS: Final = frozenset({"dns-prefetch", "preconnect"})


class References(NamedTuple):
    urls: tuple[tuple[str, str], ...]
    """Each with its attribute, in document order."""
    ids: frozenset[str]
    base: str
    """What `<base href>` says, or nothing."""


def references(page: str) -> References:
    urls: dict[tuple[str, str], None] = {}
    ids: set[str] = set()
    base = ""
    for tag, attributes in _tags(page):
        found = {
            name.lower(): html.unescape(quoted or single or bare)
            for name, quoted, single, bare in _ATTRIBUTE.findall(attributes)
        }
        if "id" in found:
            ids.add(found["id"])
        if tag == "a" and "name" in found:
            ids.add(found["name"])
        if tag == "base":
            base = base or found.get("href", "")
        elif not (tag == "link" and _CONNECTIONS.intersection(found.get("rel", "").lower().split())):
            urls |= dict.fromkeys(_urls(tag, found))
    return References(tuple(urls), frozenset(ids), base)


def _tags(page: str) -> Iterator[tuple[str, str]]:
    """The start tags that have attributes, without those in scripts and other text."""
    position = 0
    while (match := _TAG.search(page, position)) is not None:
        position = match.end()
        if match[1] is None:
            continue
        name = match[1].lower()
        if "=" in match[2]:
            yield name, match[2]
        if name in _RAW and (end := _RAW[name].search(page, position)):
            position = end.start()


def _urls(tag: str, attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        plain = name.removeprefix("data-") if name != "data" else name
        if plain in _URLS and (plain != "data" or tag == "object"):
            yield name, value.strip()
        elif name in _LISTS:
            yield from ((name, url) for url in _CANDIDATE.findall(value))
