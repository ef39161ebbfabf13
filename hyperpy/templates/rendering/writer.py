"""Nodes → the source of an f-string: static HTML, and for each hole the cheapest expression that is right there.

An exact `str` is escaped on the spot. Any other value goes to the function for its context.
"""

import html
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

from hyperpy.templates.escape import escape_str, markup, with_newline
from hyperpy.templates.escaping import attributes
from hyperpy.templates.escaping.bound_values import binding_string, binding_value
from hyperpy.templates.escaping.foreign import foreign_html
from hyperpy.templates.escaping.reports import ValueLocation
from hyperpy.templates.escaping.script_values import (
    json_element_value,
    json_part,
    script_element_value,
    script_part,
    script_part_string,
    script_string,
)
from hyperpy.templates.escaping.spreads import LOCATED, WRITERS, merged, spread_among
from hyperpy.templates.escaping.styles import STYLE_MODES, style_element_piece, style_piece
from hyperpy.templates.escaping.url_values import CHECKS, SAFE_TEXTS, after_root, is_root, is_safe_start
from hyperpy.templates.rendering.component_calls import CallSite, keywords, python_name
from hyperpy.templates.rendering.expressions import CodePiece, Expression, conditional, f_string, word_conditions
from hyperpy.templates.rendering.fragments import collect_fragment
from hyperpy.templates.syntax.contexts import DICTS, NEWLINE_DROPPED, binding_target
from hyperpy.templates.syntax.holes import Context, HoleMode, Value
from hyperpy.templates.syntax.nodes import (
    Attribute,
    Component,
    EndTag,
    Fragment,
    Hole,
    Node,
    RawHole,
    Spread,
    Tag,
    Text,
)
from hyperpy.templates.syntax.scanner import RCDATA
from hyperpy.templates.syntax.url_holes import SINGLE

# The functions for values inside JavaScript and JSON: in an attribute and in an element.
_EMBEDDED: dict[HoleMode, tuple[Callable[..., str], Callable[..., str]]] = {
    HoleMode.SCRIPT_VALUE: (script_part, script_element_value),
    HoleMode.JSON_VALUE: (json_part, json_element_value),
    HoleMode.SCRIPT_STRING: (script_part_string, script_string),
}
# These contexts have no quicker form for an exact str.
_ALWAYS_CHECKED = frozenset(
    {Context.STYLE, Context.STYLE_VALUE, Context.SCRIPT, Context.BINDING, Context.BINDINGS, Context.SRCDOC}
)
# In these contexts, each value is checked by itself, whatever the static text.
_CHECKED_ALONE = frozenset({Context.HTMX_TRIGGER, Context.HTMX_SWAP})


