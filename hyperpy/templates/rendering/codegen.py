"""A parsed literal → the source of one Python function that renders every template of that literal.

The function checks that the template at hand has the shape that the literal was parsed with, which its strings alone
don't say, and returns one f-string: static HTML, and for each hole the cheapest expression that is right there. An
exact `str` is escaped on the spot; anything else goes to functions that `render` supplies by the names used here.
"""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from hyperpy.templates.escaping.attributes import ValueLocation
from hyperpy.templates.escaping.urls import CHECKS, memo, settles
from hyperpy.templates.rendering.component_calls import CallSite
from hyperpy.templates.syntax.contexts import DICTS, python_name
from hyperpy.templates.syntax.nodes import (
    Attribute,
    Component,
    Context,
    Document,
    EndTag,
    Fragment,
    Hole,
    HoleMode,
    HoleShape,
    Node,
    RawHole,
    Spec,
    Spread,
    Tag,
    Text,
    Value,
)
from hyperpy.templates.syntax.url_holes import URL_MODES

ONE = """\
def render(template):
    try:
        {unpack} = template.interpolations
        if {guard}:
            return AGAIN(template)
{values}
        return {result}
    except PROBLEM as problem:
        raise LOCATED(problem, template) from None
"""

MANY = """\
def render_many(templates):
    strings = templates[0].strings
    results = []
    append = results.append
    for template in templates:
        if type(template) is not TEMPLATE or template.strings is not strings:
            append(TEXT(template))
            continue
        try:
            {unpack} = template.interpolations
            if {guard}:
                append(AGAIN(template))
                continue
{values}
            append({result})
        except PROBLEM as problem:
            raise LOCATED(problem, template) from None
    return ''.join(results)
"""

_WRITERS = {
    Context.PLAIN: "ATTRIBUTE",
    Context.ARIA: "ARIA",
    Context.CLASS: "CLASS",
    Context.STYLE: "STYLE",
    Context.SCRIPT: "SCRIPT",
    Context.SRCDOC: "SRCDOC",
} | dict.fromkeys(CHECKS, "URL")
# Those of a value that is a piece of code, by whether an element holds it or an attribute.
_EMBEDDED = {
    (HoleMode.SCRIPT_VALUE, True): "SCRIPT_ELEMENT_VALUE",
    (HoleMode.SCRIPT_VALUE, False): "SCRIPT_PIECE",
    (HoleMode.SCRIPT_STRING, True): "SCRIPT_STRING",
    (HoleMode.SCRIPT_STRING, False): "SCRIPT_STRING",
    (HoleMode.CSS_VALUE, True): "STYLE_ELEMENT_TEXT",
    (HoleMode.CSS_VALUE, False): "STYLE_TEXT",
    (HoleMode.CSS_WORD, True): "STYLE_ELEMENT_WORD",
    (HoleMode.CSS_WORD, False): "STYLE_WORD",
}
_WHOLE = frozenset({Context.STYLE, Context.SCRIPT, Context.SRCDOC})
# These warn of values, so they are told where they stand.
_SITED = frozenset({Context.STYLE, *CHECKS})


@dataclass(slots=True)
class Code:
    """Generated source, and the objects that it names besides those of every literal."""

    source: str
    constants: dict[str, object] = field(default_factory=dict)


def generate(document: Document, words: str, form: str = ONE) -> Code:
    """`form` is ONE or MANY. `words` name the literal in warnings."""
    writer = Writer(words)
    result = writer.rendering(document.nodes)
    indent = " " * (8 if form is ONE else 12)
    shapes = dict(enumerate(document.shapes))
    used = writer.valued | document.named
    source = form.format(
        unpack=" ".join(f"i{index}," if index in used else "_," for index in shapes) or "_",
        guard=" or ".join(_guard(index, shapes[index], index in document.named) for index in sorted(used)) or "False",
        values="\n".join(f"{indent}v{index} = {_value(index, shapes[index])}" for index in sorted(writer.valued)),
        result=result,
    )
    return Code(source, writer.constants)


def used_holes(document: Document) -> set[int]:
    """The holes that are rendered: not the marker, a closing tag, or what stands in a server comment."""
    writer = Writer("")
    f_string(writer.write(document.nodes))
    return writer.valued


def _value(index: int, shape: HoleShape) -> str:
    return prepared(f"i{index}.value", shape, f"i{index}.format_spec")


def prepared(value: str, shape: HoleShape, spec: str) -> str:
    """The value as it is rendered: converted, formatted, or called HTML. `spec` is the format spec, in Python."""
    if shape.conversion:
        value = f"{ {'r': 'repr', 's': 'str', 'a': 'ascii'}[shape.conversion] }({value})"
    if shape.spec is Spec.FORMAT:
        return f"format({value}, {spec})"
    return f"SAFE({value})" if shape.spec is Spec.SAFE else value


