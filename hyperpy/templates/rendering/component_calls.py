"""Calls of components. Each callable is inspected once.

Arguments are checked before the call, so that a TypeError from the call is always the component's own.
"""

import inspect
import keyword
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, FunctionType, MethodType
from weakref import WeakKeyDictionary

from markupsafe import Markup

from hyperpy.exceptions import did_you_mean, display_path
from hyperpy.record_classes import record
from hyperpy.templates.escaping.value_kinds import describe, refuse_deferred
from hyperpy.templates.syntax.problems import CallProblem

type Arguments = dict[str, object]


@record(frozen=True, slots=True)
class ComponentSignature:
    """The parameters of a component. `takes` are its keyword arguments, `needs` those without a default."""

    name: str
    origin: str
    takes: tuple[str, ...]
    needs: tuple[str, ...]
    takes_any: bool
    positional_only: tuple[str, ...]

    def __str__(self) -> str:
        parameters = [name if name in self.needs else f"{name}=…" for name in self.takes]
        return f"{self.name}({', '.join(parameters + ['**…'] * self.takes_any)})"

    def accepts(self, name: str) -> bool:
        return self.takes_any or name in self.takes

    @property
    def about(self) -> str:
        return f"Its signature is {self}{self.origin}."


class CallSite:
    """A component tag. It remembers the code object and the argument names of the last valid call: a function that is
    defined again in each request keeps its code.
    """

    __slots__ = ("code", "names")

    def __init__(self) -> None:
        self.code: CodeType | None = None
        self.names: frozenset[str] = frozenset()

    def call(self, component: object, arguments: Arguments, content: Markup | None) -> object:
        """The component's result. `content` is the rendered content between its tags."""
        if content is not None:
            if "children" in arguments:
                raise CallProblem(
                    f"`{_name(component)}` gets `children` as an attribute and as content", "Remove one of them."
                )
            arguments["children"] = content
        function = component if isinstance(component, FunctionType) else None
        if function and function.__code__ is self.code and arguments.keys() == self.names:
            return function(**arguments)
        if not callable(component):
            raise CallProblem(
                f"<{{…}}> must be a component, but {describe(component)} is not callable",
                "A component is a function or class that returns HTML: def Card(children, title): return t'…'.",
            )
        fitted = _fitted(signature_of(component), arguments, content)
        # The wrappers of a decorator share their code, but not the wrapped function, which is in their `__dict__`.
        if function and fitted.keys() == arguments.keys() and not function.__dict__:
            self.code, self.names = function.__code__, frozenset(arguments)
        return component(**fitted)


def keywords(value: object) -> Arguments:
    """The keyword arguments from a mapping that is spread over a component."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        refuse_deferred(value)
        raise CallProblem(f"`:**` spreads a mapping, not {describe(value)}")
    for name in value:
        if not isinstance(name, str):
            raise CallProblem(f"argument names must be str, not {describe(name)}")
    return {python_name(name): item for name, item in value.items()}


def call_problem(
    signature: ComponentSignature, names: Iterable[str], content: Markup | None, *, spreads: bool
) -> CallProblem | None:
    """The problem with a tag that passes these arguments. `spreads` means that it may pass others as well."""
    arguments: Arguments = dict.fromkeys(names)
    if content is not None:
        arguments["children"] = content
    if spreads:
        arguments |= dict.fromkeys(name for name in signature.needs if name not in arguments)
    try:
        _fitted(signature, arguments, content)
    except CallProblem as problem:
        return problem
    return None


def signature_of(component: Callable[..., object]) -> ComponentSignature:
    """The parameters of a component. Each callable is inspected once, as far as it can be remembered."""
    if isinstance(component, MethodType):
        return _inspect(component)
    try:
        return _signatures.get(component) or _signatures.setdefault(component, _inspect(component))
    except TypeError:  # a callable need not be hashable or weakly referenceable
        return _inspect(component)


def _fitted(signature: ComponentSignature, arguments: Arguments, content: Markup | None) -> Arguments:
    """The arguments adapted to the component: `class` may be its `class_`, and blank content is dropped."""
    fitted = dict(arguments)
    for name in arguments:
        if keyword.iskeyword(name) and f"{name}_" in signature.takes:
            fitted[f"{name}_"] = fitted.pop(name)
        elif name == "children" and content is not None and not content.strip() and not signature.accepts(name):
            del fitted[name]
    _check(signature, fitted, content)
    return fitted


def _check(signature: ComponentSignature, arguments: Arguments, content: Markup | None) -> None:
    if signature.positional_only:
        name = signature.positional_only[0]
        raise CallProblem(
            f"`{signature.name}` takes `{name}` by position only, but attributes are keyword arguments",
            f"Remove the `/` from its parameters. {signature.about}",
        )
    for name in arguments:
        if signature.accepts(name):
            continue
        if name == "children" and content is not None:
            raise CallProblem(
                f"`{signature.name}` accepts no content",
                "Give it a parameter `children`, and place {children} in its t-string where the content should appear."
                f" Without content, write <{{{signature.name}}} />. {signature.about}",
            )
        hint = f"{did_you_mean(name, signature.takes)} {signature.about}".lstrip()
        raise CallProblem(f"`{signature.name}` has no parameter `{name}`", hint, name)
    missing = [name for name in signature.needs if name not in arguments]
    if missing == ["children"]:
        raise CallProblem(
            f"`{signature.name}` needs content",
            f"Write <{{{signature.name}}}>…</{{{signature.name}}}>. {signature.about}",
        )
    if missing:
        names = " and ".join(f"`{name}`" for name in missing)
        raise CallProblem(f"`{signature.name}` needs {names}", signature.about)


_signatures: WeakKeyDictionary[Callable[..., object], ComponentSignature] = WeakKeyDictionary()


def _inspect(component: Callable[..., object]) -> ComponentSignature:
    name = _name(component)
    try:
        parameters = inspect.signature(component).parameters.values()
    except ValueError:  # some built-ins have no signature
        return ComponentSignature(name, "", (), (), True, ())
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return ComponentSignature(
        name=name,
        origin=_origin(component),
        takes=tuple(p.name for p in named),
        needs=tuple(p.name for p in named if p.default is p.empty),
        takes_any=any(p.kind is p.VAR_KEYWORD for p in parameters),
        positional_only=tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY and p.default is p.empty),
    )


def _name(component: object) -> str:
    target = getattr(component, "func", component)  # functools.partial
    name = getattr(target, "__name__", None)
    return name if isinstance(name, str) else type(component).__name__


def _origin(component: Callable[..., object]) -> str:
    """`, from file:line`, if the component is written in Python."""
    target: object = inspect.unwrap(getattr(component, "func", component))
    if not isinstance(target, (FunctionType, MethodType, type)):
        target = type(target)
    if isinstance(target, type):
        target = vars(target).get("__init__", vars(target).get("__call__"))
    code = getattr(target, "__code__", None)
    return f", from {display_path(code.co_filename)}:{code.co_firstlineno}" if code else ""


def python_name(name: str) -> str:
    """The keyword argument for an attribute of a component."""
    return name.replace("-", "_")
