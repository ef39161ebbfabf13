"""The compiled form of a function that renders a t-string in place. It can be stored, as it holds no syntax tree."""

import builtins
from collections.abc import Callable, Mapping
from importlib import import_module
from types import BuiltinFunctionType, BuiltinMethodType, CodeType, FunctionType
from typing import Any, Final

from hyperpy.exceptions import TemplateError
from hyperpy.record_classes import record
from hyperpy.templates.at_load.locate import SourceText
from hyperpy.templates.deferred import dismiss_all
from hyperpy.templates.escape import text_functions
from hyperpy.templates.escaping.reports import ValueLocation
from hyperpy.templates.escaping.url_values import SAFE_TEXTS
from hyperpy.templates.rendering.component_calls import CallSite
from hyperpy.templates.rendering.render import RUNTIME, error_of
from hyperpy.templates.syntax.holes import Context, HoleMode
from hyperpy.templates.syntax.problems import Problem

type Holes = Mapping[tuple[int, int], tuple[int, int, str]]
"""By the line and byte column of each hole: where it ends, and the first words of its t-string, for messages."""

_KINDS: Final[Mapping[str, type[Context | HoleMode]]] = {kind.__name__: kind for kind in (Context, HoleMode)}
_ENCODING: Final = frozenset({f"hyperpy.templates.escaping.{name}" for name in ("bound_values", "script_values")})
"""The modules with functions that write values as JSON."""


@record(frozen=True, slots=True)
class InlineCode:
    """The code, the objects that it names besides those of `RUNTIME`, and the holes that it renders."""

    code: CodeType
    names: Mapping[str, object]
    holes: Holes

    def function(self, text: SourceText) -> FunctionType:
        """The function. `text` is the file that has the t-string."""
        # C code that imports a module, as strftime() does, looks up `__builtins__` in the globals of its caller.
        own = {"LOCATED": _locator(text, self.holes), "__builtins__": vars(builtins)}
        namespace = {**RUNTIME, **self.names, **own, **text_functions.get()}
        if any(value.__module__ in _ENCODING for value in self.names.values() if isinstance(value, FunctionType)):
            import_module("pydantic_core")  # instead of in the first request
        if "FOREIGN" in self.code.co_names:
            import_module("hyperpy.templates.escaping.foreign")
        return FunctionType(self.code, namespace)

    def data(self) -> tuple[object, ...]:
        """The same as plain data, for `marshal`."""
        return self.code, {name: _reference(value) for name, value in self.names.items()}, self.holes

    @classmethod
    def of(cls, data: tuple[Any, ...]) -> InlineCode:
        """What `data` has returned. Raises KeyError or AttributeError for names that no longer exist."""
        code, names, holes = data
        return cls(code, {name: _object(reference) for name, reference in names.items()}, holes)


def _reference(value: object) -> tuple[str, ...]:
    match value:
        case ValueLocation(words, tag, name, context):
            return "location", words, tag, name, context.name
        case Context() | HoleMode():
            return "kind", type(value).__name__, value.name
        case CallSite():
            return ("call",)
        case BuiltinMethodType(__self__=dict() as known):  # `get` of one of these
            kind = next(kind for kind, texts in SAFE_TEXTS.items() if texts is known)
            return "texts", type(kind).__name__, kind.name
    assert isinstance(value, FunctionType | BuiltinFunctionType)
    return "function", value.__module__, value.__qualname__


def _object(reference: tuple[str, ...]) -> object:
    match reference:
        case "function", module, name:
            return getattr(import_module(module), name)
        case "location", words, tag, name, context:
            return ValueLocation(words, tag, name, Context[context])
        case "kind", kind, name:
            return _KINDS[kind][name]
        case "texts", kind, name:
            return SAFE_TEXTS[_KINDS[kind][name]].get
    return CallSite()


def _locator(text: SourceText, holes: Holes) -> Callable[[Problem], TemplateError]:
    """Converts a Problem to a TemplateError. The traceback tells which hole was being rendered."""

    def located(problem: Problem) -> TemplateError:
        traceback = problem.__traceback__
        assert traceback is not None
        for value in traceback.tb_frame.f_locals.values():
            dismiss_all(value)
        positions = list(traceback.tb_frame.f_code.co_positions())
        line, _, column, _ = positions[traceback.tb_lasti // 2]
        start = (line or 0, column or 0)
        if start not in holes:
            return error_of(problem)
        *end, words = holes[start]
        return error_of(problem, words).at(text.place(text.position(*start), text.position(*end)))

    return located