def _guard(index: int, shape: HoleShape, is_named: bool) -> str:
    """True if this interpolation is not what the literal was parsed with. The order is that of likelihood and cost."""
    hole = f"i{index}"
    checks = [f"{hole}.conversion != {shape.conversion!r}" if shape.conversion else f"{hole}.conversion"]
    match shape.spec:
        case Spec.NONE:
            checks.append(f"{hole}.format_spec")
        case Spec.FORMAT:
            checks.append(f"{hole}.format_spec in ('', 'safe', '**')")
        case Spec.SAFE:
            checks.append(f"{hole}.format_spec != 'safe'")
        case Spec.SPREAD:
            checks.append(f"{hole}.format_spec != '**'")
    if is_named and shape.is_marker:
        checks.append(f"{hole}.value is not MARKER")
    elif is_named and shape.spec is not Spec.SPREAD:
        checks.append(f"{hole}.value is MARKER or {hole}.expression != {shape.expression!r}")
    return " or ".join(checks)


class Expression(str):
    """Generated Python; any other str among the pieces of a result is static HTML."""

    __slots__ = ()


type Pieces = Iterable[str]


def f_string(pieces: Pieces) -> str:
    """The pieces as one f-string. `repr` writes the static ones, whatever is in them."""
    written: list[str] = []
    for is_expression, group in groupby(pieces, lambda piece: isinstance(piece, Expression)):
        if is_expression:
            written.extend(f"f'{{{expression}}}'" for expression in group)
        else:
            written.append("f" + repr("".join(group).replace("{", "{{").replace("}", "}}")))
    return f"({' '.join(written)})" if len(written) > 1 else "".join(written) or "''"


