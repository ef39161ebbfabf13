"""What loading needs to know of a `Description` once the file is compiled: little, and without most of its tree."""

import ast
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from hyperpy.exceptions import Place
from hyperpy.pages.facts import Declaration, LoadWarning, StreamFacts
from hyperpy.pages.loading.compiled.syntax_data import tree_from_data
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class Behaviour:
    """What the loader and the stream of a method make of the file."""

    loader: str
    answer_line: int
    """Where the loader gives its answer, for errors."""
    stream: StreamFacts | None
    has_page: bool
    """Whether a request can reach one of the templates."""
    blocking: bool
    """Whether its body or page may block the event loop."""
    unreferenced: tuple[str, ...]
    """Functions made for each request that no code of the file refers to, such as the loader and the stream."""


@record(frozen=True)
class RouteFacts:
    file: str
    methods: frozenset[str]
    """The methods that the route answers; HEAD comes with GET."""
    page_methods: frozenset[str]
    """The methods for which it has a template."""
    responds: bool
    """Whether it can have an explicit answer."""
    usual: Behaviour
    by_method: Mapping[str, Behaviour]
    """The same for the methods whose loader or stream stands under a flag."""
    warnings: tuple[LoadWarning, ...]
    """What works, but probably not as it is meant."""
    submitted: Mapping[str, Place]
    """By input: the first place that reads `ok` or `data` of it, as of a form."""
    makers: frozenset[str]
    """The functions of the file that return an input marker."""
    static_paths: int
    """The line of its `static_paths`; 0 if it has none."""
    declaration_data: tuple[Any, ...]
    unknown_data: tuple[Any, ...]
    type_data: Mapping[str, Any]
    setting_data: Mapping[str, Any]

    @cached_property
    def declarations(self) -> tuple[Declaration, ...]:
        return tuple(Declaration(*map(_from_data, fields)) for fields in self.declaration_data)

    @cached_property
    def unknown(self) -> tuple[ast.AnnAssign, ...]:
        """The annotations at module level that, as far as analysis can see, are not inputs."""
        return tuple(map(tree_from_data, self.unknown_data))

    @cached_property
    def settings(self) -> Mapping[str, ast.expr]:
        """The arguments of its `route(…)`."""
        return {name: tree_from_data(data) for name, data in self.setting_data.items()}

    def own_types(self) -> dict[str, ast.expr]:
        """What may be a type, of the names that are assigned once."""
        return {name: tree_from_data(data) for name, data in self.type_data.items()}

    def data(self) -> tuple[object, ...]:
        """The facts as plain data, for `marshal`."""
        return (
            self.methods,
            self.page_methods,
            self.responds,
            _behaviour_data(self.usual),
            {method: _behaviour_data(each) for method, each in self.by_method.items()},
            tuple((each.what, _place_data(each.place), each.hint) for each in self.warnings),
            {name: _place_data(place) for name, place in self.submitted.items()},
            self.makers,
            self.static_paths,
            self.declaration_data,
            self.unknown_data,
            self.type_data,
            self.setting_data,
        )

    @classmethod
    def of(cls, data: tuple[Any, ...], file: str) -> RouteFacts:
        """What `data` has returned."""
        methods, page_methods, responds, usual, by_method, warnings, submitted, *rest = data
        return cls(
            file,
            methods,
            page_methods,
            responds,
            _behaviour(usual),
            {method: _behaviour(each) for method, each in by_method.items()},
            tuple(LoadWarning(what, Place(file, *place), hint) for what, place, hint in warnings),
            {name: Place(file, *place) for name, place in submitted.items()},
            *rest,
        )


def _behaviour_data(behaviour: Behaviour) -> tuple[object, ...]:
    b, stream = behaviour, behaviour.stream
    facts = stream and (stream.name, stream.line, stream.begins_document, stream.first_is_html, stream.yields_event)
    return b.loader, b.answer_line, facts, b.has_page, b.blocking, b.unreferenced


def _behaviour(data: tuple[Any, ...]) -> Behaviour:
    loader, line, stream, *rest = data
    return Behaviour(loader, line, StreamFacts(*stream) if stream else None, *rest)


def _place_data(place: Place) -> tuple[int, int, int]:
    return place.line, place.column, place.width


def _from_data(field: Any) -> Any:
    return tree_from_data(field) if type(field) is tuple else field
