"""Document → source of a Python function that renders every Template of the literal.

The function checks that a template's interpolations have the shapes that the literal was parsed with: its strings alone
don't determine its meaning. Then it returns the f-string that `Writer` writes.
"""

from hyperpy.templates.rendering.expressions import Expression, f_string
from hyperpy.templates.rendering.writer import Writer
from hyperpy.templates.syntax.holes import HoleShape, Spec
from hyperpy.templates.syntax.nodes import Document

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

# Most lists have items of one literal, from a comprehension. From the first other item on, each is rendered by itself.
MANY = """\
def render_many(templates):
    strings = templates[0].strings
    texts = []
    for template in templates:
        if type(template) is not TEMPLATE or template.strings is not strings:
            break
        try:
            {unpack} = template.interpolations
            if {guard}:
                break
{values}
            texts.append({result})
        except PROBLEM as problem:
            raise LOCATED(problem, template) from None
    else:
        return {joined}
    return ({joined} if texts else '') + ''.join(map(TEXT, templates[len(texts):]))
"""


# The difference that makes a format spec another one than expected.
_OTHER_SPECS = {
    Spec.NONE: "{0}",
    Spec.FORMAT: "{0} in ('', '**') or {0} is SAFE_SPEC",
    Spec.SAFE: "{0} is not SAFE_SPEC",
    Spec.SPREAD: "{0} != '**'",
}


def generate(document: Document, form: str = ONE) -> tuple[str, dict[str, object]]:
    """The source, and the objects that it names besides those of `render.RUNTIME`. `form` is ONE or MANY."""
    writer = Writer(document.words)
    indent = " " * (8 if form is ONE else 12)
    shapes = document.shapes
    checked = sorted(document.uses.keys() | document.named)
    values = {index: prepared(f"i{index}.value", shapes[index], f"i{index}.format_spec") for index in document.uses}
    if form is ONE:
        result, joined = writer.rendering(document.nodes), ""
    else:
        before, result, after = writer.parts(document.nodes)
        joined = f_string((before, Expression(f"{after + before!r}.join(texts)"), after))
    source = form.format(
        unpack=" ".join(f"i{index}," if index in checked else "_," for index in range(len(shapes))) or "_",
        guard=" or ".join(_guard(index, shapes[index], index in document.named) for index in checked) or "False",
        values="\n".join(f"{indent}v{index} = {values[index]}" for index in sorted(values)),
        result=result,
        joined=joined,
    )
    return source, writer.namespace


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
    conversion = f"!= {shape.conversion!r}" if shape.conversion else "is not None"
    checks = [f"{hole}.conversion {conversion}"]
    checks.append(_OTHER_SPECS[shape.spec].format(f"{hole}.format_spec"))
    if is_named and shape.is_marker:
        checks.append(f"{hole}.value is not MARKER")
    elif is_named and shape.spec is not Spec.SPREAD:
        checks.append(f"{hole}.value is MARKER or {hole}.expression != {shape.expression!r}")
    return " or ".join(checks)
