"""Routes as they come from the cache of compiled files, and as far as they can be compared."""

from collections.abc import Callable
from pathlib import Path
from types import FunctionType

from hyperpy.app.loaded_routes import LoadedRoutes
from hyperpy.pages import Route

type Load = Callable[[Path], tuple[LoadedRoutes, set[str]]]


def facts(routes: LoadedRoutes) -> list[object]:
    """All of the loaded files that can be compared."""
    return [
        [entry.file, *_facts(entry), [_facts(guard) for guard in entry.guards]]
        if isinstance(entry, Route)
        else [entry.file, str(entry.error)]
        for entry in routes.entries
    ]


def _facts(route: Route) -> list[object]:
    names = {
        name: value.__code__ if name.startswith("_.") and isinstance(value, FunctionType) else type(value).__name__
        for name, value in route.definitions.items()
    }
    plain = {
        name: getattr(route, name)
        for name in Route.__slots__
        if name not in ("definitions", "inputs", "groups", "prepared", "body_needs", "by_method", "resolver", "guards")
    }
    inputs = [(given.name, given.origin, given.key, given.kind, given.group, given.methods) for given in route.inputs]
    return [plain, names, inputs, {method: _facts(own) for method, own in route.by_method.items()}]
