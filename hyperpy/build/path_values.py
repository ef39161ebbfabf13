"""Runs the `static_paths` of a route file: the values of its parameters → the paths of its pages."""

import ast
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from inspect import isawaitable
from typing import Any

from hyperpy.exceptions import HyperError, Place, RouteError, URLError
from hyperpy.pages import Route, RouteLoader
from hyperpy.pages.analysis.inputs.static_paths_statement import STATIC_PATHS, take_static_paths
from hyperpy.routing import URLProblem
from hyperpy.routing.urls import build_path, parameters
from hyperpy.web.site_urls import parameter_text

_EXAMPLE = "Each item is a dict with a value for every parameter of the URL"


async def static_paths(route: Route) -> tuple[list[str], list[RouteError]]:
    """The percent-encoded paths of a route's pages, and the errors of the items that are not valid.

    Raises what the user's code raises.
    """
    place = Place(route.file, route.static_paths)
    try:
        items = await _items(_value(route))
    except HyperError as error:
        return [], [RouteError(error.what, place=error.place or place, hint=error.hint)]
    paths: dict[str, None] = {}
    errors: list[RouteError] = []
    for item in items:
        found = _path(route, item)
        if isinstance(found, URLProblem):
            errors.append(RouteError(found.what, place=place, hint=found.hint))
        elif found in paths:
            hint = "Each page is built once: leave one of them out."
            errors.append(RouteError(f"`static_paths` has {found} twice", place=place, hint=hint))
        else:
            paths[found] = None
    return list(paths), errors


def _value(route: Route) -> object:
    """The value of `static_paths`, or what it returns."""
    loader = route.definitions["__loader__"]
    assert isinstance(loader, RouteLoader)
    tree = ast.parse(loader.source, route.file)
    statement = take_static_paths(tree, route.file)
    namespace: dict[str, Any] = dict(route.definitions)
    if statement is not None:
        module = loader.package.execution.imported.rewrite(ast.Module([statement], []))
        exec(compile(module, route.file, "exec", dont_inherit=True), namespace)
    value = namespace[STATIC_PATHS]
    return value() if callable(value) else value


async def _items(value: object) -> list[object]:
    """Raises RouteError for what can't be iterated."""
    if isawaitable(value):
        value = await value
    if isinstance(value, AsyncIterable):
        return [item async for item in value]
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return list(value)
    hint = f"Make it a list, or a function that returns or yields the items. {_EXAMPLE}."
    raise RouteError(f"`static_paths` is a {type(value).__name__}, not a list", hint=hint)


def _path(route: Route, item: object) -> str | URLProblem:
    names = parameters(route.url)
    example = "{" + ", ".join(f'"{name}": …' for name in sorted(names)) + "}"
    if not isinstance(item, Mapping):
        return URLProblem(f"`static_paths` has {item!r:.60}, which is not a dict", f"{_EXAMPLE}: {example}.")
    for problem, differing in (("lacks", names - item.keys()), ("has an unknown", item.keys() - names)):
        if differing:
            named = ", ".join(sorted(f"`{name}`" for name in differing))
            return URLProblem(
                f"an item of `static_paths` {problem} {named}: {dict(item)!r:.100}", f"{_EXAMPLE}: {example}."
            )
    try:
        texts = {name: parameter_text(name, item[name]) for name in names}
    except URLError as error:
        return URLProblem(f"`static_paths`: {error.what.removeprefix('url(): ')}", error.hint)
    if problems := list(_unwritable(route.url, texts)):
        return problems[0]
    path = build_path(route.url, texts)
    if path is None:
        return URLProblem(
            f"`static_paths` has {texts}, which no URL can have", "Empty parts, `.`, `..` and NUL can't be in one."
        )
    return path


def _unwritable(url: str, texts: Mapping[str, str]) -> Iterator[URLProblem]:
    """A slash in `{name}` is `%2F` in the URL, which servers of files read as a folder."""
    for name, text in texts.items():
        if "/" in text and f"{{...{name}}}" not in url:
            hint = f"Name the file `{{...{name}}}.py` to take several segments."
            yield URLProblem(f"`static_paths` has a slash in `{name}`: {text!r:.80}", hint)
        elif "\\" in text:
            yield URLProblem(f"`static_paths` has a backslash in `{name}`: {text!r:.80}", "Not all hosts can store it.")
