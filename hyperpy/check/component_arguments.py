"""The tags of components as calls, which type checkers understand: `<{Card} count="3" />` is `Card(count='3')`."""

import ast
import html
import keyword
from collections.abc import Iterator

from hyperpy.check.site_files import SiteFile
from hyperpy.check.types.typed_copies import ANY, Argument, Insertion
from hyperpy.exceptions import Place
from hyperpy.pages.facts import place_of
from hyperpy.templates.at_load.literals import Literal
from hyperpy.templates.rendering.component_calls import python_name
from hyperpy.templates.syntax.holes import Spec
from hyperpy.templates.syntax.nodes import Attribute, Component, walk

# What these stand for isn't what the component gets, or they can't be written twice.
_LEFT_OUT = (ast.Lambda, ast.NamedExpr, ast.TemplateStr, ast.Yield, ast.YieldFrom)


def component_calls(file: SiteFile) -> Iterator[Insertion]:
    """What makes calls of the names in a file's component tags.

    It is left out where columns can't be known: after characters that aren't ASCII, and in names on several lines.
    """
    lines = file.source.splitlines()
    for literal in file.literals:
        for node in walk(literal.document.nodes):
            if isinstance(node, Component) and (hole := literal.holes.get(node.index)) is not None:
                name = hole.value
                if (
                    name.lineno != name.end_lineno
                    or name.end_col_offset is None
                    or not lines[name.lineno - 1].isascii()
                ):
                    continue
                insertion = _call(file, literal, node, name)
                if insertion.text.isascii():
                    yield insertion


def _call(file: SiteFile, literal: Literal, tag: Component, name: ast.expr) -> Insertion:
    text = "("
    arguments: dict[str, Argument] = {}
    for attribute in tag.attributes:
        key = python_name(attribute.name) if isinstance(attribute, Attribute) else ""
        if not isinstance(attribute, Attribute) or not key.isidentifier() or keyword.iskeyword(key):
            continue
        if key not in arguments and (value := _value(file, literal, attribute)) is not None:
            text += f"{key}="
            place = file.place(literal, attribute.start, len(attribute.name))
            arguments[key] = Argument(len(text), len(text) + len(value[0]), place, value[1])
            text += f"{value[0]}, "
    every = tuple(arguments.values())
    return Insertion(name.lineno, name.col_offset, name.end_col_offset or 0, f"{text}**{ANY})", every)


def _value(file: SiteFile, literal: Literal, attribute: Attribute) -> tuple[str, Place | None] | None:
    """The argument in Python, and where it is in the file; None if its type isn't known."""
    match attribute.value:
        case None:
            return "True", None
        case ():
            return "''", None
        case (str(text),):
            return repr(html.unescape(text)), None
        case (int(index),):
            shape, hole = literal.document.shapes[index], literal.holes.get(index)
            if hole is None or shape.spec is not Spec.NONE or shape.conversion is not None:
                return None
            if any(isinstance(node, _LEFT_OUT) for node in ast.walk(hole.value)):
                return None
            written = ast.get_source_segment(file.source, hole.value) or ""
            is_alone = not isinstance(hole.value, ast.Tuple)  # it may lack its parentheses
            if is_alone and written and "\n" not in written and written.isascii():
                return written, place_of(hole.value, file.path)
            return ast.unparse(hole.value), None
    return "str()", None
