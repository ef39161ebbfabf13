"""Values → HTML. A literal is parsed and compiled when it is first rendered, and cached by its strings."""

import sys
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from string.templatelib import Template
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from hyperpy.exceptions import ComponentError, Place, TemplateError
from hyperpy.lazy import LazyModule
from hyperpy.templates.deferred import DeferredValue, Show, current_placeholders, dismiss_all
from hyperpy.templates.escape import escape_str, exact, markup, new_str
from hyperpy.templates.escaping.tag_attributes import FixedAttributes, TagAttributes
from hyperpy.templates.escaping.value_kinds import (
    html_of,
    is_html,
    name_of,
    refuse_deferred,
    refuse_textless,
    refuse_unfit,
)
from hyperpy.templates.rendering.fragments import fragment
from hyperpy.templates.syntax.holes import SAFE_SPEC, HoleShape, Spec
from hyperpy.templates.syntax.problems import CallProblem, Problem, first_words
from hyperpy.tracebacks import raising_place

# For t-strings that weren't compiled when their file was loaded.
if TYPE_CHECKING:
    from hyperpy.templates.escaping import foreign
    from hyperpy.templates.rendering import codegen
    from hyperpy.templates.syntax import parser
    from hyperpy.templates.syntax.nodes import Document
else:
    foreign = LazyModule("hyperpy.templates.escaping.foreign")
    codegen = LazyModule("hyperpy.templates.rendering.codegen")
    parser = LazyModule("hyperpy.templates.syntax.parser")
_COMPILER: Final = {f"hyperpy.templates.{name}" for name in ("escaping.foreign", "rendering.codegen", "syntax.parser")}

type Key = tuple[str, ...] | tuple[tuple[str, ...], tuple[HoleShape, ...]]

# Cleared when full: literals are few, but Templates built at run time may not be.
CACHE_SIZE = 4096

_renderers: dict[Key, Callable[[Template], str]] = {}
_list_renderers: dict[tuple[str, ...], Callable[[list[Template]], str]] = {}


def html(value: object) -> Markup:
    """Render a t-string, and strip it; or any other value as an interpolation in text does.

    Raises TemplateError with the caller's file and line.
    """
    try:
        if type(value) is Template:
            # As `render_template` does, without a call: it would take a twentieth of the time of a fragment.
            text = (_renderers.get(value.strings) or _added(value))(value).strip()
        else:
            text = render_text(value)
        return new_str(Markup, text)
    except TemplateError as error:
        caller = sys._getframe(1)
        place = raising_place(error) or Place(caller.f_code.co_filename, caller.f_lineno)
        raise error.at(place) from error.__cause__


def render_template(template: Template) -> str:
    """Render a template. White space around it is kept."""
    try:
        render = _renderers[template.strings]
    except KeyError:
        render = _added(template)
    return render(template)


def _added(template: Template) -> Callable[[Template], str]:
    render = _renderers[template.strings] = _compiled(template)
    return render


def render_text(value: object) -> str:
    """Render a value as an interpolation in text does."""
    try:
        return _text(value)
    except Problem as problem:
        raise error_of(problem) from None


def _text(value: object) -> str:
    kind = type(value)
    if kind is str:
        return escape_str(value)  # type: ignore[arg-type]
    if kind is Template:
        return render_template(value)  # type: ignore[arg-type]
    if kind is list:
        return _items(value)  # type: ignore[arg-type]
    if value is None or kind is bool:
        return ""
    if kind is int or kind is float:
        return str(value)
    if is_html(value):
        return html_of(value)
    if isinstance(value, str):
        return escape_str(exact(str(value)))
    if isinstance(value, (Awaitable, AsyncIterable)):
        return _deferred(value, render_text)
    refuse_unfit(value)
    if isinstance(value, Iterable):
        return _items(list(value))
    refuse_textless(value)
    return escape_str(exact(str(value)))


def _deferred(value: Awaitable[object] | AsyncIterable[object], show: Show) -> str:
    """The placeholder of an async value. Only a rendering that is sent directly can wait."""
    places = current_placeholders()
    if places is None:
        refuse_deferred(value)
        raise AssertionError(value)
    return places.add(DeferredValue(value, show, name_of(value)))


def _items(values: list[object]) -> str:
    """Render the items of a list. Templates in it mostly come from the same literal, in a comprehension."""
    if not values or type(first := values[0]) is not Template:
        return "".join(map(_text, values))
    render_many = _list_renderers.get(first.strings)
    if render_many is None:
        render_many = _list_renderers[first.strings] = _compiled(first, many=True)
    return render_many(values)  # type: ignore[arg-type]


def _foreign(value: object, kind: str) -> str:
    """A value in SVG or MathML. What is awaited is checked when it is rendered."""
    if isinstance(value, (Awaitable, AsyncIterable)) and not is_html(value):
        return _deferred(value, partial(_render_foreign, kind=kind))
    return _text(value)


