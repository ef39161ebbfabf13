"""Streams that keep what a generator dependency opens, such as a database connection, until their clients leave."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from hyperpy.channels import channel
from hyperpy.exceptions import Place, display_path
from hyperpy.pages import LoadWarning, Route
from hyperpy.pages.facts import StreamFacts, place_of
from hyperpy.pages.loading.resolved_inputs import Dependency, DependencyKind, Input
from hyperpy.streams import poll

_GENERATORS = frozenset({DependencyKind.CONTEXT, DependencyKind.ASYNC_CONTEXT})


def stream_warnings(files: Iterable[Route]) -> Iterator[LoadWarning]:
    """Warnings about the inputs of streams and of their guards that depend on generators.

    A stream that reads its input and may end by itself, such as an export, may need what the generator keeps open.
    """
    seen: set[tuple[str, str, int]] = set()
    for route in files:
        for stream, methods in _streams(route).items():
            for file in (*route.guards, route):
                for given, generator in _held(file, methods):
                    key = (file.file, given.name, given.group)
                    is_own = file is route
                    if key not in seen and not (is_own and _may_need(given.name, stream, route)):
                        seen.add(key)
                        yield _warning(given, generator, file, route)


def _streams(route: Route) -> dict[StreamFacts, set[str]]:
    """The streams of a file that aren't pages sent in parts, each with the methods that it answers."""
    found: dict[StreamFacts, set[str]] = {}
    for method in route.methods:
        stream = route.by_method.get(method, route).stream
        if stream is not None and not stream.begins_document:
            found.setdefault(stream, set()).add(method)
    # Without a method of its own, a stream is what an EventSource gets.
    return {stream: {"GET"} & methods or methods for stream, methods in found.items()}


def _held(file: Route, methods: set[str]) -> Iterator[tuple[Input, Dependency]]:
    """The inputs that requests with one of these methods always bind, with a generator that each depends on."""
    for given in file.inputs:
        if given.dependency is None or given.methods is None or given.methods.isdisjoint(methods):
            continue
        if generator := next((each for each in given.dependency.each() if each.kind in _GENERATORS), None):
            yield given, generator


def _may_need(name: str, stream: StreamFacts, route: Route) -> bool:
    """Whether a stream reads an input, and doesn't go on for as long as its client stays."""
    functions = (node for node in ast.walk(_tree(route)) if isinstance(node, ast.AsyncFunctionDef))
    own = next((node for node in functions if (node.name, node.lineno) == (stream.name, stream.line)), None)
    if own is None:
        return True
    reads = any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(own))
    return reads and not any(_is_endless(node, route) for node in ast.walk(own))


def _is_endless(node: ast.AST, route: Route) -> bool:
    match node:
        case ast.While(test=ast.Constant(value=value)) if value:
            return not any(isinstance(inner, ast.Break | ast.Return) for inner in ast.walk(node))
        case ast.AsyncFor(iter=source):
            names = (inner.id for inner in ast.walk(source) if isinstance(inner, ast.Name))
            return any(route.definitions.get(name) in (channel, poll) for name in names)
    return False


def _warning(given: Input, generator: Dependency, file: Route, route: Route) -> LoadWarning:
    subject = "the stream" if file is route else f"the stream in {display_path(route.file)}"
    what = f"{subject} keeps what the generator `{generator.name}` opens until its client leaves"
    assert given.dependency is not None
    if given.dependency is not generator:
        rest = f"let `{given.dependency.name}` open its own and close it before it returns"
    elif file is route:
        rest = "let the stream open its own for each step"
    else:
        rest = "let the guard open its own in a `with` statement"
    return LoadWarning(what, _place(given, file), f"Declare it under `if POST:`, or {rest}.")


def _place(given: Input, file: Route) -> Place:
    """Where a file declares an input, or calls `Depends(…)` for one without a name."""
    assert given.dependency is not None
    for node in ast.walk(_tree(file)):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) if name == given.name:
                return place_of(node, file.file)
            case ast.Expr(value=ast.Call(args=[ast.Name(id=name), *_]) as call):
                if file.definitions.get(name) is given.dependency.original:
                    return place_of(call, file.file)
    return Place(file.file)


def _tree(file: Route) -> ast.Module:
    return ast.parse(Path(file.file).read_bytes())
