"""Ids and names of fragments that occur twice in what one t-string renders."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from hyperpy.check.findings import Finding, Severity
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.exceptions import Place
from hyperpy.record_classes import record
from hyperpy.templates.at_load.literals import Literal
from hyperpy.templates.syntax.holes import Value
from hyperpy.templates.syntax.nodes import Attribute, Component, EndTag, Fragment, Hole, Node, Tag, walk

# Their content is not on the page unless a script puts it there, or the browser runs no scripts.
_INERT: Final = frozenset({"noscript", "template"})
# Vue decides by these which elements are there.
_BRANCHES: Final = frozenset({"v-else", "v-else-if", "v-for", "v-if"})

type Decisions = tuple[tuple[object, int], ...]
"""The decisions that a part's rendering depends on, outermost first: each a node, and the branch taken there."""


@record(frozen=True, slots=True)
class _Occurrence:
    kind: str
    name: str
    decisions: Decisions
    place: Callable[[], Place]


def check_duplicates(files: SiteFiles) -> Iterator[Finding]:
    """Findings about names that are certainly there twice. What only one of two branches renders doesn't count."""
    for file in files.files:
        for literal in _outermost(file):
            earlier: dict[tuple[str, str], list[_Occurrence]] = {}
            reported: set[int] = set()
            for found in _occurrences(file, literal, ()):
                others = earlier.setdefault((found.kind, found.name), [])
                first = next((other for other in others if _together(found.decisions, other.decisions)), None)
                if first is not None and (place := found.place()).line not in reported:
                    reported.add(place.line)
                    what = f"{found.kind} `{found.name}` is on this page already, in line {first.place().line}"
                    hint = "Give one of them another name: browsers and htmx only find the first."
                    yield Finding(Severity.WARNING, "duplicate", what, place, hint)
                others.append(found)


def _together(one: Decisions, other: Decisions) -> bool:
    """Whether one of two parts is always rendered if the other is."""
    shorter, longer = sorted((one, other), key=len)
    return longer[: len(shorter)] == shorter


def _outermost(file: SiteFile) -> Iterator[Literal]:
    inner = {
        node for literal in file.literals for hole in literal.holes.values() for node in _t_strings(file, hole.value)
    }
    return (literal for literal in file.literals if literal.node not in inner)


def _t_strings(file: SiteFile, expression: ast.expr) -> list[ast.TemplateStr]:
    return file.parsed.index.of(ast.TemplateStr, inside=expression)


def _occurrences(file: SiteFile, literal: Literal, decisions: Decisions) -> Iterator[_Occurrence]:
    yield from _in_nodes(file, literal, literal.document.nodes, decisions)


def _in_nodes(file: SiteFile, literal: Literal, nodes: Iterable[Node], decisions: Decisions) -> Iterator[_Occurrence]:
    inert = 0
    for node in nodes:
        match node:
            case Tag(name=name) if name.lower() in _INERT:
                inert += 1
            case EndTag(name=name) if name in _INERT:
                inert = max(inert - 1, 0)
            case Tag() if not inert:
                yield from _id_of(file, literal, node, decisions)
            case Fragment(name=name, body=body):
                if not inert and (text := _text(name)) and not _is_id(node, text):
                    yield _Occurrence("the fragment", text, decisions, partial(file.place, literal, node.start, 1))
                yield from _in_nodes(file, literal, body, decisions)
            case Component(children=children):
                # It may show its content, or not, or twice.
                yield from _in_nodes(file, literal, children or (), (*decisions, (id(node), 0)))
            case Hole(index=index) if not inert and index in literal.holes:
                yield from _in_expression(file, literal.holes[index].value, decisions)


def _id_of(file: SiteFile, literal: Literal, tag: Tag, decisions: Decisions) -> Iterator[_Occurrence]:
    names = {item.name.lower() for item in tag.attributes if isinstance(item, Attribute)}
    for item in () if names & _BRANCHES else tag.attributes:
        if isinstance(item, Attribute) and item.name.lower() == "id" and (text := _text(item.value or ())):
            yield _Occurrence("the id", text, decisions, partial(file.place, literal, item.start, len(item.name)))


def _in_expression(file: SiteFile, node: ast.expr, decisions: Decisions) -> Iterator[_Occurrence]:
    """The names in the t-strings of an interpolated expression, as far as that renders them."""
    match node:
        case ast.TemplateStr() if node in file.by_node:
            yield from _occurrences(file, file.by_node[node], decisions)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _in_expression(file, body, (*decisions, (node, 0)))
            yield from _in_expression(file, orelse, (*decisions, (node, 1)))
        case ast.BoolOp(values=values):
            for number, value in enumerate(values):
                yield from _in_expression(file, value, (*decisions, (node, number)))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for item in items:
                yield from _in_expression(file, item, decisions)
        case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item):
            yield from _in_expression(file, item, (*decisions, (node, 0)))


def _text(value: Value) -> str:
    """The literal text of a value, or nothing."""
    return "".join(map(str, value)) if all(isinstance(piece, str) for piece in value) else ""


def _is_id(fragment: Fragment, name: str) -> bool:
    """Whether a fragment is named by the id of its element."""
    first = next(walk(fragment.body), None)
    items = first.attributes if isinstance(first, Tag | Component) else ()
    return any(
        isinstance(item, Attribute) and item.name.lower() == "id" and _text(item.value or ()) == name for item in items
    )
