"""The inputs of a route that are secret by their types, such as pydantic's SecretStr."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from hyperpy.forms.shapes import Kind, Shape
from hyperpy.pages import Route
from hyperpy.pages.loading.resolved_inputs import Input

DEEPEST: Final = 5  # a model may contain itself


def declared_secrets(route: Route) -> Iterator[str]:
    """Names of fields, query parameters and the like; of a nested field, its last part."""
    for given in inputs_of(route):
        if "Secret" in given.kind:
            yield given.key
        marker = given.marker
        form = getattr(marker, "model", None) or getattr(marker, "input", None)
        shape = getattr(form, "shape", None)
        if isinstance(shape, Shape):
            yield from _secret_fields(shape)
            if shape.is_secret:
                yield given.key


def inputs_of(route: Route) -> Iterator[Input]:
    """Its own, those of its guards, and those of what they depend on."""
    routes = (*route.guards, route, *route.by_method.values())
    for each in routes:
        yield from chain(each.inputs, *(dependency.inputs for dependency in each.dependencies))


def _secret_fields(shape: Shape, depth: int = 0) -> Iterator[str]:
    if depth > DEEPEST:
        return
    for name, field in shape.fields.items():
        if field.shape.is_secret:
            yield from {name, *(path[-1] for path in field.paths)}
        yield from _secret_fields(field.shape, depth + 1)
    inner = shape.items if shape.kind is Kind.LIST else (shape.values,) if shape.kind is Kind.MAPPING else ()
    for each in inner:
        yield from _secret_fields(each, depth + 1)
