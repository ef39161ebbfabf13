"""Document → source of a Python function that renders every Template of the literal.

The function checks that a template's interpolations have the shapes that the literal was parsed with: its strings alone
don't determine its meaning. Then it returns the f-string that `Writer` writes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from string.templatelib import Template
from typing import NamedTuple

from markupsafe import Markup

from hyperpy.exceptions import TemplateError
from hyperpy.templates.rendering.fragments import fragment
from hyperpy.templates.rendering.writer import Writer
from hyperpy.templates.syntax.nodes import Document, HoleShape, Spec
from hyperpy.templates.syntax.problems import Problem

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


class Runtime(NamedTuple):
    """Functions of `render` that generated code calls, by their names there.

    All other functions are named by `Writer.name`.
    """

    AGAIN: Callable[[Template], str]
    LOCATED: Callable[..., TemplateError]
    SAFE: Callable[[object], Markup]
    SPREAD: Callable[[object], object]
    STRING: Callable[[object], str]
    TEXT: Callable[[object], str]

    def namespace(self) -> dict[str, object]:
        return {**self._asdict(), "MARKER": fragment, "PROBLEM": Problem, "TEMPLATE": Template}


@dataclass(frozen=True, slots=True)
class Code:
    """Generated source, and the objects that it names besides those of `Runtime`."""

    source: str
    namespace: dict[str, object]


def generate(document: Document, form: str = ONE) -> Code:
    """`form` is ONE or MANY."""
    writer = Writer(document.words)
    indent = " " * (8 if form is ONE else 12)
    shapes = dict(enumerate(document.shapes))
    checked = sorted(document.uses.keys() | document.named)
    source = form.format(
        unpack=" ".join(f"i{index}," if index in checked else "_," for index in shapes) or "_",
        guard=" or ".join(_guard(index, shapes[index], index in document.named) for index in checked) or "False",
        values="\n".join(f"{indent}v{index} = {_value(index, shapes[index])}" for index in sorted(document.uses)),
        result=writer.rendering(document.nodes),
    )
    return Code(source, writer.namespace)


def _value(index: int, shape: HoleShape) -> str:
    return prepared(f"i{index}.value", shape, f"i{index}.format_spec")


def prepared(value: str, shape: HoleShape, spec: str) -> str:
    """The value to render: converted, formatted or marked as HTML. `spec` is Python code for the format spec."""
    if shape.conversion:
        value = f"{ {'r': 'repr', 's': 'str', 'a': 'ascii'}[shape.conversion] }({value})"
    if shape.spec is Spec.FORMAT:
        return f"format({value}, {spec})"
    return f"SAFE({value})" if shape.spec is Spec.SAFE else value


def _guard(index: int, shape: HoleShape, is_named: bool) -> str:
    """True if the interpolation differs from what the literal was parsed with. Likely and cheap checks come first."""
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
