"""Start tags, from `<` to `>`: names, attributes, and holes in place of attributes."""

import re
from copy import replace

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.escape import decoded
from hyperpy.templates.syntax.bindings import targets
from hyperpy.templates.syntax.contexts import context_of, html_name, why_refused
from hyperpy.templates.syntax.embedded import Language, attribute_contents, problem_at
from hyperpy.templates.syntax.holes import Context, HoleShape, Spec, Value
from hyperpy.templates.syntax.literal_source import HOLE, LiteralSource
from hyperpy.templates.syntax.nodes import Attribute, Component, MarkerHole, Spread, Tag
from hyperpy.templates.syntax.problems import HoleProblem, SyntaxProblem
from hyperpy.templates.syntax.url_holes import modes

# HTML treats a solidus that does not close the tag as white space.
_SPACE = lazy_pattern(r"[\t\n\f\r ]*(?:/(?!>)[\t\n\f\r ]*)*")
_EQUALS = lazy_pattern(r"[\t\n\f\r ]*=[\t\n\f\r ]*")
_TAG_NAME = lazy_pattern(r"[A-Za-z][^\t\n\f\r />\0]*")
_NAME = lazy_pattern(r"[^\t\n\f\r />=\0]+")
_UNQUOTED = lazy_pattern(r"[^\t\n\f\r >]+")
_BREAK = lazy_pattern(r"[\t\n\f\r />]|\Z")
_STRING_LITERAL = lazy_pattern(r"[A-Za-z]{0,2}[\"']")

REFRESHES = (
    "`http-equiv` must be static, and a `refresh` can't have a spread",
    'Write <meta http-equiv="refresh" content="0;url={url}">.',
)

LANGUAGES = {
    Context.SCRIPT: Language.SCRIPT,
    Context.BINDING: Language.SCRIPT,
    Context.BINDINGS: Language.SCRIPT,
    Context.HTMX_JSON: Language.JSON,
    Context.STYLE: Language.CSS,
    Context.STYLE_VALUE: Language.CSS_VALUE,
}
_HTMX_SCRIPT = lazy_pattern(r"\s*(?:js|javascript):", re.IGNORECASE)

type AttributeNode = Attribute | Spread | MarkerHole


