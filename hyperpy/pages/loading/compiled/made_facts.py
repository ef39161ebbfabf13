"""A `Description` → what loading needs to know of it once the file is compiled."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from hyperpy.exceptions import Place
from hyperpy.pages.analysis.analyse import Description
from hyperpy.pages.facts import Declaration, place_of
from hyperpy.pages.loading.compiled.route_facts import Behaviour, RouteFacts
from hyperpy.pages.loading.compiled.syntax_data import tree_to_data


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
        static_paths=d.static_paths,
        setting_data={name: tree_to_data(value) for name, value in d.settings.values.items()},
    )


def _behaviour_of(description: Description) -> Behaviour:
    d = description
    return Behaviour(d.loader, d.answer_line, d.stream, d.has_page, d.blocking, d.unreferenced)


def _declaration_data(declaration: Declaration) -> tuple[object, ...]:
    d = declaration
    trees = [tree_to_data(tree) for tree in (d.annotation, d.node, d.default, d.marker, d.initial)]
    annotation, node, default, marker, initial = trees
    return d.name, annotation, node, default, d.group, d.marked, marker, initial, d.methods


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
    for node in description.index.of(ast.Attribute) if names else ():
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