class Writer:
    """Writes nodes as pieces of f-strings."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.constants: dict[str, object] = {}
        self.valued: set[int] = set()
        self.strings: list[str] | None = None
        """While a rendering is written that takes exact strings for granted: the conditions for that."""

    def constant(self, value: object) -> str:
        name = f"C{len(self.constants)}"
        self.constants[name] = value
        return name

    def hole(self, index: int) -> str:
        self.valued.add(index)
        return f"v{index}"

    def rendering(self, nodes: tuple[Node, ...]) -> str:
        """The nodes as an f-string. Where several attributes are a hole each, there is one more, for when all of their
        values are exact strings, as they mostly are: then there is nothing to decide for each.
        """
        if not self.is_leaf(nodes):
            return f_string(self.write(nodes))
        self.strings = []
        quick, conditions = f_string(self.write(nodes)), self.strings
        self.strings = None
        general = f_string(self.write(nodes))
        return f"({quick} if {' and '.join(conditions)} else {general})" if len(conditions) > 1 else general

    def is_leaf(self, nodes: tuple[Node, ...]) -> bool:
        """Nothing in the nodes is a rendering of its own: it would be written twice, and what is in it four times."""
        return not any(isinstance(node, Component | Fragment) for node in nodes)

    def write(self, nodes: Iterable[Node]) -> Iterator[str]:
        for node in nodes:
            match node:
                case Text(text) | EndTag(text=text):
                    yield text
                case Hole(index):
                    yield from self.text(index)
                case RawHole(index, tag, mode):
                    location = self.constant(ValueLocation(self.words, tag, "", Context.PLAIN))
                    yield self.embedded(mode, location, index, is_element=True)
                case Tag():
                    yield from self.tag(node)
                case Component():
                    yield Expression(f"TEXT({self.component(node)})")
                case Fragment(name, body):
                    yield Expression(f"FRAGMENT({f_string(self.plain(name))}, {f_string(self.write(body))})")

    def text(self, index: int) -> Pieces:
        value = self.hole(index)
        yield Expression(f"E({value}) if (kind := type({value})) is str else {value} if kind is int else TEXT({value})")

    def plain(self, pieces: Value) -> Pieces:
        """The pieces as plain text, nothing escaped."""
        for piece in pieces:
            yield html.unescape(piece) if isinstance(piece, str) else Expression(f"STRING({self.hole(piece)})")

    # Tags

    def tag(self, tag: Tag) -> Pieces:
        yield f"<{tag.name}"
        if any(isinstance(item, Spread) or _takes_dict(item) for item in tag.attributes):
            yield Expression(f"MERGED({self.words!r}, {tag.name!r}, ({''.join(self.entries(tag))}))")
        else:
            for item in tag.attributes:
                assert isinstance(item, Attribute)
                yield from self.attribute(tag, item)
        yield f"{tag.tail}>"

    def entries(self, tag: Tag) -> Iterator[str]:
        """The attributes of a tag whose names are known only when it is rendered."""
        for item in tag.attributes:
            if isinstance(item, Spread):
                yield f"(None, SPREAD({self.hole(item.index)})), "
            elif _takes_dict(item):
                yield f"(None, {{{item.name.lower()!r}: SPREAD({self.hole(_only_hole(item))})}}), "
            else:
                yield f"({item.name.lower()!r}, {f_string(self.attribute(tag, item))}), "

    def attribute(self, tag: Tag, item: Attribute) -> Pieces:
        head = item.space + item.name
        match item.value:
            case None:
                yield head
            case (int(),):
                yield from self.whole(tag, item, head)
            case pieces if any(isinstance(piece, int) for piece in pieces):
                yield f'{head}="'
                yield from self.mixed(tag, item, pieces)
                yield '"'
            case pieces:
                yield f'{head}="{"".join(map(_requoted, pieces))}"'

    def whole(self, tag: Tag, item: Attribute, head: str) -> Pieces:
        """One hole is the whole value, which may drop the attribute or leave it bare. Most values are exact strings."""
        value = self.hole(_only_hole(item))
        location = (
            self.constant(ValueLocation(self.words, tag.name, item.name, item.context))
            if item.context in _SITED
            else ""
        )
        general = f"{_WRITERS[item.context]}({location}{', ' * bool(location)}{head!r}, {_rendered(value)})"
        if item.context in _WHOLE:
            yield Expression(general)
        elif self.strings is not None:
            yield from (f'{head}="', Expression(self.granted(item.context, value)), '"')
        elif item.context in CHECKS:
            quick = f_string((f'{head}="', Expression("url"), '"'))
            known = self.constant(memo(item.context).get)
            yield Expression(f"{quick} if type({value}) is str and (url := {known}({value})) else {general}")
        else:
            quick = f_string((f'{head}="', Expression(f"E({value})"), '"'))
            yield Expression(f"{quick} if type({value}) is str else {general}")

    def granted(self, context: Context, value: str) -> str:
        """The inside of the quotes, if the value is an exact str: notes that it has to be one."""
        assert self.strings is not None
        self.strings.append(f"type({value}) is str")
        if context not in CHECKS:
            return f"E({value})"
        self.strings.append(f"(url_{value} := {self.constant(memo(context).get)}({value}))")
        return f"url_{value}"

    def mixed(self, tag: Tag, item: Attribute, pieces: Value) -> Pieces:
        """The inside of the quotes, where static text and holes stand together."""
        location = (
            self.constant(ValueLocation(self.words, tag.name, item.name, item.context))
            if item.context in _SITED
            else ""
        )
        modes = iter(item.modes)
        written = [
            _requoted(piece) if isinstance(piece, str) else self.piece(item.context, next(modes), location, piece)
            for piece in pieces
        ]
        first = pieces[0]
        if item.context not in CHECKS:
            return written
        if isinstance(first, str) and settles(item.context, first):
            return written if first.strip() != "/" else [Expression(f"ONE_ROOT({f_string(written)})")]
        begins = f", {self.hole(first)}" if isinstance(first, int) else ""
        return [Expression(f"URL_TEXT({location}, {f_string(written)}{begins})")]

    def embedded(self, mode: HoleMode, location: str, index: int, is_element: bool = False) -> str:
        """A piece of JavaScript, JSON or CSS."""
        if mode is HoleMode.COMMENT:
            return " "
        where = f"{location}, " if mode in (HoleMode.CSS_VALUE, HoleMode.CSS_WORD) else ""
        return Expression(f"{_EMBEDDED[mode, is_element]}({where}{_rendered(self.hole(index))})")

    def piece(self, context: Context, mode: HoleMode, location: str, index: int) -> str:
        if (mode, False) in _EMBEDDED or mode is HoleMode.COMMENT:
            return self.embedded(mode, location, index)
        value = self.hole(index)
        match context:
            case _ if mode in URL_MODES:
                known = self.constant(memo(mode).get)
                other = f"{value} if kind is int else URL_PIECE({location}, {self.constant(mode)}, {_rendered(value)})"
                return Expression(f"url if (kind := type({value})) is str and (url := {known}({value})) else {other}")
            case Context.CLASS:
                return Expression(f"E({value}) if type({value}) is str else CLASS_TEXT({_rendered(value)})")
            case _:
                other = f"{value} if kind is int else VALUE_TEXT({_rendered(value)})"
                return Expression(f"E({value}) if (kind := type({value})) is str else {other}")

    # Components

    def component(self, node: Component) -> str:
        arguments = "".join(self.argument(item) for item in node.attributes)
        content = f"MARKUP({f_string(self.write(node.children))})" if node.children is not None else "None"
        return f"{self.constant(CallSite())}.call({self.hole(node.index)}, {{{arguments}}}, {content})"

    def argument(self, item: Attribute | Spread) -> str:
        if isinstance(item, Spread):
            return f"**KEYWORDS({self.hole(item.index)}), "
        match item.value:
            case None:
                value = "True"
            case (int(index),):
                value = self.hole(index)
            case pieces:
                value = f_string(self.plain(pieces))
        return f"{python_name(item.name)!r}: {value}, "


def _rendered(value: str) -> str:
    """The value, but a t-string's HTML: what an attribute can take."""
    return f"{value} if type({value}) is not TEMPLATE else SAFE({value})"


def _takes_dict(item: Attribute) -> bool:
    """`data={…}` and `aria={…}` may be mappings, each of whose items is an attribute."""
    return (
        item.name.lower() in DICTS
        and item.value is not None
        and len(item.value) == 1
        and isinstance(item.value[0], int)
    )


def _only_hole(item: Attribute) -> int:
    assert item.value is not None
    (index,) = item.value
    assert isinstance(index, int)
    return index


def _requoted(piece: str | int) -> str:
    """Source text of a value, whatever quotes it had, for between double ones."""
    assert isinstance(piece, str)
    return piece.replace('"', "&#34;")