class TagReader:
    """Reads one start tag. `position` moves over the source."""

    def __init__(self, source: LiteralSource, start: int) -> None:
        self.source = source
        self.text = source.text
        self.start = start
        self.position = start + 1
        self.name = ""
        self.written = ""
        self.is_component = False

    def read(self) -> Tag | Component:
        self._read_name()
        items, tail = self._read_items()
        attributes = tuple([item for item in items if not isinstance(item, MarkerHole)])
        markers = [item for item in items if isinstance(item, MarkerHole)]
        if len(markers) > 1:
            raise SyntaxProblem("this element is marked as a fragment twice", markers[1].start)
        marker = markers[0] if markers else None
        if self.is_component:
            index = self.source.named_hole(self.start + 1)
            children = None if tail.endswith("/") else ()
            return Component(index, self.name, attributes, marker, self.start, self.position, children)
        return Tag(self.name, _refreshing(self.name, attributes, self.source), tail, marker, self.start, self.position)

    def _read_name(self) -> None:
        if self.text.startswith(HOLE, self.position):
            shape = self.source.shape(self.position)
            if shape.conversion or shape.spec is not Spec.NONE:
                hint = f"Write <{{{shape.expression}}}."
                raise SyntaxProblem("a component can't have a conversion or a format spec", self.position, hint=hint)
            self.is_component, self.name = True, shape.expression.strip()
            self.written = f"<{{{self.name}}}"
            self.position += 1
            return
        found = _TAG_NAME.match(self.text, self.position)
        assert found
        self.name, self.position = found[0], found.end()
        self.written = f"<{self.name}"
        if self.text.startswith(HOLE, self.position):
            raise SyntaxProblem(
                "a tag's name can't be computed",
                self.position,
                hint="Write each case out: {t'<h1>…</h1>' if level == 1 else t'<h2>…</h2>'}.\n"
                "For a component, write only the hole: <{Heading} level={level} />.",
            )

    def _read_items(self) -> tuple[list[AttributeNode], str]:
        items: list[AttributeNode] = []
        while True:
            space = self._space()
            if self.text.startswith(">", self.position):
                self.position += 1
                return items, space
            if self.text.startswith("/>", self.position):
                self.position += 2
                return items, space + "/"
            if self.position >= len(self.text):
                raise SyntaxProblem(
                    f"the template ends inside the tag `{self.written}`",
                    self.start + self.is_component,
                    1 if self.is_component else len(self.written),
                    hint="A t-string must contain whole tags. A `>` or a quote is missing.",
                )
            items.append(self._hole(space) if self.text.startswith(HOLE, self.position) else self._attribute(space))

    def _space(self) -> str:
        found = _SPACE.match(self.text, self.position)
        assert found
        self.position = found.end()
        return found[0] if "/" not in found[0] else " "

    def _attribute(self, space: str) -> Attribute:
        start = self.position
        found = _NAME.match(self.text, start)
        if not found:
            raise SyntaxProblem("there is no attribute name before this `=`", start)
        name, self.position = found[0], found.end()
        if bad := re.search("[\"'<]", name):
            raise SyntaxProblem(
                f"`{bad[0]}` is not allowed in an attribute name",
                start + bad.start(),
                hint=f"Is a quote or a `>` missing before it, in `{self.written}`?",
            )
        if self.text.startswith(HOLE, self.position):
            raise _computed_name(self.position)
        context = Context.PLAIN if self.is_component else context_of(self.name, name)
        value = self._value(name, context)
        if value is None or HOLE not in self.text[start : self.position]:
            return Attribute(name, value, space or " ", context, start)
        return self._computed(name, value, space or " ", context, start)

    def _computed(self, name: str, value: Value, space: str, context: Context, start: int) -> Attribute:
        """The attribute with the modes of the holes in its value."""
        source = self.source
        language = LANGUAGES.get(context)
        try:
            if not language:
                return Attribute(name, value, space, context, start, modes(context, value))
            if context is Context.HTMX_JSON and len(value) > 1:
                language = _htmx_language(value)
            value, inside = attribute_contents(source, value, language)
            attribute = Attribute(name, value, space, context, start, inside)
            if context not in (Context.BINDING, Context.BINDINGS) or attribute.only_hole is not None:
                return attribute
            code = "".join(decoded(piece) if isinstance(piece, str) else HOLE for piece in value)
            return replace(attribute, targets=targets(self.name, attribute.name, context, code, inside))
        except HoleProblem as problem:
            raise problem_at(source, value, problem) from None

    def _value(self, name: str, context: Context) -> Value | None:
        """The value after the `=`, if there is one."""
        equals = _EQUALS.match(self.text, self.position)
        if not equals:
            return None
        self.position = start = equals.end()
        quote = self.text[start : start + 1]
        if quote in ('"', "'"):
            end = self.text.find(quote, start + 1)
            if end < 0:
                raise SyntaxProblem(
                    f"the template ends inside the value of `{name}`", start, hint=f"Add the closing {quote}."
                )
            value, self.position = self.source.pieces(start + 1, end), end + 1
        else:
            value = self._unquoted(name, start)
        self._check_holes(name, context, value)
        return value

    def _unquoted(self, name: str, start: int) -> Value:
        found = _UNQUOTED.match(self.text, start)
        if not found:
            raise SyntaxProblem(f"`{name}=` has no value", start - 1, hint=f'Write {name}="" for an empty one.')
        end = found.end()
        # In HTML, the `/` of `<br title=x/>` is part of the value. In a component or after a hole, that is never meant.
        if found[0].endswith("/") and self.text.startswith(">", end) and (self.is_component or found[0][-2:-1] == HOLE):
            end -= 1
        if found[0].startswith("{"):
            raise SyntaxProblem(
                "Python reads `{{` as a literal brace, not as a dict",
                start,
                hint=f'Put a space between the braces: {name}={{ {{"a": 1}} }}.',
            )
        self.position = end
        return self.source.pieces(start, end)

    def _hole(self, space: str) -> AttributeNode:
        """`{fragment}`, `{mapping:**}` or `{name}` among the attributes."""
        start, shape = self.position, self.source.shape(self.position)
        self.source.named_hole(start)
        self.position += 1
        item: AttributeNode
        if shape.is_marker:
            if shape.conversion or shape.spec is not Spec.NONE:
                raise SyntaxProblem("the fragment marker can't have a conversion or a format spec", start)
            item = MarkerHole(self._value("{fragment}", Context.PLAIN), start)
        elif shape.spec is Spec.SPREAD:
            if shape.conversion:
                raise SyntaxProblem("a spread can't have a conversion", start, hint=f"Write {{{shape.expression}:**}}.")
            item = Spread(self.source.hole(start), start)
        else:
            item = self._shorthand(shape, start, space)
        if not _BREAK.match(self.text, self.position):
            raise _computed_name(self.position)
        return item

    def _shorthand(self, shape: HoleShape, start: int, space: str) -> Attribute:
        name = shape.expression.strip()
        if _EQUALS.match(self.text, self.position):
            raise _computed_name(start)
        if shape.spec is not Spec.NONE or shape.conversion or not name.isidentifier():
            raise SyntaxProblem(
                f"`{{{name}}}` can't be an attribute: it is not a plain name",
                start,
                hint="Write name={value}, or {name}, which is short for name={name}, or {mapping:**}.",
            )
        if self.is_component:
            return Attribute(name, (self.source.hole(start),), space or " ", Context.PLAIN, start)
        name = html_name(name)
        context = context_of(self.name, name)
        if context is Context.REFUSED:
            raise SyntaxProblem(*_at(why_refused(self.name, name), start))
        return Attribute(name, (self.source.hole(start),), space or " ", context, start)

    def _check_holes(self, name: str, context: Context, value: Value) -> None:
        for index in value:
            if isinstance(index, str):
                continue
            shape, position = self.source.shapes[index], self.source.position(index)
            if context is Context.REFUSED:
                raise SyntaxProblem(*_at(why_refused(self.name, name), position))
            if context is Context.SRCDOC and len(value) > 1:
                raise SyntaxProblem(
                    "`srcdoc` is a whole document, so it must be a single value",
                    position,
                    hint=f"Write a t-string: srcdoc={{t'<p>{{{shape.expression.strip()}}}</p>'}}.",
                )
            if shape.spec is Spec.SPREAD:
                raise SyntaxProblem(
                    "`:**` spreads a mapping over a tag and can't be used as a value",
                    position,
                    hint=f"Write {{{shape.expression}:**}} alone, or {name}={{{shape.expression}}}.",
                )
            if shape.spec is Spec.FORMAT and _STRING_LITERAL.match(shape.expression.strip()):
                raise SyntaxProblem(
                    f"Python reads this as {shape.expression.strip()} with a format spec, not as a dict",
                    position,
                    hint=f'Put a space between the braces: {name}={{ {{"a": 1}} }}.',
                )


