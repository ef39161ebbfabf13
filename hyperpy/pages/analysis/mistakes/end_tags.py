"""End tags in t-strings that close another element than the one that is open, or that are missing."""

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hyperpy.exceptions import Place
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.mistakes.foreign_markup import has_slots
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.template_mistakes import ELEMENTS
from hyperpy.pages.facts import LoadWarning
from hyperpy.templates import SourceText
from hyperpy.templates.at_load.locate import locate
from hyperpy.templates.syntax.contexts import VOID

_HOLE: Final = "\0"
_TAG: Final = lazy_pattern(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style|textarea|title)\b.*?(?:</(?P=raw)\s*>|\Z)"
    r"|<(?P<end>/?)(?P<name>[A-Za-z\0][^\s/>]*)(?P<rest>(?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
# Their end tags may be left out, https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
_OMITTED: Final = "body colgroup dd dt head html li optgroup option p rb rp rt rtc tbody td tfoot th thead tr"
_OPTIONAL: Final = frozenset(_OMITTED.split())
# A `<p>` ends where one of these begins, unless an element of `_SCOPES` is between them: the "button scope" of
# https://html.spec.whatwg.org/multipage/parsing.html
_END: Final = "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form"
_END_TOO: Final = "h1 h2 h3 h4 h5 h6 header hgroup main menu nav ol p pre search section summary table ul"
_END_P: Final = frozenset(f"{_END} {_END_TOO}".split())
_SCOPE: Final = "applet button caption marquee math object select svg table td template th"
_SCOPES: Final = frozenset(_SCOPE.split())
_CLOSED: Final = lazy_pattern(r"(?:^|[\s\"'])/\s*\Z")  # not the end of an unquoted URL
_IN_SVG: Final = frozenset({"a", "audio", "canvas", "iframe", "script", "style", "title", "video"})
_ONLY_HTML: Final = ELEMENTS - _IN_SVG - {"svg", "math"}
_ENDED: Final = (ELEMENTS | {"svg", "math"}) - _OPTIONAL  # SVG's own elements may be of any name


class _Open(NamedTuple):
    name: str
    position: int
    closes_itself: bool


class _Unclosed(NamedTuple):
    element: _Open
    around: str
    """The element around it that ends, or the empty string at the end of the template."""
    instead: str
    """The end tag that may be meant for it: `</h2>` after `<h1>`. Else the empty string."""
    begun: str = ""
    """The element inside it that ends it, although its end tag follows. Else the empty string."""