class Writer:
    """Writes nodes as pieces of f-strings."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.namespace: dict[str, object] = {}
        self.is_plain_text = False  # in a <title> or <textarea>

    def constant(self, value: object) -> str:
        name = f"C{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def name(self, function: Callable[..., object]) -> str:
        """The function's name in the generated code, where globals are upper case and variables lower case."""
        name = function.__name__.upper()
        known = self.namespace.setdefault(name, function)
        assert known is function, name
        return name

    def hole(self, index: int) -> str:
        """The variable that has the value."""
        return f"v{index}"

    def rendering(self, nodes: tuple[Node, ...]) -> str:
        """The nodes as an f-string."""
        return self.quickest(list(self.write(nodes)), self.is_leaf(nodes))

    def parts(self, nodes: tuple[Node, ...]) -> tuple[str, str, str]:
        """The static HTML at the start, an f-string for what follows, and the static HTML at the end."""
        pieces = list(self.write(nodes))
        before, after = _leading(pieces), _leading(pieces[::-1])[::-1]
        inner = pieces[len(before) : max(len(pieces) - len(after), len(before))]
        return "".join(before), self.quickest(inner, self.is_leaf(nodes)), "".join(after if inner else ())

    def quickest(self, pieces: list[CodePiece], is_leaf: bool) -> str:
        """The pieces as an f-string. With several conditional ones, all conditions are tested at once first: usually
        they all hold, and then nothing has to be decided for each piece.
        """
        general = f_string(pieces)
        expressions = [piece for piece in pieces if isinstance(piece, Expression)]
        conditions = [test for piece in expressions for test in piece.conditions]
        conditions += [test for piece in expressions for test in piece.costly]
        if len(conditions) < 2 or not is_leaf:
            return general
        quick = [
            part
            for piece in pieces
            for part in (piece.quick if isinstance(piece, Expression) and piece.quick else (piece,))
        ]
        return f"({f_string(quick)} if {' and '.join(conditions)} else {general})"

    def is_leaf(self, nodes: tuple[Node, ...]) -> bool:
        """Whether the nodes contain no nested rendering. The code of one would double with each level."""
        return not any(isinstance(node, Component | Fragment) for node in nodes)

    def write(self, nodes: Iterable[Node]) -> Iterator[CodePiece]:
        rest = list(nodes)
        while rest:
            node = rest.pop(0)
            yield from self.node(node)
            if isinstance(node, Tag | EndTag) and node.name.lower() in RCDATA:
                self.is_plain_text = isinstance(node, Tag)
            if isinstance(node, Tag) and node.name.lower() in NEWLINE_DROPPED:
                first = list(takewhile(lambda node: isinstance(node, Hole | Component), rest))
                first += [node for node in rest[len(first) : len(first) + 1] if first and isinstance(node, Text)]
                if first:
                    yield Expression(f"{self.name(with_newline)}({f_string(self.write(first))})")
                del rest[: len(first)]

    def node(self, node: Node) -> Iterator[CodePiece]:
        match node:
            case Text(text) | EndTag(text=text):
                yield text
            case Hole(index, foreign=""):
                yield from self.text(index)
            case Hole(index, kind):
                yield Expression(f"{self.name(foreign_html)}({f_string(self.text(index, kind))}, {kind!r})")
            case RawHole(index, tag, mode):
                location = self.constant(ValueLocation(self.words, tag, "", Context.PLAIN))
                yield self.embedded(mode, location, index, is_element=True)
            case Tag():
                yield from self.tag(node)
            case Component(foreign=""):
                yield Expression(f"TEXT({self.component(node)})")
            case Component(foreign=kind):
                html = f"FOREIGN({self.component(node)}, {kind!r})"
                yield Expression(f"{self.name(foreign_html)}({html}, {kind!r})")
            case Fragment(name, body):
                collect = self.name(collect_fragment)
                yield Expression(f"{collect}({f_string(self.plain(name))}, {f_string(self.write(body))})")

    def text(self, index: int, foreign: str = "") -> Iterator[CodePiece]:
        value = self.hole(index)
        others = f"ITEMS({value}) if type({value}) is list else TEXT({value})"
        if foreign:
            others = f"FOREIGN({value}, {foreign!r})"
        yield self.escaped(value, others, is_plain=self.is_plain_text)

    def escaped(self, value: str, otherwise: str, *, is_plain: bool) -> Expression:
        """The quickest code for a str or an int, and `otherwise`. Only in `ESCAPE` may tags have been meant as such."""
        escape = self.name(escape_str) if is_plain else "ESCAPE"
        known = f"{escape}({value}) if type({value}) is str else {value} if type({value}) is int else "
        return Expression(known + otherwise)

    def plain(self, pieces: Value) -> Iterator[CodePiece]:
        """The pieces as plain text, without escaping."""
        for piece in pieces:
            yield html.unescape(piece) if isinstance(piece, str) else Expression(f"STRING({self.hole(piece)})")

    # Tags

    def tag(self, tag: Tag) -> Iterator[CodePiece]:
        yield f"<{tag.name}"
        if any(isinstance(item, Spread) or _takes_dict(item) for item in tag.attributes):
            yield Expression(self.one_spread(tag) or self.merged(tag))
        else:
            for item in tag.attributes:
                assert isinstance(item, Attribute)
                yield from self.attribute(tag, item)
        yield f"{tag.tail}>"

    def merged(self, tag: Tag) -> str:
        entries = "".join(self.entries(tag))
        return f"{self.name(merged)}({self.words!r}, {tag.name!r}, ({entries}))"

    def one_spread(self, tag: Tag) -> str:
        """The attributes of a tag with one spread, whose other attributes are static; of another tag, nothing."""
        spreads = [index for index, item in enumerate(tag.attributes) if isinstance(item, Spread)]
        if len(spreads) != 1 or any(isinstance(item, Attribute) and not _is_static(item) for item in tag.attributes):
            return ""
        spread, entries = tag.attributes[spreads[0]], list(self.entries(tag))
        assert isinstance(spread, Spread)
        before, after = ("".join(part) for part in (entries[: spreads[0]], entries[spreads[0] + 1 :]))
        key = f"({tag.name!r}, ({before}), ({after}))"
        return f"{self.name(spread_among)}({self.words!r}, {key}, {self.hole(spread.index)}, SPREAD)"

    def entries(self, tag: Tag) -> Iterator[str]:
        """The attributes of a tag some of whose names are known only at run time, for `merged`."""
        for item in tag.attributes:
            if isinstance(item, Spread):
                yield f"(None, SPREAD({self.hole(item.index)})), "
            elif _takes_dict(item):
                assert item.only_hole is not None
                yield f"(None, {{{item.name.lower()!r}: SPREAD({self.hole(item.only_hole)})}}), "
            else:
                yield f"({item.name.lower()!r}, {f_string(self.attribute(tag, item))}), "

    def attribute(self, tag: Tag, item: Attribute) -> Iterator[CodePiece]:
        head = item.space + item.name
        match item.value:
            case None:
                yield head
            case (int(index),):
                yield from self.whole(tag, item, head, index)
            case pieces if any(isinstance(piece, int) for piece in pieces):
                yield f'{head}="'
                yield from self.mixed(tag, item, pieces)
                yield '"'
            case pieces:
                yield f'{head}="{_requoted("".join(map(str, pieces)))}"'

    def whole(self, tag: Tag, item: Attribute, head: str, index: int) -> Iterator[CodePiece]:
        """An attribute whose whole value is one hole: the value may omit the attribute or make it bare."""
        value, context = self.hole(index), item.context
        location = f"{self.location(tag, item)}, " if context in LOCATED else ""
        general = f"{self.name(WRITERS[context])}({location}{head!r}, {_rendered(value)})"
        if context in _ALWAYS_CHECKED:
            yield Expression(general)
            return
        if context is Context.BOOLEAN:
            yield Expression(f"'' if not {value} else {head!r} if {value} is True else {general}")
            return
        general = f"{word_conditions(tag.name, item.name, head, value)}'' if {value} is None else {general}"
        conditions, text = [f"type({value}) is str"], f"{self.name(escape_str)}({value})"
        if context is Context.CLASS:
            yield self.names(value, head, general)
            return
        if context in CHECKS:
            text = f"url_{value.strip()}"
            conditions.append(f"({text} := {self.constant(SAFE_TEXTS[context].get)}({value}))")
        yield conditional(tuple(conditions), (f'{head}="', Expression(text), '"'), general)

    def names(self, value: str, head: str, general: str) -> Expression:
        """A class attribute: a str, or a list of names."""
        text, names = f"{self.name(escape_str)}({value})", f"names_{value.strip()}"
        of_list = f"{self.name(attributes.plain_names)}({value}) if type({value}) is list else ''"
        return Expression(
            f"{f_string((f'{head}="', Expression(text), '"'))} if type({value}) is str else {general}",
            quick=(f'{head}="', Expression(f"{self.name(escape_str)}({names})"), '"'),
            costly=(f"({names} := {value} if type({value}) is str else {of_list})",),
        )

    def location(self, tag: Tag, item: Attribute, target: Context | None = None) -> str:
        """`target` is the context of the attribute that a browser library sets, if it is another one."""
        if item.context is Context.BINDING:
            target = binding_target(tag.name, item.name)
        return self.constant(ValueLocation(self.words, tag.name, item.name, target or item.context))

    def mixed(self, tag: Tag, item: Attribute, pieces: Value) -> Iterator[CodePiece]:
        """A value with static text and holes, without its quotes."""
        context, first = item.context, pieces[0]
        if item.targets:
            yield from self.bound(tag, item, pieces)
            return
        location = self.location(tag, item) if context in LOCATED else ""
        modes = iter(item.modes)
        written = [
            _requoted(piece) if isinstance(piece, str) else self.piece(context, next(modes), location, piece)
            for piece in pieces
        ]
        if context not in CHECKS or context in _CHECKED_ALONE:
            yield from written
        elif isinstance(first, str) and context in SINGLE and is_root(first):
            yield written[0]
            yield Expression(f"{self.name(after_root)}({f_string(written[1:])})")
        elif isinstance(first, str) and is_safe_start(context, first):
            yield from written
        else:
            begins = f", {_rendered(self.hole(first))}" if isinstance(first, int) else ""
            yield Expression(f"{self.name(attributes.url_text)}({location}, {f_string(written)}{begins})")

    def bound(self, tag: Tag, item: Attribute, pieces: Value) -> Iterator[CodePiece]:
        """The code of a binding."""
        holes = iter(zip(item.modes, item.targets, strict=True))
        for piece in pieces:
            if isinstance(piece, str):
                yield _requoted(piece)
                continue
            mode, target = next(holes)
            if target.context is Context.PLAIN:
                yield self.embedded(mode, "", piece)
                continue
            write = self.name(binding_string if mode is HoleMode.SCRIPT_STRING else binding_value)
            location = self.location(tag, item, target.context)
            yield Expression(f"{write}({location}, {target.before!r}, {_rendered(self.hole(piece))})")

    def embedded(self, mode: HoleMode, location: str, index: int, is_element: bool = False) -> CodePiece:
        """A hole inside JavaScript, JSON or CSS."""
        if mode is HoleMode.COMMENT:
            return " "
        value = _rendered(self.hole(index))
        if mode in STYLE_MODES:
            write = self.name(style_element_piece if is_element else style_piece)
            return Expression(f"{write}({location}, {self.constant(mode)}, {value})")
        return Expression(f"{self.name(_EMBEDDED[mode][is_element])}({value})")

    def piece(self, context: Context, mode: HoleMode, location: str, index: int) -> CodePiece:
        if mode in _EMBEDDED or mode in STYLE_MODES or mode is HoleMode.COMMENT:
            return self.embedded(mode, location, index)
        value = self.hole(index)
        if mode is not HoleMode.PLAIN:  # inside a URL
            known, piece = self.constant(SAFE_TEXTS[mode].get), self.name(attributes.url_part)
            other = f"{piece}({location}, {self.constant(mode)}, {_rendered(value)})"
            return Expression(
                f"url if type({value}) is str and (url := {known}({value})) "
                f"else {value} if type({value}) is int else {other}"
            )
        text = attributes.class_text if context is Context.CLASS else attributes.value_text
        return self.escaped(value, f"{self.name(text)}({_rendered(value)})", is_plain=True)

    # Components

    def component(self, node: Component) -> str:
        arguments = "".join(self.argument(item) for item in node.attributes)
        content = "None"
        if node.children is not None:
            content = f"{self.name(markup)}({f_string(self.write(node.children))})"
        return f"{self.constant(CallSite())}.call({self.hole(node.index)}, {{{arguments}}}, {content})"

    def argument(self, item: Attribute | Spread) -> str:
        if isinstance(item, Spread):
            return f"**{self.name(keywords)}({self.hole(item.index)}), "
        match item.value:
            case None:
                value = "True"
            case (int(index),):
                value = self.hole(index)
            case pieces:
                value = f_string(self.plain(pieces))
        return f"{python_name(item.name)!r}: {value}, "


def _leading(pieces: list[CodePiece]) -> list[str]:
    """The static pieces at the start."""
    return [str(piece) for piece in takewhile(lambda piece: isinstance(piece, str), pieces)]


def _rendered(value: str) -> str:
    """The value, or the HTML of a t-string: attributes don't take a Template."""
    return f"{value} if type({value}) is not TEMPLATE else SAFE({value})"


def _is_static(item: Attribute) -> bool:
    return item.value is None or not any(isinstance(piece, int) for piece in item.value)


def _takes_dict(item: Attribute) -> bool:
    """`data={…}` and `aria={…}` may be mappings, each of whose items is an attribute."""
    return item.name.lower() in DICTS and item.only_hole is not None


def _requoted(piece: str) -> str:
    """The source text of a value for double quotes, whichever quotes it had."""
    return piece.replace('"', "&#34;")
