"""The Debian mirrors that a machine's apt is configured to use, from sources.list(5) in both of its formats."""

import re
from collections.abc import Iterator
from pathlib import Path

# A stanza of the deb822 format: field names in lower case, with their values as written.
Stanza = dict[str, str]

LINE = re.compile(
    r"""\s* deb \s+ (?: \[ (?P<options> [^]]*) \] \s* )?
    (?P<uri> \S+) \s+ (?P<suite> \S+) \s+ (?P<components> [^#]+)""",
    re.VERBOSE,
)
FIELD = re.compile(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
COMMENT = re.compile(r"^#.*\n?", re.MULTILINE)
ARCHIVE = re.compile(r"/debian (\.list | /\d{8}T\d{6}Z)? /?$", re.VERBOSE)


def find_mirrors(etc: Path) -> list[Stanza]:
    """Return one source for each mirror of Debian's main archive, in the order in which apt reads them."""
    stanzas: list[Stanza] = []
    for path in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*"))]:
        if path.suffix == ".list" and path.is_file():
            stanzas += filter(None, map(parse_line, path.read_text().splitlines()))
        elif path.suffix == ".sources":
            stanzas += parse_deb822(path.read_text())
    mirrors: dict[str, Stanza] = {}
    for stanza in filter(is_debian, stanzas):
        mirrors.setdefault(stanza["uris"], stanza)
    return list(mirrors.values())


def parse_line(line: str) -> Stanza | None:
    """Read `deb [option=value …] uri suite component…`, as the fields of a deb822 stanza."""
    match = LINE.match(line)
    if not match:
        return None
    options = dict(option.split("=", 1) for option in (match["options"] or "").split() if "=" in option)
    fields = {"types": "deb", "uris": match["uri"], "suites": match["suite"], "components": match["components"]}
    return {**{name.lower(): value for name, value in options.items()}, **fields}


def parse_deb822(text: str) -> Iterator[Stanza]:
    """Read the complete and enabled stanzas of a .sources file. A value, such as a key, may span indented lines."""
    for paragraph in re.split(r"\n\s*\n", COMMENT.sub("", text)):
        stanza = {name.lower(): value.strip() for name, value in FIELD.findall(paragraph)}
        if {"types", "uris", "suites", "components"} <= stanza.keys() and stanza.get("enabled", "yes").lower() != "no":
            yield stanza


def is_debian(stanza: Stanza) -> bool:
    """Whether a source is Debian's main archive, which all mirrors lay out in the same way.

    Its path ends in `/debian` (a snapshot adds a time, and a list for `mirror+file:` is called debian.list), and it
    has the component `main`. Security updates are a separate archive, without other releases.
    """
    return (
        "deb" in stanza["types"].split()
        and "main" in stanza["components"].split()
        and not any("security" in suite for suite in stanza["suites"].split())
        and any(ARCHIVE.search(uri) for uri in stanza["uris"].split())
    )
