"""A loaded route, and how it is loaded."""

import ast
import linecache
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from hyperpy.exceptions import HyperError, Place, RouteError
from hyperpy.lazy import LazyModule
from hyperpy.pages.facts import LoadWarning, StreamFacts, place_of
from hyperpy.pages.loading.body.needs import body_needs, check_form_inputs
from hyperpy.pages.loading.compiled.code import CompiledBody, CompiledRoute, CompiledTemplate
from hyperpy.pages.loading.compiled.route_facts import Behaviour, RouteFacts
from hyperpy.pages.loading.hidden_names import PAGE
from hyperpy.pages.loading.missed_markers import check_missed_markers
from hyperpy.pages.loading.package import RoutesPackage
from hyperpy.pages.loading.resolved_inputs import Dependency, Input, prepared_inputs
from hyperpy.pages.loading.type_names import TypeNames
from hyperpy.pages.route_settings import RouteSettings, check_setting, size
from hyperpy.pages.submitted_bodies import BodyNeeds
from hyperpy.record_classes import record
from hyperpy.routing import ErrorPage, GuardFile, RouteFile
from hyperpy.tracebacks import line_in

if TYPE_CHECKING:
    from hyperpy.pages.analysis import parsed_file
    from hyperpy.pages.loading import inputs as declared_inputs
    from hyperpy.pages.loading.dependencies import resolve
    from hyperpy.pages.loading.imports import import_hints, module_members
else:
    parsed_file = LazyModule("hyperpy.pages.analysis.parsed_file")
    declared_inputs = LazyModule("hyperpy.pages.loading.inputs")
    resolve = LazyModule("hyperpy.pages.loading.dependencies.resolve")
    import_hints = LazyModule("hyperpy.pages.loading.imports.import_hints")
    module_members = LazyModule("hyperpy.pages.loading.imports.module_members")

type Resolver = resolve.DependencyResolver


@record(frozen=True, slots=True)
class Route:
    """Everything that a request to one route file needs."""

    file: str
    url: str
    definitions: dict[str, Any]
    """The module's namespace, copied for each request."""
    before: CodeType | None
    after: CodeType | None
    templates: tuple[CompiledTemplate, ...]
    loader: str
    answer_line: int
    stream: StreamFacts | None
    has_page: bool
    """Whether a request can reach one of the templates."""
    inputs: tuple[Input, ...]
    groups: Mapping[int, tuple[tuple[int, Input], ...]]
    """The inputs by block, each with its index; block 0 is the file itself."""
    methods: frozenset[str]
    page_methods: frozenset[str]
    """The methods for which it has a template; HEAD is GET."""
    allow: str
    unreferenced: tuple[str, ...]
    """Functions made for each request that no code refers to."""
    responds: bool
    immediate: bool
    """Whether it waits for nothing but a request's body, and calls nothing that may block."""
    settings: RouteSettings
    blocking: bool
    """Whether its body or page may block the event loop."""
    depends: bool
    """Whether some of its inputs are dependencies."""
    prepared: Mapping[str, tuple[tuple[int, Input], ...]]
    """By method, the inputs that are bound before the body runs, because some of them have to be awaited."""
    body_needs: Mapping[str, BodyNeeds]
    """By method, what the inputs read of the request's body."""
    max_body: int
    """The bytes that a request body may have; 0 if the application decides."""
    is_guard: bool
    by_method: Mapping[str, Route]
    """The route for methods that have a loader or stream of their own."""
    warnings: tuple[LoadWarning, ...]
    resolver: Resolver | None
    """The resolver of its dependencies, if it has any: tests override them."""
    static_paths: int
    """The line of `static_paths`; 0 if the file has none."""
    guards: tuple[Route, ...] = ()
    """The guards that run before it, outermost first."""

    @property
    def dependencies(self) -> Iterator[Dependency]:
        """All that its inputs depend on, directly or not."""
        for given in self.inputs:
            if given.dependency is not None:
                yield from given.dependency.each()

    @property
    def kind(self) -> str:
        if self.stream and self.templates:
            return "page+stream"
        if self.stream:
            return "html stream" if self.stream.begins_document else "stream"
        return "page" if self.templates else "response"