def _render_foreign(value: object, *, kind: str) -> str:
    try:
        return foreign.foreign_html(_text(value), kind)
    except Problem as problem:
        raise error_of(problem) from None


def _render_safe(value: object) -> str:
    """Render a value as `{value:safe}` in text does."""
    try:
        return _safe(value)
    except Problem as problem:
        raise error_of(problem) from None


def _safe(value: object) -> Markup:
    """The HTML of `{value:safe}`, which its author declares safe."""
    if is_html(value) or type(value) is Template:
        return markup(_text(value))
    if isinstance(value, str):
        return markup(exact(str(value)))
    if value is None or isinstance(value, bool):
        return markup("")
    if isinstance(value, (Awaitable, AsyncIterable)):
        return markup(_deferred(value, _render_safe))
    refuse_unfit(value)
    if isinstance(value, Iterable):
        return markup("".join(map(_safe, value)))
    refuse_textless(value)
    return markup(exact(str(value)))


def _spread(value: object) -> object:
    """A mapping of attributes with its t-strings rendered."""
    if isinstance(value, FixedAttributes) and value.html is not None:
        return value
    if isinstance(value, TagAttributes) and Template not in map(type, value.values()):
        return type(value)(value)
    if isinstance(value, Mapping):
        rendered = {
            name: Markup(render_template(item)) if type(item) is Template else item for name, item in value.items()
        }
        return type(value)(rendered) if isinstance(value, TagAttributes) else rendered
    refuse_deferred(value)
    return _safe(value) if type(value) is Template else value


def _string(value: object) -> str:
    """A value inside a component's argument or a fragment's name."""
    if value is None or isinstance(value, bool):
        return ""
    if type(value) is Template:
        return render_template(value)
    if not isinstance(value, str):
        refuse_unfit(value)
        refuse_textless(value)
    return exact(str(value))


def shapes_of(template: Template) -> tuple[HoleShape, ...]:
    return tuple(
        HoleShape(hole.expression, hole.conversion, Spec.evaluated(hole.format_spec), hole.value is fragment)
        for hole in template.interpolations
    )


def _again(template: Template) -> str:
    """Render a template whose strings are cached with other shapes: `{x}` and `{x!r}` have the same strings."""
    key = (template.strings, shapes_of(template))
    render = _renderers.get(key)
    if render is None:
        render = _renderers[key] = _compiled(template)
    return render(template)


def _compiled(template: Template, *, many: bool = False) -> Callable[[Any], str]:
    """Parse and compile a literal. Raises TemplateError."""
    for cache in (_renderers, _list_renderers):
        if len(cache) >= CACHE_SIZE:
            cache.clear()
    try:
        return _function(parser.parse(template.strings, shapes_of(template)), many=many)
    except Problem as problem:
        raise _located(problem, template) from None


def _function(document: Document, *, many: bool) -> Callable[[Any], str]:
    source, namespace = codegen.generate(document, codegen.MANY if many else codegen.ONE)
    namespace |= RUNTIME
    try:
        code = compile(source, f"<{document.words}>", "exec")
    except SyntaxError:  # Python's limit is 200 nested brackets, and each component takes five
        raise Problem(
            "components and fragments are nested too deeply in one t-string",
            "Move the inner ones into a separate component.",
        ) from None
    exec(code, namespace)  # noqa: S102  generated code: values are only constants and arguments
    made = namespace["render_many" if many else "render"]
    assert isinstance(made, FunctionType)
    return made


def import_compiler() -> None:
    """Import what compiles t-strings, so that the first request needn't."""
    for module in _COMPILER:
        import_module(module)


def is_compiler_imported() -> bool:
    return sys.modules.keys() >= _COMPILER


def error_of(problem: Problem, words: str = "") -> TemplateError:
    what = f"{problem.what}, in {words}" if words else problem.what
    if not isinstance(problem, CallProblem):
        return TemplateError(what, hint=problem.hint)
    error = ComponentError(what, hint=problem.hint)
    error.argument = problem.argument
    return error


def _located(problem: Problem, template: Template) -> TemplateError:
    dismiss_all(template)
    return error_of(problem, first_words(template.strings, [hole.expression for hole in template.interpolations]))


RUNTIME: Mapping[str, object] = {
    "AGAIN": _again,
    "ESCAPE": escape_str,
    "FOREIGN": _foreign,
    "ITEMS": _items,
    "LOCATED": _located,
    "MARKER": fragment,
    "PROBLEM": Problem,
    "SAFE": _safe,
    "SAFE_SPEC": SAFE_SPEC,
    "SPREAD": _spread,
    "STRING": _string,
    "TEMPLATE": Template,
    "TEXT": _text,
}
"""Functions and objects that generated code uses by these names. `Writer.name` names all others."""
