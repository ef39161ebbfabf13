"""End tags in t-strings that close another element than the one that is open."""

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hyperpy.exceptions import Place
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.template_mistakes import ELEMENTS
from hyperpy.pages.facts import LoadWarning
from hyperpy.templates import SourceText
from hyperpy.templates.at_load.locate import locate
from hyperpy.templates.syntax.contexts import VOID

_HOLE: Final = "\0"
_TAG: Final = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style|textarea|title)\b.*?(?:</(?P=raw)\s*>|\Z)"
    r"|<(?P<end>/?)(?P<name>[A-Za-z\0][^\s/>]*)(?P<rest>(?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
# Their end tags may be left out, https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
_OMITTED: Final = "body colgroup dd dt head html li optgroup option p rb rp rt rtc tbody td tfoot th thead tr"
_OPTIONAL: Final = frozenset(_OMITTED.split())
_CLOSED: Final = re.compile(r"(?:^|[\s\"'])/\s*\Z")  # not the end of an unquoted URL
_IN_SVG: Final = frozenset({"a", "audio", "canvas", "iframe", "script", "style", "title", "video"})
_ONLY_HTML: Final = ELEMENTS - _IN_SVG - {"svg", "math"}


class _Open(NamedTuple):
    name: str
    position: int
    closes_itself: bool


def end_tags(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about `<div><b></div></b>` and `<div><b></div>`.

    A t-string may be a part of a page, so that it may end before its elements do, or end those of another.
    """
    is_xml = "<?xml" in parsed.source or "xmlns" in parsed.source
    for template in parsed.index.of(ast.TemplateStr):
        if _closes_elements(template):
            strings = _strings(template)
            for unclosed, name in _crossings(_HOLE.join(strings)):
                if not name and is_xml:
                    continue
                yield _warning(unclosed, name, _place(parsed, template, strings, unclosed))


def _closes_elements(template: ast.TemplateStr) -> bool:
    return any(
        isinstance(part, ast.Constant) and ("</" in str(part.value) or "/>" in str(part.value))
        for part in template.values
    )


def _strings(template: ast.TemplateStr) -> list[str]:
    strings = [""]
    for part in template.values:
        if isinstance(part, ast.Constant):
            strings[-1] += str(part.value)
        else:
            strings.append("")
    return strings


def _crossings(text: str) -> Iterator[tuple[_Open, str]]:
    """The elements that are still open where one around them ends, each with the name of that one.

    Without a name those that `/>` seems to close, and that are open at the end.
    """
    if "<?xml" in text[:100]:
        return
    open_: list[_Open] = []
    for tag in _TAG.finditer(text):
        written = tag["name"] or ""
        name = written.lower()
        if not name or _HOLE in name or name in VOID or (written[0].isupper() and not written.isupper()):
            continue  # the parser checks the tags of components, and there are warnings about `<Card>`
        if not tag["end"]:
            closes_itself = _CLOSED.search(tag["rest"]) is not None
            if not (closes_itself and any(each.name in ("svg", "math") for each in open_)):
                open_.append(_Open(name, tag.start(), closes_itself))
        elif any(each.name == name for each in open_):
            while (inner := open_.pop()).name != name:
                if inner.name not in _OPTIONAL:
                    yield inner, name
    yield from ((each, "") for each in open_ if each.closes_itself and each.name in _ONLY_HTML)


def _warning(unclosed: _Open, name: str, place: Place) -> LoadWarning:
    what = f"<{unclosed.name}> is still open where </{name}> ends the element around it"
    hint = f"Write </{unclosed.name}> before </{name}>."
    if unclosed.closes_itself:
        where = f"it is still open at </{name}>" if name else "what follows is inside it"
        what = f"`/>` doesn't end a <{unclosed.name}>: {where}"
        hint = f"Write <{unclosed.name}></{unclosed.name}>. In HTML, only elements without content need no end tag."
    return LoadWarning(what, place, hint)


def _place(parsed: ParsedFile, template: ast.TemplateStr, strings: list[str], unclosed: _Open) -> Place:
    part, offset = 0, unclosed.position
    while offset > len(strings[part]):
        offset -= len(strings[part]) + 1
        part += 1
    return locate(SourceText(parsed.file, parsed.source), template, part, offset, len(unclosed.name) + 1)