def load_route(
    file: RouteFile | ErrorPage | GuardFile, package: RoutesPackage, below: frozenset[str] = frozenset()
) -> Route:
    """Imports a route file as a module, and makes a route of it. `below` are the parameters of a guard's routes.

    Raises HyperError with its place for anything wrong with the file. An exception that its code raises becomes the
    cause of a RouteError.
    """
    path = str(file.path)
    try:
        module, facts, compiled = package.load(file)
    except HyperError as error:
        raise error.at(Place(path, line_in(error, path))) from error.__cause__
    except Exception as error:
        place = _place_of(error, path, package.folder)
        if isinstance(error, SyntaxError) and error.filename == place.file:  # of a private file
            raise parsed_file.unreadable(error, "".join(linecache.getlines(place.file)), place.file) from error
        hint = import_hints.import_hint(error, place.file) if isinstance(error, ImportError) else ""
        if "<class 'starlette.datastructures.UploadFile'>" in str(error):
            hint = "Import it from hyperpy: `from hyperpy import UploadFile`."
        if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
            hint = module_members.member_hint(error.obj, error.name or "")
        hint = hint or "Imports, definitions and `Final` names run when the file is loaded; they have to succeed there."
        what = f"loading it raised {type(error).__name__}: {_without_path(error)}"
        raise RouteError(what, place=place, hint=hint) from error
    definitions = module.__dict__
    parameters = frozenset() if isinstance(file, ErrorPage) else frozenset(file.parameters)
    _check_guarded_parameters(facts, below - parameters)
    types = TypeNames(facts, definitions)
    check_missed_markers(facts, types)
    inputs: tuple[Input, ...] = ()
    resolver = None
    if facts.declarations:
        resolver = resolve.DependencyResolver(
            path, parameters, below - parameters, isinstance(file, ErrorPage), package.execution.public
        )
        inputs = declared_inputs.resolve_inputs(facts, types, resolver.source)
        check_form_inputs(inputs, facts, definitions, is_route=isinstance(file, RouteFile))
    if compiled.page is not None:
        definitions[PAGE] = compiled.page
    settings = _settings(facts, definitions)
    url = file.url if isinstance(file, RouteFile) else ""
    is_guard = isinstance(file, GuardFile)
    route = _route(facts, compiled, definitions, inputs, settings, url, is_guard=is_guard)
    if route.loader or route.stream or route.responds or route.by_method:
        import_module("pydantic_core")  # their answers may be JSON: now, instead of in the first request
    return replace(route, resolver=resolver) if route.depends else route


def _without_path(error: Exception) -> str:
    """The message of an exception; that of an ImportError names the module, whose path says nothing more."""
    path = error.path or "unknown location" if isinstance(error, ImportError) else None
    return str(error).removesuffix(f" ({path})") if path else str(error)


def _check_guarded_parameters(facts: RouteFacts, below: frozenset[str]) -> None:
    """Raises RouteError if a guard takes from the query what its routes take from the path: visitors could choose."""
    for declaration in facts.declarations:
        if declaration.name in below and not declaration.marked:
            name = declaration.name
            raise RouteError(
                f"`{name}` is not in the path of this folder, but of routes below it",
                place=place_of(declaration.node, facts.file),
                hint=f"Move the guard to the folder `{{{name}}}`, or mark a query parameter with Query().",
            )