def end_tags(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about `<div><b></div></b>`, `<div><b></div>`, `<p><ul></ul></p>` and `<div>`.

    A t-string may be a part of a page, so that it may end the elements of another, and end before its own do if the
    file has their end tags elsewhere.
    """
    return (warning for _, warning in open_elements(parsed))


def open_elements(parsed: ParsedFile) -> Iterator[tuple[str, LoadWarning]]:
    """The same, with the name of an element that nothing in the file ends; else with the empty string."""
    is_xml = "<?xml" in parsed.source or "xmlns" in parsed.source
    for template in parsed.index.of(ast.TemplateStr):
        if _has_tags(template):
            strings = strings_of(template)
            for unclosed in _crossings(_HOLE.join(strings)):
                element = unclosed.element
                if element.name == "slot" and not has_slots(parsed.source):
                    continue  # of a component, which `foreign_markup` warns about
                if not (unclosed.around or unclosed.begun) and (
                    is_xml or not _is_ended_nowhere(element, parsed.source)
                ):
                    continue
                elsewhere = unclosed.around or unclosed.begun or element.closes_itself
                name = "" if elsewhere else element.name
                yield name, _warning(unclosed, _place(parsed, template, strings, element))


def _has_tags(template: ast.TemplateStr) -> bool:
    return any(isinstance(part, ast.Constant) and "<" in str(part.value) for part in template.values)


def _is_ended_nowhere(unclosed: _Open, source: str) -> bool:
    """Whether a file has more start tags of an element than end tags. `/>` is none, wherever an end tag is."""
    if unclosed.closes_itself:
        return True
    starts, ends = _counted(unclosed.name, source)
    return starts > ends


def ends_more(name: str, source: str) -> bool:
    """Whether a file has more end tags of an element than start tags."""
    starts, ends = _counted(name, source)
    return ends > starts


def _counted(name: str, source: str) -> tuple[int, int]:
    tags = re.findall(rf"<(/?){re.escape(name)}(?![\w:.-])", source, re.IGNORECASE)
    return tags.count(""), tags.count("/")


def strings_of(template: ast.TemplateStr) -> list[str]:
    """The static text before, between and after the interpolations."""
    strings = [""]
    for part in template.values:
        if isinstance(part, ast.Constant):
            strings[-1] += str(part.value)
        else:
            strings.append("")
    return strings


def _crossings(text: str) -> Iterator[_Unclosed]:
    """The elements that are still open where one around them ends, and at the end those that need an end tag.

    A template that ends what it has not begun is a part of a page, and what is open at its end may be ended elsewhere.
    """
    if "<?xml" in text[:100]:
        return
    open_: list[_Open] = []
    instead: dict[_Open, str] = {}
    ended: list[tuple[int, _Unclosed]] = []  # elements whose end tag may still come, and how deep they are
    is_part = False
    for tag in _TAG.finditer(text):
        written = tag["name"] or ""
        name = written.lower()
        is_component = name == _HOLE
        if (
            not name
            or (_HOLE in name and not is_component)
            or name in VOID
            or (written[0].isupper() and not written.isupper())
        ):
            continue  # the parser checks the tags of components, and there are warnings about `<Card>`
        if not tag["end"]:
            if name in _END_P and (paragraph := _paragraph(open_)):
                ended.append((open_.index(paragraph), _Unclosed(paragraph, "", "", begun=name)))
                open_.remove(paragraph)
            closes_itself = _CLOSED.search(tag["rest"]) is not None
            is_empty = closes_itself and (is_component or any(each.name in ("svg", "math") for each in open_))
            if not is_empty:
                open_.append(_Open(name, tag.start(), closes_itself))
        elif any(each.name == name for each in open_):
            while (inner := open_.pop()).name != name:
                unclosed = _Unclosed(inner, name, instead.get(inner, ""))
                if inner.name not in _OPTIONAL:
                    yield unclosed
                else:
                    ended.append((len(open_), unclosed))
        elif meant := _ended(name, len(open_), ended):
            ended.remove(meant)
            yield meant[1]
        elif needed := [each for each in open_ if each.name not in _OPTIONAL and each.name != _HOLE]:
            instead.setdefault(needed[-1], name)
        else:
            is_part = True
    for each in open_:
        if each.name in _ONLY_HTML if each.closes_itself else each.name in _ENDED and not is_part:
            yield _Unclosed(each, "", instead.get(each, ""))


def _ended(name: str, depth: int, ended: list[tuple[int, _Unclosed]]) -> tuple[int, _Unclosed] | None:
    """The element that an end tag is meant for which comes too late: the last one, of the same depth if possible."""
    named = [each for each in ended if each[1].element.name == name]
    return next((each for each in reversed(named) if each[0] == depth), named[-1] if named else None)


def _paragraph(open_: list[_Open]) -> _Open | None:
    """The `<p>` that the start of another block ends, if any."""
    for each in reversed(open_):
        if each.name == "p" or each.name == _HOLE or each.name in _SCOPES:
            return each if each.name == "p" else None
    return None


def _warning(unclosed: _Unclosed, place: Place) -> LoadWarning:
    name, around, instead = unclosed.element.name, unclosed.around, unclosed.instead
    if unclosed.element.closes_itself:
        end = "the end of the component" if around == _HOLE else f"</{around}>"
        where = f"it is still open at {end}" if around else "what follows is inside it"
        what = f"`/>` doesn't end a <{name}>: {where}"
        hint = f"Write <{name}></{name}>. In HTML, only elements without content need no end tag."
    elif unclosed.begun:
        what = f"browsers end this <{name}> where the <{unclosed.begun}> in it begins, so its end tag ends nothing"
        hint = f"Write </{name}> before <{unclosed.begun}>, or use a <div>."
    elif instead:
        what = f"<{name}> is not ended by </{instead}>"
        hint = f"Write </{name}> in place of </{instead}>."
    elif around == _HOLE:
        what = f"<{name}> is still open where the component around it ends"
        hint = f"Write </{name}> before the end tag of the component."
    elif around:
        what = f"<{name}> is still open where </{around}> ends the element around it"
        hint = f"Write </{name}> before </{around}>."
    else:
        what = f"<{name}> has no end tag, so everything after it is inside it"
        hint = f"Write </{name}> where it ends."
    return LoadWarning(what, place, hint)


def _place(parsed: ParsedFile, template: ast.TemplateStr, strings: list[str], unclosed: _Open) -> Place:
    part, offset = 0, unclosed.position
    while offset > len(strings[part]):
        offset -= len(strings[part]) + 1
        part += 1
    return locate(SourceText(parsed.file, parsed.source), template, part, offset, len(unclosed.name) + 1)
