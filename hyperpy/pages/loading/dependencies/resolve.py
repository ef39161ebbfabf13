"""`Depends(f)` in a route file → a `Dependency`, with the inputs of `f` and what it depends on itself."""

from collections.abc import Callable, Hashable
from dataclasses import field, replace
from inspect import Signature
from typing import Any

from hyperpy.exceptions import Place, RouteError, display_path
from hyperpy.pages.facts import Declaration, place_of
from hyperpy.pages.input_markers import NO_DEFAULT
from hyperpy.pages.known_names import PublicNames
from hyperpy.pages.loading.annotations import checked_type
from hyperpy.pages.loading.dependencies.dependency_kinds import Callee, inspected
from hyperpy.pages.loading.dependencies.function_source import is_blocking
from hyperpy.pages.loading.dependencies.parameters import Parameter, Written, parameters_of, written
from hyperpy.pages.loading.inputs import Source, resolve_input
from hyperpy.pages.loading.resolved_inputs import Dependency, Input
from hyperpy.record_classes import record


@record(slots=True)
class DependencyResolver:
    """Resolves the dependencies of one route, each function once."""

    file: str
    """The route file."""
    parameters: frozenset[str]
    """The parameters of its URL."""
    below: frozenset[str]
    """The parameters of the routes behind a guard that are not in its own URL."""
    error_page: bool
    public: PublicNames
    resolved: dict[Hashable, Dependency] = field(default_factory=dict)
    open: dict[Hashable, str] = field(default_factory=dict)
    """The functions whose parameters are being resolved, outermost first."""

    @property
    def source(self) -> Source:
        return Source(self.parameters, self.error_page, self.depend)

    def depend(self, call: Callable[..., Any], declaration: Declaration, file: str) -> Dependency:
        """Raises RouteError for a parameter that can't be injected, and for a circle."""
        callee = inspected(call)
        if callee.key in self.open:
            raise self._circle(callee, declaration, file)
        if callee.key not in self.resolved:
            is_first = not self.open
            self.open[callee.key] = callee.name
            try:
                self.resolved[callee.key] = self._resolve(call, callee, place_of(declaration.node, file))
            except RouteError as error:
                if is_first:
                    used = f"{display_path(file)}:{declaration.node.lineno}"
                    error.hint = f"{error.hint}\n`{declaration.name}` at {used} depends on it.".lstrip()
                raise
            finally:
                del self.open[callee.key]
        return self.resolved[callee.key]

    def replacement(self, call: Callable[..., Any]) -> Dependency:
        """Another function in the place of a dependency of this route."""
        if not callable(call):
            raise TypeError(f"a dependency is overridden by a function, not by {call!r:.60}")
        return replace(self, resolved={}, open={})._resolve(call, inspected(call), Place(self.file))

    def _resolve(self, call: Callable[..., Any], callee: Callee, used: Place) -> Dependency:
        source = written(callee, used)
        parameters = list(parameters_of(callee, source, self.parameters))
        passed = [parameter for parameter in parameters if parameter.is_input or parameter.by_position]
        return Dependency(
            call=callee.call,
            original=call,
            key=callee.key,
            kind=callee.kind,
            inputs=tuple(self._input(parameter, callee, source) for parameter in passed if parameter.is_input),
            positional=tuple(parameter.name for parameter in passed if parameter.by_position),
            defaults={p.name: p.default for p in passed if p.default is not NO_DEFAULT},
            blocking=is_blocking(callee, self.public),
            name=callee.name,
            place=source.place,
        )

    def _input(self, parameter: Parameter, callee: Callee, source: Written) -> Input:
        declaration, place = parameter.declaration, place_of(parameter.declaration.node, source.file)
        name, annotation = parameter.name, parameter.annotation
        if annotation is Signature.empty:
            if name not in self.parameters and not declaration.marked:
                hint = f"Say where its value comes from: `{name}: str` is a query parameter, `{name} = Depends(…)` …"
                raise RouteError(f"the parameter `{name}` of {callee.name}() has no type", place=place, hint=hint)
            annotation = str
        if name in self.below and not declaration.marked:
            what = f"`{name}` is not in the path of the guard {display_path(self.file)}, but of routes below it"
            hint = f"Move the guard to the folder `{{{name}}}`, or mark a query parameter with Query()."
            raise RouteError(what, place=place, hint=hint)
        declared = checked_type(annotation, parameter.marker, declaration, source.file)
        return resolve_input(declaration, declared, source.file, self.source)

    def _circle(self, callee: Callee, declaration: Declaration, file: str) -> RouteError:
        names = list(self.open.values())
        around = [*names[list(self.open).index(callee.key) :], callee.name]
        what = f"these dependencies depend on each other: {' → '.join(around)}"
        hint = "Move what both need into a third function, and let both depend on that."
        return RouteError(what, place=place_of(declaration.node, file), hint=hint)
