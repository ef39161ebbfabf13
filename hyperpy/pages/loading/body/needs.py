"""The parts of a request's body that a route reads, and inputs that no request could fill."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

from hyperpy.exceptions import RouteError
from hyperpy.pages.facts import Declaration, place_of
from hyperpy.pages.loading.compiled.route_facts import RouteFacts
from hyperpy.pages.loading.resolved_inputs import Input
from hyperpy.pages.submitted_bodies import BINDING_METHODS, BodyNeeds, FromBody

_BODILESS = frozenset({"GET", "HEAD", ""})
_METHODS = ("DELETE", "PATCH", "POST", "PUT", "")


def body_needs(inputs: Iterable[Input]) -> Mapping[str, BodyNeeds]:
    """By method, what its inputs and their dependencies read of the body. The empty method stands for others."""
    found: dict[str, BodyNeeds] = {}
    for given in inputs:
        needs = _needs(given)
        for method in _METHODS if needs else ():
            is_bound = method in BINDING_METHODS or not _is_only_form(given)
            if is_bound and (given.methods is None or method in given.methods):
                found[method] = found.get(method, BodyNeeds()) | needs
    return found


def _is_only_form(given: Input) -> bool:
    return all(marker.is_shown_again for marker in body_markers(given))


def _needs(given: Input) -> BodyNeeds:
    needs = BodyNeeds()
    for marker in body_markers(given):
        needs |= marker.needs
    return needs


def body_markers(given: Input) -> Iterator[FromBody]:
    """The markers of an input, and of what it depends on, that read the body."""
    if isinstance(given.marker, FromBody):
        yield given.marker
    for dependency in given.dependency.each() if given.dependency else ():
        yield from (each.marker for each in dependency.inputs if isinstance(each.marker, FromBody))


def check_form_inputs(
    inputs: Iterable[Input], facts: RouteFacts, definitions: Mapping[str, Any], *, is_route: bool
) -> None:
    """Raises RouteError for a form that is never submitted, and for a body that no request can have."""
    for declaration, given in zip(facts.declarations, inputs, strict=True):
        if not isinstance(given.marker, FromBody):
            continue
        if given.marker.is_shown_again:
            if is_route and not facts.methods & BINDING_METHODS:
                _check_submitted(declaration, facts)
            continue
        reached = given.methods is not None and bool(given.methods & _BODILESS)
        if reached and given.required and ("GET" in facts.methods or not is_route):
            hint = (
                "A GET request has no body. Write it under the flag of a method, or give it a default:\n\n"
                f"    if POST:\n        {ast.unparse(declaration.node)}"
            )
            if given.marker.needs.form and _is_model(given.kind, definitions):
                hint += f"\n\nIf the page shows the form again, write `{declaration.name}: Form[{given.kind}]`."
            what = f"`{declaration.name}` would be missing from every GET request"
            raise RouteError(what, place=place_of(declaration.node, facts.file), hint=hint)


def _is_model(kind: str, definitions: Mapping[str, Any]) -> bool:
    """Whether a type is a model, by the name or dotted name that the file writes for it."""
    name, *attributes = kind.split(".")
    found = definitions.get(name)
    for attribute in attributes:
        found = getattr(found, attribute, None)
    return isinstance(found, type) and (hasattr(found, "__pydantic_fields__") or is_dataclass(found))


def _check_submitted(declaration: Declaration, facts: RouteFacts) -> None:
    name = declaration.name
    if place := facts.submitted.get(name):
        hint = f"Import POST, and write `if POST and {name}.ok:`."
        what = f"`{name}` is never submitted: this file answers no POST, PUT or PATCH"
        raise RouteError(what, place=place, hint=hint)
