"""Static strings and holes → tokens: text, tags, comments and raw-text elements.

It follows https://html.spec.whatwg.org/multipage/parsing.html#tokenization, but may reject what browsers repair.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import replace

from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record
from hyperpy.templates.escape import decoded
from hyperpy.templates.syntax.embedded import Language, element_contents, script_language
from hyperpy.templates.syntax.holes import Spec
from hyperpy.templates.syntax.literal_source import HOLE, LiteralSource
from hyperpy.templates.syntax.nodes import Attribute, Component, EndTag, Hole, RawHole, Tag, Text
from hyperpy.templates.syntax.problems import SyntaxProblem
from hyperpy.templates.syntax.tags import TagReader

RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"})
RCDATA = frozenset({"title", "textarea"})
# Inside FOREIGN elements no element is raw text, unless one of these elements switches back to HTML,
# https://html.spec.whatwg.org/multipage/parsing.html#html-integration-point
INTEGRATION = {
    "svg": frozenset({"foreignobject", "desc", "title"}),
    "math": frozenset({"annotation-xml", "mi", "mo", "mn", "ms", "mtext"}),
}
FOREIGN = INTEGRATION.keys()
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})

_TEXT = lazy_pattern(r"[^<\0]+")
_LETTER = lazy_pattern(r"[A-Za-z]")
_END_TAG = lazy_pattern(r"</([A-Za-z][^\t\n\f\r />\0]*)[^>]*>")
_COMPONENT_END = lazy_pattern(r"</\0[\t\n\f\r ]*>")
_COMMENT = lazy_pattern(r"<!--(?:-?>|.*?--!?>)", re.DOTALL)
_CDATA = lazy_pattern(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_DECLARATION = lazy_pattern(r"<[!?/][^>]*>")
# If a script contains a comment with a <script>, the next </script> does not end it.
_SCRIPT_IN_COMMENT = lazy_pattern(r"<!--(?:(?!-->).)*<script", re.DOTALL | re.IGNORECASE)


@record(frozen=True, slots=True)
class ComponentEnd:
    """`</{index}>`."""

    index: int
    start: int
    end: int


type Token = Text | Hole | RawHole | Tag | EndTag | Component | ComponentEnd


def scan(source: LiteralSource) -> Iterator[Token]:
    text, position = source.text, 0
    foreign: list[tuple[str, int]] = []  # open elements that decide how others are read, and where they start
    while position < len(text):
        if text[position] == HOLE:
            yield _text_hole(source, position, _foreign_kind(foreign))
            position += 1
        elif found := _TEXT.match(text, position):
            yield Text(found[0])
            position = found.end()
        elif text.startswith(HOLE, position + 1) or _LETTER.match(text, position + 1):
            tag = TagReader(source, position).read()
            position = tag.end
            if isinstance(tag, Component):
                yield replace(tag, foreign=_foreign_kind(foreign)) if foreign else tag
                continue
            yield tag
            name, kind = tag.name.lower(), _foreign_kind(foreign)
            if (name in FOREIGN or (kind and _is_html_inside(tag, kind))) and not tag.closes_itself:
                foreign.append((name, tag.start))
            if name in RAW and kind:
                _check_foreign(source, tag)
            if name in RAW | RCDATA:
                position = yield from _contents(source, tag)
        else:
            token, position = _markup(source, position)
            if isinstance(token, EndTag):
                _leave(foreign, token.name)
            yield token
    for name, start in foreign:
        if name in FOREIGN:
            hint = (
                f"Close it in the same t-string: </{name}>. Scripts and style sheets are read in another way inside it."
            )
            raise SyntaxProblem(f"`<{name}>` is not closed", start, len(name) + 1, hint=hint)


def _foreign_kind(foreign: list[tuple[str, int]]) -> str:
    """`svg` or `math` if an element would belong to it here, else ""."""
    return foreign[-1][0] if foreign and foreign[-1][0] in FOREIGN else ""


def _is_html_inside(tag: Tag, kind: str) -> bool:
    """Whether the content of this element of SVG or MathML is HTML."""
    name = tag.name.lower()
    if name != "annotation-xml" or kind != "math":
        return name in INTEGRATION[kind]
    values = [item.value for item in tag.attributes if isinstance(item, Attribute) and item.name.lower() == "encoding"]
    return len(values) == 1 and decoded("".join(map(str, values[0] or ()))).lower() in HTML_TYPES


def _leave(foreign: list[tuple[str, int]], name: str) -> None:
    """Remove the innermost element of this name, and those inside it."""
    for index in reversed(range(len(foreign))):
        if foreign[index][0] == name:
            del foreign[index:]
            return


def _text_hole(source: LiteralSource, position: int, foreign: str = "") -> Hole:
    shape = source.shape(position)
    if shape.spec is Spec.SPREAD:
        raise SyntaxProblem(
            "`:**` spreads a mapping over a tag and can't be used in text",
            position,
            hint=f"Write <div {{{shape.expression}:**}}>.",
        )
    return Hole(source.hole(position), foreign)


def _markup(source: LiteralSource, start: int) -> tuple[Token, int]:
    """A token that starts with `<` but is not a start tag, and the position after it."""
    text = source.text
    if found := _COMPONENT_END.match(text, start):
        return ComponentEnd(source.named_hole(start + 2), start, found.end()), found.end()
    if found := _END_TAG.match(text, start):
        _no_holes(source, start, found.end(), "an end tag can't contain a value", "Write out its name: </p>.")
        return EndTag(found[1].lower(), found[0], found.end()), found.end()
    if text.startswith("</\0", start):
        raise SyntaxProblem("a component's end tag can only contain its name", start + 2, hint="Write </{Card}>.")
    if text.startswith("<!--", start):
        return _comment(source, start)
    for kind, pattern in (("a CDATA section", _CDATA), ("a declaration", _DECLARATION)):
        if found := pattern.match(text, start):
            _no_holes(source, start, found.end(), f"{kind} can't contain a value", "Write it out.")
            return Text(found[0]), found.end()
    if text[start + 1 : start + 2] in ("!", "?", "/"):
        raise SyntaxProblem(
            "the template ends inside this tag", start, 2, hint="Add the missing `>`, or write &lt; for text."
        )
    return Text("<"), start + 1


def _comment(source: LiteralSource, start: int) -> tuple[Text, int]:
    found = _COMMENT.match(source.text, start)
    if not found:
        raise SyntaxProblem("the template ends inside this comment", start, 4, hint="Close it with -->.")
    if source.text.startswith("<!--#", start):
        return Text(""), found.end()
    # A space for each hole: without it, the text around the hole could end the comment.
    return Text(found[0].replace(HOLE, " ")), found.end()


def _no_holes(source: LiteralSource, start: int, end: int, what: str, hint: str) -> None:
    position = source.text.find(HOLE, start, end)
    if position >= 0:
        raise SyntaxProblem(what, position, hint=hint)


def _contents(source: LiteralSource, tag: Tag) -> Generator[Token, None, int]:
    """The content of a raw-text or RCDATA element. Returns the position of its end tag."""
    text, name = source.text, tag.name.lower()
    if tag.closes_itself:
        raise SyntaxProblem(
            f"`<{name}/>` is not self-closing in HTML",
            tag.start,
            len(name) + 1,
            hint=f"Write <{name} …></{name}>.",
        )
    found = re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE).search(text, tag.end)
    if not found:
        raise SyntaxProblem(f"the template ends inside `<{name}>`", tag.start, len(name) + 1, hint=f"Add </{name}>.")
    end = found.start()
    if name == "script" and _SCRIPT_IN_COMMENT.search(text, tag.end, end):
        raise SyntaxProblem(
            "`<!-- <script` in a script keeps it open beyond its end tag", tag.end, hint="Remove the comment."
        )
    if name in RAW:
        yield from _raw(source, tag, name, end)
    else:
        yield from _character_data(source, name, tag.end, end)
    return end


def _check_foreign(source: LiteralSource, tag: Tag) -> None:
    """Raise SyntaxProblem for a `<` in a script or style sheet of SVG or MathML, where it starts a tag."""
    name = tag.name.lower()
    found = re.compile(rf"(?i:</{name}[\t\n\f\r />])|<").search(source.text, tag.end)
    if found and found[0] == "<":
        raise SyntaxProblem(
            f"`<` starts a tag here: inside SVG and MathML, `<{name}>` is an ordinary element",
            found.start(),
            hint=f"Move the <{name}> out of it.",
        )


def _raw(source: LiteralSource, tag: Tag, name: str, end: int) -> Iterator[Token]:
    """The content of a raw-text element. Only scripts and style sheets in known languages can have holes."""
    pieces = source.pieces(tag.end, end)
    hole = next((piece for piece in pieces if isinstance(piece, int)), None)
    if hole is None:
        yield Text("".join(map(str, pieces)))
        return
    if name not in ("script", "style"):
        written = f"{{{source.shapes[hole].expression.strip()}}}"
        raise SyntaxProblem(
            f"`{written}` is inside `<{name}>`, which can't contain a computed value",
            source.position(hole),
            hint="Put it into another element.",
        )
    language = Language.CSS if name == "style" else script_language(source, tag, hole)
    contents, modes = element_contents(source, pieces, language)
    kinds = iter(modes)
    for piece in contents:
        yield Text(piece) if isinstance(piece, str) else RawHole(piece, name, next(kinds))


def _character_data(source: LiteralSource, name: str, start: int, end: int) -> Iterator[Token]:
    tag = re.compile(r"<[A-Za-z/!?\0]").search(source.text, start, end)
    if tag and HOLE in source.text[tag.start() : end]:
        raise SyntaxProblem(f"`<{name}>` can contain only text", tag.start(), 2, hint="Write &lt; for the character.")
    for piece in source.pieces(start, end):
        yield Text(piece) if isinstance(piece, str) else _text_hole(source, source.position(piece))