def _htmx_language(value: Value) -> Language:
    """JSON, or JavaScript if the static text says so. htmx also has a notation in which strings can't be escaped."""
    start = decoded(value[0]) if isinstance(value[0], str) else ""
    if _HTMX_SCRIPT.match(start):
        return Language.SCRIPT
    is_alone = not "".join(piece for piece in value if isinstance(piece, str)).strip()
    if not start.lstrip().startswith("{") and not is_alone:
        raise HoleProblem(0, "must be a part of JSON here", 'Write JSON: {{"name": {x}}}, or a mapping alone.')
    return Language.JSON


def _at(why: tuple[str, str], position: int) -> tuple[str, int, int, str]:
    what, hint = why
    return what, position, 1, hint


def _computed_name(position: int) -> SyntaxProblem:
    return SyntaxProblem(
        "an attribute's name can't be computed",
        position,
        hint="Spread a mapping, whose names are checked: { {name: value}:** }. Separate attributes with white space.",
    )


def _refreshing(
    tag: str, attributes: tuple[Attribute | Spread, ...], source: LiteralSource
) -> tuple[Attribute | Spread, ...]:
    """`<meta http-equiv=refresh content=…>` navigates, so its `content` holds a URL."""
    named = {item.name.lower(): item for item in attributes if isinstance(item, Attribute)}
    acts, content = named.get("http-equiv"), named.get("content")
    if tag.lower() != "meta" or not acts or not acts.value:
        return attributes
    for piece in acts.value:
        if isinstance(piece, int):
            raise SyntaxProblem(*_at(REFRESHES, source.position(piece)))
        if decoded(piece).strip().lower() != "refresh":
            return attributes
    spreads = [item for item in attributes if isinstance(item, Spread)]
    if spreads:
        raise SyntaxProblem(*_at(REFRESHES, spreads[0].start))
    if content is None or content.value is None:
        return attributes
    url = replace(content, context=Context.REFRESH, modes=modes(Context.REFRESH, content.value))
    return tuple(url if item is content else item for item in attributes)
