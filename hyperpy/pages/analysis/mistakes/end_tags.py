"""End tags in t-strings that close another element than the one that is open."""

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hyperpy.exceptions import Place
from hyperpy.pages.analysis.parsed_file import ParsedFile
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


class _Open(NamedTuple):
    name: str
    position: int
    closes_itself: bool


def end_tags(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about `<div><b></div></b>` and `<div><b></div>`.

    A t-string may be a part of a page, so that it may end before its elements do, or end those of another.
    """
    for template in parsed.index.of(ast.TemplateStr):
        if _has_end_tag(template):
            strings = _strings(template)
            for unclosed, name in _crossings(_HOLE.join(strings)):
                yield _warning(unclosed, name, _place(parsed, template, strings, unclosed))


def _has_end_tag(template: ast.TemplateStr) -> bool:
    return any(isinstance(part, ast.Constant) and "</" in str(part.value) for part in template.values)


def _strings(template: ast.TemplateStr) -> list[str]:
    strings = [""]
    for part in template.values:
        if isinstance(part, ast.Constant):
            strings[-1] += str(part.value)
        else:
            strings.append("")
    return strings


def _crossings(text: str) -> Iterator[tuple[_Open, str]]:
    """The elements that are still open where one around them ends, each with the name of that one."""
    if "<?xml" in text[:100]:
        return
    open_: list[_Open] = []
    for tag in _TAG.finditer(text):
        written = tag["name"] or ""
        name = written.lower()
        if not name or _HOLE in name or name in VOID or (written[0].isupper() and not written.isupper()):
            continue  # the parser checks the tags of components, and there are warnings about `<Card>`
        if not tag["end"]:
            closes_itself = tag["rest"].rstrip().endswith("/")
            if not (closes_itself and any(each.name in ("svg", "math") for each in open_)):
                open_.append(_Open(name, tag.start(), closes_itself))
        elif any(each.name == name for each in open_):
            while (inner := open_.pop()).name != name:
                if inner.name not in _OPTIONAL:
                    yield inner, name


def _warning(unclosed: _Open, name: str, place: Place) -> LoadWarning:
    what = f"<{unclosed.name}> is still open where </{name}> ends the element around it"
    hint = f"Write </{unclosed.name}> before </{name}>."
    if unclosed.closes_itself:
        what = f"`/>` doesn't end a <{unclosed.name}>: it is still open at </{name}>"
        hint = f"Write <{unclosed.name}></{unclosed.name}>. In HTML, only elements without content need no end tag."
    return LoadWarning(what, place, hint)


def _place(parsed: ParsedFile, template: ast.TemplateStr, strings: list[str], unclosed: _Open) -> Place:
    part, offset = 0, unclosed.position
    while offset > len(strings[part]):
        offset -= len(strings[part]) + 1
        part += 1
    return locate(SourceText(parsed.file, parsed.source), template, part, offset, len(unclosed.name) + 1)
