"""A route that is loaded and ready to answer, and how it is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from hyperpy.exceptions import HyperError, Place, RouteError
from hyperpy.pages.analysis.analyse import analyse
from hyperpy.pages.analysis.description import Description, StreamFacts
from hyperpy.pages.loading.compiler import (
    CompiledRoute,
    CompiledTemplate,
    Definitions,
    compile_definitions,
    compile_private,
    compile_route,
)
from hyperpy.pages.loading.hidden_names import PAGE
from hyperpy.pages.loading.inputs import Input, resolve_inputs
from hyperpy.pages.loading.package import RoutesPackage, read_source
from hyperpy.pages.loading.runtime import HELPERS, RENDERERS


@dataclass(frozen=True, slots=True)
class Route:
    """Everything that a request to one route file needs."""

    file: str
    url: str
    definitions: dict[str, Any]
    """The module's namespace; each request gets a copy."""
    before: CodeType | None
    after: CodeType | None
    templates: tuple[CompiledTemplate, ...]
    loader: str
    stream: StreamFacts | None
    inputs: tuple[Input, ...]
    groups: Mapping[int, tuple[tuple[int, Input], ...]]
    """The inputs by block, each with its index; block 0 is the file itself."""
    methods: frozenset[str]
    allow: str
    unreferenced: tuple[str, ...]
    """Functions of the request that no code names."""
    responds: bool
    immediate: bool
    """It has no loader and calls nothing that might block: it is answered without waiting for anything."""

    @property
    def kind(self) -> str:
        if self.stream and self.templates:
            return "page+stream"
        if self.stream:
            return "html stream" if self.stream.begins_document else "stream"
        return "page" if self.templates else "response"


def new_package(folder: Path) -> RoutesPackage:
    """The Python package of a routes folder, registered."""
    package = RoutesPackage(folder, _definitions)
    package.register()
    return package


def load_route(
    path: Path,
    module: str,
    package: RoutesPackage,
    *,
    url: str,
    parameters: tuple[str, ...] = (),
    error_page: bool = False,
) -> Route:
    """Reads, analyses, compiles and imports a route file.

    Raises HyperError, with the file and mostly the line, for whatever is wrong with it; an exception of the file's own
    code becomes the cause of a RouteError.
    """
    file = str(path)
    source = read_source(path)
    names = frozenset(parameters)
    description = analyse(source, file, names, any_method=error_page)
    compiled = compile_route(description, package.rewrite_imports)
    loaded = package.new_module(module, path)
    loaded.__dict__.update({**RENDERERS, **compiled.functions})
    _execute(compiled.once, loaded.__dict__, path)
    inputs = resolve_inputs(description, loaded.__dict__, names, error_page=error_page)
    loaded.__dict__.update(HELPERS)
    if compiled.page is not None:
        loaded.__dict__[PAGE] = compiled.page
    return _route(description, compiled, loaded.__dict__, inputs, url)


def _route(
    description: Description, compiled: CompiledRoute, definitions: dict[str, Any], inputs: tuple[Input, ...], url: str
) -> Route:
    groups: dict[int, tuple[tuple[int, Input], ...]] = {}
    for index, given in enumerate(inputs):
        groups[given.group] = (*groups.get(given.group, ()), (index, given))
    return Route(
        file=description.file,
        url=url,
        definitions=definitions,
        before=compiled.before,
        after=compiled.after,
        templates=compiled.templates,
        loader=description.loader,
        stream=description.stream,
        inputs=inputs,
        groups=groups,
        methods=description.methods,
        allow=", ".join(sorted(description.methods | {"OPTIONS"})),
        unreferenced=description.unreferenced,
        responds=description.responds,
        immediate=not (description.loader or description.blocking),
    )


def _execute(code: CodeType, namespace: dict[str, Any], path: Path) -> None:
    try:
        exec(code, namespace)
    except HyperError:
        raise
    except Exception as error:
        place = Place(str(path), _line_in(error, str(path)))
        hint = "Imports, definitions and `Final` names run when the file is loaded; they have to succeed there."
        raise RouteError(f"loading it raised {type(error).__name__}: {error}", place=place, hint=hint) from error


def _line_in(error: BaseException, file: str) -> int:
    """The last line of the file that the traceback passes through; 0 if it does not."""
    line, traceback = 0, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _definitions(source: str, path: Path, package: RoutesPackage) -> Definitions:
    """What a file gets that imports this one: all of a private file, and of a route file what runs once."""
    if path.name.startswith("_"):
        code, functions = compile_private(source, str(path), package.rewrite_imports)
    else:
        code, functions = compile_definitions(analyse(source, str(path)), package.rewrite_imports)
    return code, {**RENDERERS, **functions}
