"""The parameters of a dependency, as declarations of inputs."""

import ast
import builtins
import inspect
import sys
from annotationlib import Format, ForwardRef
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Final, get_origin

from starlette.requests import Request
from starlette.responses import Response

from hyperpy.exceptions import Place, RouteError
from hyperpy.pages.facts import Declaration, place_of
from hyperpy.pages.input_markers import NO_DEFAULT, DependsMarker, TextMarker
from hyperpy.pages.known_names import evaluate_aliases, has_marker, is_marker
from hyperpy.pages.loading.dependencies.dependency_kinds import Callee
from hyperpy.pages.loading.dependencies.function_source import Function, definition_of, fields_of
from hyperpy.pages.submitted_bodies import FromBody
from hyperpy.record_classes import record
from hyperpy.sessions import Session

_NONE: Final = inspect.Parameter.empty
_COLLECTING: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@record(frozen=True, slots=True)
class Parameter:
    """A parameter that is an input, or that has a default and is not."""

    name: str
    declaration: Declaration
    annotation: Any
    marker: Any
    """The marker that is its default value."""
    default: Any
    """`NO_DEFAULT` if it has none."""
    is_input: bool
    by_position: bool


@record(frozen=True, slots=True)
class Written:
    """Where a dependency and its parameters are written."""

    file: str
    line: int
    nodes: dict[str, ast.arg | ast.AnnAssign]

    @property
    def place(self) -> Place:
        return Place(self.file, self.line)


def written(callee: Callee, used: Place) -> Written:
    """`used` is where it is used, which stands for what has no source: a builtin, or code made at run time."""
    function, owner = callee.function, callee.owner
    definition = definition_of(function)
    if function is not None and definition is not None:
        return Written(function.__code__.co_filename, function.__code__.co_firstlineno, _arguments(definition))
    if owner is not None and (file := getattr(sys.modules.get(owner.__module__), "__file__", None)):
        return Written(file, getattr(owner, "__firstlineno__", 0), dict(fields_of(owner, file)))
    return Written(used.file, used.line, {})


def _arguments(definition: Function) -> dict[str, ast.arg | ast.AnnAssign]:
    arguments = definition.args
    return {node.arg: node for node in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def parameters_of(callee: Callee, source: Written, path: frozenset[str]) -> Iterator[Parameter]:
    """The parameters to pass; `path` are the parameters of the URL.

    Raises RouteError for a signature that can't be inspected, and for a parameter of unknown type.
    """
    try:
        signature = inspect.signature(callee.call, annotation_format=Format.FORWARDREF)
    except (ValueError, TypeError) as error:
        hint = "Write a function around it, with the parameters that it needs."
        raise RouteError(f"`{callee.name}` has no signature: {error}", place=source.place, hint=hint) from error
    for parameter in signature.parameters.values():
        if parameter.kind not in _COLLECTING:
            yield _parameter(parameter, callee, source, path)


def _parameter(parameter: inspect.Parameter, callee: Callee, source: Written, path: frozenset[str]) -> Parameter:
    node = _declared(parameter, source)
    marker = parameter.default if parameter.default is not _NONE and is_marker(parameter.default) else None
    default = NO_DEFAULT if parameter.default is _NONE or marker is not None else parameter.default
    if isinstance(marker, TextMarker | FromBody):
        marker, default = replace(marker, default=NO_DEFAULT), marker.default
    needs_type = not (isinstance(marker, DependsMarker) and marker.is_given)
    annotation = _annotation(parameter, callee, node, source) if needs_type else Any
    is_marked = marker is not None or has_marker(annotation) or is_marker(annotation)
    assert node.annotation is not None
    return Parameter(
        name=parameter.name,
        declaration=Declaration(
            name=parameter.name,
            annotation=node.annotation,
            node=node,
            default=None if default is NO_DEFAULT else ast.Constant(None),
            group=0,
            marked=is_marked,
            marker=None if marker is None else ast.Constant(None),
        ),
        annotation=annotation,
        marker=marker,
        default=default,
        is_input=is_marked or default is NO_DEFAULT or parameter.name in path or _comes_by_type(annotation),
        by_position=parameter.kind is inspect.Parameter.POSITIONAL_ONLY,
    )


def _comes_by_type(annotation: Any) -> bool:
    if annotation is Session or get_origin(annotation) is Session:
        return True
    return isinstance(annotation, type) and issubclass(annotation, (Request, Response))


def _declared(parameter: inspect.Parameter, source: Written) -> ast.arg | ast.AnnAssign:
    """The parameter in the source, with an annotation: the name of its type if the source has none."""
    node = source.nodes.get(parameter.name)
    if node is not None and node.annotation is not None:
        return node
    line, column = (node.lineno, node.col_offset) if node is not None else (max(source.line, 1), 0)
    written = inspect.formatannotation(parameter.annotation) if parameter.annotation is not _NONE else "str"
    end = column + len(parameter.name) if node is not None else 0
    found = ast.arg(parameter.name, ast.Name(written, ast.Load()))
    for part in (found, found.annotation):
        assert part is not None
        part.lineno = part.end_lineno = line
        part.col_offset, part.end_col_offset = column, end
    return found


def _annotation(parameter: inspect.Parameter, callee: Callee, node: ast.arg | ast.AnnAssign, source: Written) -> Any:
    """The evaluated annotation; `str` for a path parameter without one."""
    try:
        annotation = _evaluated(parameter.annotation, callee)
        evaluate_aliases(annotation)
    except Exception as error:
        what = f"the annotation of `{parameter.name}`, a parameter of {callee.name}(), can't be evaluated"
        hint = "Import what it names, also at run time and not only under `TYPE_CHECKING`."
        why = f"{what}: {type(error).__name__}: {error}"
        raise RouteError(why, place=place_of(node, source.file), hint=hint) from error
    return annotation


def _evaluated(annotation: Any, callee: Callee) -> Any:
    """The annotation with its strings evaluated, also inside `Annotated`."""
    scope = callee.function.__globals__ if callee.function else vars(sys.modules.get(callee.module, builtins))
    if isinstance(annotation, str):
        return _evaluated(eval(annotation, scope), callee)
    if isinstance(annotation, ForwardRef):
        return annotation.evaluate(globals=scope)
    if get_origin(annotation) is Annotated and isinstance(annotation.__origin__, ForwardRef):
        return Annotated[annotation.__origin__.evaluate(globals=scope), *annotation.__metadata__]
    return annotation