def _settings(facts: RouteFacts, namespace: Mapping[str, Any]) -> RouteSettings:
    """The values of the file's `route(…)`. Raises RouteError for an invalid one."""
    values: dict[str, Any] = {}
    for name, expression in facts.settings.items():
        place = place_of(expression, facts.file)
        try:
            code = compile(ast.Expression(expression), facts.file, "eval", dont_inherit=True)
            values[name] = check_setting(name, eval(code, dict(namespace)))
        except HyperError as error:
            raise error.at(place) from None
        except Exception as error:
            what = f"the setting `{name}` raised {type(error).__name__}: {error}"
            raise RouteError(what, place=place, hint="Write its value as a number or a text.") from error
    return RouteSettings(**values)


def _place_of(error: Exception, path: str, folder: Path) -> Place:
    """The last line of the routes folder that an error passed through, or of a module of the project that fails."""
    if isinstance(error, SyntaxError) and error.filename and _is_users(error.filename, folder):
        return Place(error.filename, error.lineno or 0)
    place = Place(path, line_in(error, path))
    for frame in traceback.extract_tb(error.__traceback__):
        is_import = frame.name == "<module>" and _is_users(frame.filename, folder)
        if is_import or Path(frame.filename).is_relative_to(folder):
            place = Place(frame.filename, frame.lineno or 0)
    return place


def _is_users(filename: str, folder: Path) -> bool:
    """Whether a file belongs to the routes folder or the working directory, and not to an environment in it."""
    file = Path(filename)
    if file.is_relative_to(folder):
        return True
    parts = file.relative_to(Path.cwd()).parts if file.is_relative_to(Path.cwd()) else (".",)
    return not any(part.startswith(".") or part == "site-packages" for part in parts)


def _route(
    facts: RouteFacts,
    compiled: CompiledRoute,
    definitions: dict[str, Any],
    inputs: tuple[Input, ...],
    settings: RouteSettings,
    url: str,
    *,
    is_guard: bool,
) -> Route:
    prepared, needs = prepared_inputs(inputs), body_needs(inputs)
    blocking = facts.usual.blocking or any(given.blocking for given in inputs)
    groups: dict[int, tuple[tuple[int, Input], ...]] = {}
    for index, given in enumerate(inputs):
        groups[given.group] = (*groups.get(given.group, ()), (index, given))
    route = Route(
        file=facts.file,
        url=url,
        definitions=definitions,
        before=compiled.body.before,
        after=compiled.body.after,
        templates=compiled.templates,
        loader=facts.usual.loader,
        answer_line=facts.usual.answer_line,
        stream=facts.usual.stream,
        has_page=facts.usual.has_page,
        inputs=inputs,
        groups=groups,
        methods=facts.methods,
        page_methods=facts.page_methods,
        allow=", ".join(sorted(facts.methods | {"OPTIONS"})),
        unreferenced=facts.usual.unreferenced,
        responds=facts.responds,
        immediate=not (facts.usual.loader or blocking or prepared),
        blocking=blocking,
        depends=any(given.dependency for given in inputs),
        prepared=prepared,
        body_needs=needs,
        is_guard=is_guard,
        settings=settings,
        max_body=size(settings.max_body) if settings.max_body else 0,
        by_method={},
        warnings=facts.warnings,
        resolver=None,
        static_paths=facts.static_paths,
    )
    own = {method: _with_body(route, facts.by_method[method], body) for method, body in compiled.by_method.items()}
    if "GET" in own:
        own["HEAD"] = own["GET"]
    return replace(route, by_method=own) if own else route


def _with_body(route: Route, behaviour: Behaviour, body: CompiledBody) -> Route:
    blocking = behaviour.blocking or (not behaviour.loader and any(given.blocking for given in route.inputs))
    return replace(
        route,
        before=body.before,
        after=body.after,
        loader=behaviour.loader,
        answer_line=behaviour.answer_line,
        stream=behaviour.stream,
        has_page=behaviour.has_page,
        unreferenced=behaviour.unreferenced,
        immediate=not (behaviour.loader or blocking or route.prepared),
        blocking=blocking,
    )
