"""What loading needs to know of a `Description` once the file is compiled: little, and without most of its tree."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hyperpy.exceptions import Place
from hyperpy.pages.analysis.analyse import Description
from hyperpy.pages.analysis.callables import StreamFacts
from hyperpy.pages.analysis.inputs.declarations import Declaration
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.shared_objects import LoadWarning
from hyperpy.pages.loading.compiled.syntax_data import tree_from_data, tree_to_data


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True)
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


def route_facts(description: Description) -> RouteFacts:
    d = description
    unknown = tuple(_unknown(d))
    evaluated = d.declarations or unknown
    return RouteFacts(
        file=d.file,
        methods=d.methods,
        page_methods=d.page_methods,
        responds=d.responds,
        usual=_behaviour_of(d),
        by_method={method: _behaviour_of(own) for method, own in d.by_method.items()},
        warnings=d.warnings,
        submitted=dict(_submitted(d)),
        makers=frozenset(_makers(d)),
        declaration_data=tuple(_declaration_data(each) for each in d.declarations),
        unknown_data=tuple(map(tree_to_data, unknown)),
        type_data=_type_data(d.index.owned(None, ast.Assign)) if evaluated else {},
        setting_data={name: tree_to_data(value) for name, value in d.settings.values.items()},
    )


def _behaviour_of(description: Description) -> Behaviour:
    d = description
    return Behaviour(d.loader, d.answer_line, d.stream, d.has_page, d.blocking, d.unreferenced)


def _behaviour_data(behaviour: Behaviour) -> tuple[object, ...]:
    b, stream = behaviour, behaviour.stream
    facts = stream and (stream.name, stream.line, stream.begins_document, stream.first_is_html, stream.yields_event)
    return b.loader, b.answer_line, facts, b.has_page, b.blocking, b.unreferenced


def _behaviour(data: tuple[Any, ...]) -> Behaviour:
    loader, line, stream, *rest = data
    return Behaviour(loader, line, StreamFacts(*stream) if stream else None, *rest)


def _place_data(place: Place) -> tuple[int, int, int]:
    return place.line, place.column, place.width


def _declaration_data(declaration: Declaration) -> tuple[object, ...]:
    d = declaration
    trees = [tree_to_data(tree) for tree in (d.annotation, d.node, d.default, d.marker, d.initial)]
    annotation, node, default, marker, initial = trees
    return d.name, annotation, node, default, d.group, d.marked, marker, initial, d.methods


def _from_data(field: Any) -> Any:
    return tree_from_data(field) if type(field) is tuple else field


def _unknown(description: Description) -> Iterator[ast.AnnAssign]:
    index, inputs = description.index, {declaration.node for declaration in description.declarations}
    for node in index.owned(None, ast.AnnAssign):
        if node not in inputs and not any(index.contains(statement, node) for statement in description.done):
            yield node


def _makers(description: Description) -> Iterator[str]:
    index = description.index
    for node in index.of(ast.Return):
        owner = index.owner(node)
        match owner, node.value:
            case ast.FunctionDef(name=name), ast.expr() as value if description.vocabulary.is_marker(value):
                yield name


def _submitted(description: Description) -> Iterator[tuple[str, Place]]:
    names = {declaration.name for declaration in description.declarations}
    for statement in (*description.once, *description.before, *description.after) if names else ():
        for node in ast.walk(statement):
            match node:
                case ast.Attribute(value=ast.Name(id=owner), attr="ok" | "data") if owner in names:
                    names.discard(owner)
                    yield owner, place_of(node, description.file)


def _type_data(assigned: Sequence[ast.Assign]) -> dict[str, Any]:
    targets = [(node.targets[0], node.value) for node in assigned if len(node.targets) == 1]
    named = [(target.id, value) for target, value in targets if isinstance(target, ast.Name)]
    counts = Counter(name for name, _ in named)
    kinds = (ast.Subscript, ast.BinOp, ast.Call)
    return {name: tree_to_data(value) for name, value in named if counts[name] == 1 and isinstance(value, kinds)}
