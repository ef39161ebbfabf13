"""Other functions in the place of dependencies, for tests."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from starlette.types import ASGIApp

from hyperpy.app.hyper import Hyper
from hyperpy.exceptions import AnswerError, did_you_mean
from hyperpy.pages import Dependency
from hyperpy.pages.loading.route import Resolver

type Overrides = Mapping[Callable[..., Any], Callable[..., Any]]


@contextmanager
def overridden(app: ASGIApp, overrides: Overrides) -> Iterator[None]:
    """During the block, the routes of an application and of those mounted in it depend on other functions.

    Raises AnswerError for a function that no route depends on, and RouteError for a parameter of its replacement that
    can't be injected.
    """
    applications = list(_applications(app))
    used: set[int] = set()
    with ExitStack() as stack:
        for each in applications if overrides else ():
            stack.callback(setattr, each, "overrides", each.overrides)
            each.overrides = {**each.overrides, **_replaced(each, overrides, used)}
        for original in overrides:
            if id(original) not in used:
                raise _unused(original, applications)
        yield


def _applications(app: object) -> Iterator[Hyper]:
    if isinstance(app, Hyper):
        yield app
    for route in getattr(app, "routes", ()):
        if (mounted := getattr(route, "app", None)) is not None and mounted is not app:
            yield from _applications(mounted)


def _replaced(app: Hyper, overrides: Overrides, used: set[int]) -> dict[Dependency, Dependency]:
    replaced: dict[Dependency, Dependency] = {}
    for route in app.loaded_routes.files():
        if route.resolver is not None:
            _replace(route.dependencies, route.resolver, overrides, used, replaced)
    return replaced


def _replace(
    dependencies: Iterator[Dependency],
    resolver: Resolver,
    overrides: Overrides,
    used: set[int],
    replaced: dict[Dependency, Dependency],
) -> None:
    """A replacement may depend on what it replaces, which is not replaced there, and on other overridden functions."""
    for dependency in dependencies:
        for original, other in overrides.items():
            if dependency not in replaced and _is_same(original, dependency.original):
                used.add(id(original))
                replaced[dependency] = new = resolver.replacement(other)
                inner = {key: value for key, value in overrides.items() if key is not original}
                _replace(new.each(), resolver, inner, used, replaced)


def _is_same(original: Callable[..., Any], function: Callable[..., Any]) -> bool:
    """Whether a test means this function.

    A folder is loaded afresh for a test, so that its functions are other objects than those that the test imports.
    """
    if original is function or original == function:
        return True
    mine, other = getattr(original, "__code__", None), getattr(function, "__code__", None)
    is_module_level = "<locals>" not in getattr(original, "__qualname__", "<locals>")
    return is_module_level and (_identity(original) == _identity(function)) and _file(mine) == _file(other)


def _identity(function: object) -> tuple[object, object]:
    return getattr(function, "__module__", None), getattr(function, "__qualname__", function)


def _file(code: object) -> object:
    return getattr(code, "co_filename", None)


def _unused(original: object, applications: list[Hyper]) -> AnswerError:
    name = getattr(original, "__qualname__", repr(original))
    if not applications:
        return AnswerError("only a Hyper application has dependencies to override", hint="Pass the application itself.")
    routes = [route for app in applications for route in app.loaded_routes.files()]
    known = {dependency.name for route in routes for dependency in route.dependencies}
    listed = f"They depend on {', '.join(sorted(known))}." if known else "They have no dependencies."
    hint = f"{did_you_mean(name, known)} Pass the function that the routes pass to Depends(). {listed}".strip()
    return AnswerError(f"no route depends on {name}(), which a test overrides", hint=hint)
