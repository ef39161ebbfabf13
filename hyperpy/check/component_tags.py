"""Tags of components whose attributes the component doesn't take, or that lack some, and slots in them.

`<{Layout}><nav slot="aside">` is for the slots of other template languages: here, only custom elements have slots.
"""

import ast
from collections.abc import Iterator

from markupsafe import Markup

from hyperpy.check.findings import Finding, Severity
from hyperpy.check.fragment_names import has_foreign_components
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.exceptions import display_path
from hyperpy.pages.known_names import MISSING
from hyperpy.templates.at_load.literals import Literal
from hyperpy.templates.rendering.component_calls import ComponentSignature, call_problem, python_name, signature_of
from hyperpy.templates.syntax.nodes import Attribute, Component, Hole, Spread, Tag, Text, walk


def check_components(files: SiteFiles) -> Iterator[Finding]:
    """Findings about the tags of components that are known when the site is loaded."""
    for file in files.files:
        for literal in file.literals:
            for node in walk(literal.document.nodes):
                if isinstance(node, Component) and (found := _check(file, literal, node)) is not None:
                    yield found


def _check(file: SiteFile, literal: Literal, tag: Component) -> Finding | None:
    hole = literal.holes.get(tag.index)
    signature = _signature(file, hole.value) if hole is not None else None
    if signature is None:
        return None
    names = [python_name(item.name) for item in tag.attributes if not isinstance(item, Spread)]
    spreads = len(names) < len(tag.attributes)
    problem = call_problem(signature, names, _content(tag), spreads=spreads)
    if problem is None:
        return None
    attributes = (each for each in tag.attributes if isinstance(each, Attribute))
    wrong = next((each for each in attributes if python_name(each.name) == problem.argument), None)
    place = file.place(literal, wrong.start, len(wrong.name)) if wrong else file.place(literal, tag.start + 1, 1)
    return Finding(Severity.ERROR, "component", problem.what, place, problem.hint)


def _content(tag: Component) -> Markup | None:
    """A placeholder for the content of a tag. It may be blank if it consists of values and white space."""
    if tag.children is None:
        return None
    certain = any(
        not isinstance(node, Text | Hole) or (isinstance(node, Text) and node.text.strip()) for node in tag.children
    )
    return Markup("…" if certain else "")


def _signature(file: SiteFile, expression: ast.expr) -> ComponentSignature | None:
    """The parameters of what an expression stands for; None if that is known only in a request."""
    component = file.vocabulary.value(expression)
    if component is not MISSING:
        return signature_of(component) if callable(component) else None
    if isinstance(expression, ast.Name) and expression not in file.parsed.local:
        for statement in file.parsed.tree.body:
            match statement:
                case ast.FunctionDef(name=expression.id, decorator_list=[]):
                    return _written_signature(file, statement) if expression.id in file.parsed.bound_once else None
    return None


def _written_signature(file: SiteFile, function: ast.FunctionDef) -> ComponentSignature:
    """The parameters of a function that is made for each request."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = [argument.arg for argument in positional[: len(positional) - len(arguments.defaults)]]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    only = tuple(argument.arg for argument in arguments.posonlyargs if argument.arg in required)
    return ComponentSignature(
        name=function.name,
        origin=f", from {display_path(file.path)}:{function.lineno}",
        takes=tuple(argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)),
        needs=(
            *(argument.arg for argument in arguments.args if argument.arg in required),
            *(argument.arg for argument, default in keywords if default is None),
        ),
        takes_any=arguments.kwarg is not None,
        positional_only=only,
    )


def check_slots(files: SiteFiles) -> Iterator[Finding]:
    """Findings about `slot="…"` inside of components, in files that can have no custom element around it."""
    for file in files.files:
        if "slot" not in file.source:
            continue
        reach = files.reach(file)
        if any(each.is_broken or _has_custom_elements(each) or has_foreign_components(each, files) for each in reach):
            continue
        for literal in file.literals:
            for component in walk(literal.document.nodes):
                if isinstance(component, Component):
                    for name, attribute in _slots(component):
                        what = f'components have no slots, so `slot="{name}"` does nothing'
                        hint = f'Pass it as an argument: <{{{component.expression}}} {name}={{t"…"}}>.'
                        yield Finding(
                            Severity.WARNING, "component", what, file.place(literal, attribute.start, 4), hint
                        )


def _slots(component: Component) -> Iterator[tuple[str, Attribute]]:
    """The attributes `slot` of the elements in a component, but not of those in another one inside of it."""
    for node in component.children or ():
        for item in node.attributes if isinstance(node, Tag) else ():
            if isinstance(item, Attribute) and item.name.lower() == "slot":
                name = item.value[0] if item.value else ""
                if isinstance(name, str) and name.isidentifier():
                    yield name, item


def _has_custom_elements(file: SiteFile) -> bool:
    """Whether a file has a custom element or a shadow root."""
    for literal in file.literals:
        for node in walk(literal.document.nodes):
            if isinstance(node, Tag) and ("-" in node.name or node.name.lower() == "template"):
                return True
    return False
