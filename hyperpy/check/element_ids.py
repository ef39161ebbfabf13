"""Selectors such as `hx-target="#row"` whose id no element of the site has."""

import ast
import html
import re
from collections.abc import Iterator
from typing import Final

from hyperpy.check.findings import Finding, Severity
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.exceptions import known_names
from hyperpy.record_classes import record
from hyperpy.templates.at_load.literals import Literal
from hyperpy.templates.syntax.nodes import Attribute, Component, Tag, walk

# Attributes with CSS selectors for elements of the page, after `data-` and modifiers such as `:inherited`.
_SELECTING: Final = frozenset({"hx-disable", "hx-disabled-elt", "hx-include", "hx-indicator", "hx-target"})
# One selector of a list, which may be for an ancestor, a descendant or a sibling.
_ID: Final = re.compile(r"\s*(?:(?:closest|find|next|previous)\s+)?#([\w-]+)\s*")
_WRITTEN: Final = re.compile(r"""\bid\s*=\s*\\?["']?([\w-]+)(?!\{)""")
_BEGUN: Final = re.compile(r"([\w-]+)\Z")
_MOST_LISTED: Final = 8


@record(frozen=True, slots=True)
class _Known:
    """The ids that elements may have. A computed one is known by the text before its first value."""

    whole: frozenset[str]
    texts: frozenset[str]
    """Strings of the code, one of which may become an id."""
    begun: frozenset[str]

    def may_have(self, name: str) -> bool:
        return name in self.whole or name in self.texts or name.startswith(tuple(self.begun))


def check_ids(files: SiteFiles) -> Iterator[Finding]:
    """Warnings about selectors of one id in the attributes of htmx."""
    known = _known(files)
    for file in files.files:
        for literal in file.literals:
            for attribute, names in _selectors(literal):
                for name in names:
                    if not known.may_have(name):
                        yield _finding(file, literal, attribute, name, known)


def _finding(file: SiteFile, literal: Literal, attribute: Attribute, name: str, known: _Known) -> Finding:
    hint = f'Write id="{name}" at the element that is meant.'
    near = known_names(name, sorted(known.whole)) if known.whole else ""
    if "Did you mean" in near:
        hint = near if len(known.whole) <= _MOST_LISTED else near[near.index("Did you mean") :]
    place = file.place(literal, attribute.start, len(attribute.name))
    return Finding(Severity.WARNING, "id", f"no element of the site has the id `{name}`", place, hint)


def _selectors(literal: Literal) -> Iterator[tuple[Attribute, list[str]]]:
    for attribute, _ in _attributes(literal):
        name = attribute.name.lower().removeprefix("data-").partition(":")[0]
        value = attribute.value or ()
        if name in _SELECTING and all(isinstance(piece, str) for piece in value):
            parts = html.unescape("".join(map(str, value))).split(",")
            yield attribute, [found[1] for part in parts if (found := _ID.fullmatch(part))]


def _attributes(literal: Literal) -> Iterator[tuple[Attribute, bool]]:
    """Each with whether it is an argument of a component, which may make it the id of an element."""
    for node in walk(literal.document.nodes):
        if isinstance(node, Tag | Component):
            is_argument = isinstance(node, Component)
            yield from ((item, is_argument) for item in node.attributes if isinstance(item, Attribute))


def _known(files: SiteFiles) -> _Known:
    whole: set[str] = set()
    begun: set[str] = set()
    texts: set[str] = set()
    for file in files.files:
        for literal in file.literals:
            for attribute, is_argument in _attributes(literal):
                value = attribute.value or ()
                if all(isinstance(piece, str) for piece in value):
                    text = html.unescape("".join(map(str, value)))
                    (whole if attribute.name.lower() == "id" else texts if is_argument else set()).add(text)
                elif attribute.name.lower() == "id" and isinstance(value[0], str):
                    begun.add(value[0])
        for node in file.parsed.index.of(ast.Constant, ast.JoinedStr):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
                whole.update(_WRITTEN.findall(node.value))
            elif isinstance(node, ast.JoinedStr):
                begun.update(_beginnings(node))
    return _Known(frozenset(whole), frozenset(texts), frozenset(begun))


def _beginnings(text: ast.JoinedStr) -> Iterator[str]:
    """The words in an f-string that a value goes on: `row-` of `f"row-{number}"`."""
    for part in text.values:
        if isinstance(part, ast.Constant) and (found := _BEGUN.search(str(part.value))):
            yield found[1]
