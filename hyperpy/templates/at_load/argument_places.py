"""Where the tag of a component has an argument that the component doesn't take, for the errors of `hyper dev`."""

import ast
import linecache
from contextlib import suppress

from hyperpy.exceptions import ComponentError, Place, TemplateError
from hyperpy.templates.at_load.literals import Literals
from hyperpy.templates.at_load.locate import SourceText, locate
from hyperpy.templates.rendering.component_calls import python_name
from hyperpy.templates.syntax.literal_source import LiteralSource
from hyperpy.templates.syntax.nodes import Attribute, Component, walk


def mark_argument(error: ComponentError) -> None:
    """Move the place of an error from its tag to the wrong argument, if the source of the tag is known."""
    if not error.argument or error.place is None:
        return
    source = "".join(linecache.getlines(error.place.file))
    with suppress(SyntaxError, TemplateError):  # the file has changed since it was loaded
        error.place = _argument(SourceText(error.place.file, source), error.place, error.argument) or error.place


def _argument(text: SourceText, tag: Place, name: str) -> Place | None:
    for node in ast.walk(ast.parse(text.source)):
        if not isinstance(node, ast.TemplateStr):
            continue
        holes = [value for value in node.values if isinstance(value, ast.Interpolation)]
        places = [text.place(*text.span(hole.value)) for hole in holes]
        if tag not in places:
            continue
        document = Literals(text, frozenset())[node].document
        for component in walk(document.nodes):
            if isinstance(component, Component) and component.index == places.index(tag):
                for each in component.attributes:
                    if isinstance(each, Attribute) and python_name(each.name) == name:
                        part, offset = LiteralSource(document.strings, document.shapes).part(each.start)
                        return locate(text, node, part, offset, len(each.name))
    return None
