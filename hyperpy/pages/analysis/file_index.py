"""What one walk finds in a file: its nodes, by kind and by what they run with, and what they do with names."""

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import Enum
from functools import cached_property
from itertools import chain
from typing import Any, Final, NamedTuple

from hyperpy.pages.facts import ImportedName
from hyperpy.record_classes import record

type Function = ast.FunctionDef | ast.AsyncFunctionDef
type Owner = Function | ast.ClassDef | ast.Lambda

OWNERS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_CAPTURES: Final = (ast.MatchAs, ast.MatchStar, ast.MatchMapping)


class Binding(NamedTuple):
    """A place that binds a name."""

    name: str
    node: ast.expr | ast.stmt | ast.alias | ast.ExceptHandler | ast.pattern
    source: ImportedName | None
    """Where the name comes from, if an import binds it."""
    position: int

    @property
    def is_delete(self) -> bool:
        """To Python, `del` is a binding too."""
        return isinstance(self.node, ast.Name) and isinstance(self.node.ctx, ast.Del)


class When(Enum):
    """When Python looks up a module-level name."""

    AT_ONCE = "as its statement runs"
    LATER = "in a function that may be called later, or in a generator expression"
    PERHAPS_NEVER = "in an annotation or a `type` statement, or in a branch for other versions of Python"
    EXPECTED_TO_FAIL = "where the file catches a NameError"
    NEVER = "in the annotation of a function's variable"


class Use(NamedTuple):
    """A read of a module-level name. `owner` is the class that it stands in directly."""

    node: ast.Name
    when: When
    owner: ast.ClassDef | None


@record(frozen=True, slots=True)
class Names:
    """What one statement does with module-level names, functions, classes and t-strings in it included."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Bound by the statement itself, when it runs."""
    rebinds: frozenset[str]
    """Assigned by a function in it that declares them `global`, when that is called."""
    declares: frozenset[str]
    """Declared by bare annotations."""
    uses: tuple[Use, ...]
    """The reads in source order, each with its time."""


@record
class FileIndex:
    """Each node has a position, and what is inside it stands directly behind it: a slice of `nodes`.

    Contexts (`ast.Load`) and operators aren't included.
    """

    nodes: list[ast.AST] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """By position: the position behind the last node inside."""
    owners: list[Owner | None] = field(default_factory=list)
    """By position: the innermost function, lambda or class around a node. It owns its decorators and arguments too."""
    positions: dict[ast.AST, int] = field(default_factory=dict)
    kinds: dict[type[ast.AST], list[int]] = field(default_factory=dict)
    """The positions of the nodes of each class."""
    bindings: dict[Owner | None, list[Binding]] = field(default_factory=dict)
    """The nodes that bind variables of a function or lambda, and of the module (None)."""
    _merged: dict[tuple[type[ast.AST], ...], list[int]] = field(default_factory=dict)
    """The positions of the nodes of several classes together. Nobody asks before the walk is complete."""

    # Several classes have no common type but their base, and the callers know what they ask for.
    def of(self, *kinds: type[ast.AST], inside: ast.AST | None = None) -> list[Any]:
        """The nodes of these classes in the whole file or inside a node, itself included."""
        return [self.nodes[position] for position in self._positions(kinds, inside)]

    def inside(self, node: ast.AST) -> list[ast.AST]:
        """A node and everything below it. A node that isn't in the file has nothing below it."""
        start = self.positions.get(node)
        return [] if start is None else self.nodes[start : self.ends[start]]

    def level(self, node: ast.AST, *kinds: type[ast.AST]) -> list[Any]:
        """The nodes of these classes that run with a node: those in functions, lambdas and classes inside it don't."""
        owner = self.owners[self.positions[node]]
        return [self.nodes[p] for p in self._positions(kinds, node) if self.owners[p] is owner]

    def owned(self, owner: Owner | None, *kinds: type[ast.AST]) -> list[Any]:
        """The nodes of these classes that run with the body of a function or class, or with the module (None)."""
        found = [self.nodes[p] for p in self._positions(kinds, owner) if self.owners[p] is owner]
        if owner is None or isinstance(owner, ast.Lambda):
            return found
        start = self.positions[owner.body[0]]
        return [node for node in found if self.positions[node] >= start]

    def owner(self, node: ast.AST) -> Owner | None:
        return self.owners[self.positions[node]]

    def owners_of(self, node: ast.AST) -> Iterator[Owner]:
        """The functions, lambdas and classes around a node, innermost first."""
        owner = self.owner(node)
        while owner is not None:
            yield owner
            owner = self.owner(owner)

    def function_of(self, node: ast.AST) -> Function | None:
        """The innermost function around a node, without lambdas."""
        functions = (o for o in self.owners_of(node) if isinstance(o, ast.FunctionDef | ast.AsyncFunctionDef))
        return next(functions, None)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that a node is directly in. For a statement of the module, it is None."""
        position = self._parents[self.positions[node]]
        return None if position is None else self.nodes[position]

    def contains(self, outer: ast.AST, inner: ast.AST) -> bool:
        start = self.positions[outer]
        return start <= self.positions[inner] < self.ends[start]

    def runs_with(self, outer: ast.AST, inner: ast.AST) -> bool:
        """Whether `inner` is inside `outer`, and not in a function, lambda or class there."""
        return self.contains(outer, inner) and self.owner(outer) is self.owner(inner)

    def bindings_in(self, node: ast.AST) -> list[Binding]:
        """The bindings of module-level names that run with a node."""
        start, found = self.positions[node], self.bindings[None]
        first = bisect_left(found, start, key=_position)
        return found[first : bisect_left(found, self.ends[start], lo=first, key=_position)]

    def bound_in(self, nodes: Iterable[ast.AST]) -> frozenset[str]:
        """The module-level names that some nodes bind when they run."""
        known = (node for node in nodes if node in self.positions)
        return frozenset([binding.name for node in known for binding in self.bindings_in(node)])

    def calls_at_once(self, statement: ast.stmt) -> list[ast.Call]:
        """The calls that run with a statement, or in a lambda in it: a sort key is called."""
        found = []
        for call in self.of(ast.Call, inside=statement):
            owner = self.owner(call)
            while isinstance(owner, ast.Lambda):
                owner = self.owner(owner)
            if owner is self.owner(statement):
                found.append(call)
        return found

    @cached_property
    def response_setters(self) -> frozenset[ast.AST]:
        """The statements that assign a variable `response`, not counting the blocks in them."""
        stores = [n for n in self.of(ast.Name) if n.id == "response" and isinstance(n.ctx, ast.Store)]
        stores += [n for n in self.of(*_CAPTURES) if "response" in (getattr(n, "name", ""), getattr(n, "rest", ""))]
        inner = {node for generator in self.of(ast.comprehension) for node in self.inside(generator.target)}
        found = [(store, self._statement_of(store)) for store in stores if store not in inner]
        return frozenset(
            around
            for store, around in found
            if self.owner(store) is self.owner(around)
            if not (isinstance(around, ast.AnnAssign) and around.value is None)
        )

    def _statement_of(self, node: ast.AST) -> ast.stmt:
        """The innermost statement around a node."""
        while not isinstance(node, ast.stmt):
            parent = self.parent(node)
            assert parent is not None  # all that a file consists of is statements
            node = parent
        return node

    @cached_property
    def functions(self) -> list[Function]:
        """All functions, without lambdas."""
        return self.of(ast.FunctionDef, ast.AsyncFunctionDef)

    @cached_property
    def generators(self) -> frozenset[Owner | None]:
        """The functions that yield."""
        return frozenset(map(self.owner, self.of(ast.Yield, ast.YieldFrom)))

    @cached_property
    def _parents(self) -> list[int | None]:
        """By position: the position of the node that a node is directly in."""
        found: list[int | None] = []
        around: list[int] = []
        for position, end in enumerate(self.ends):
            while around and self.ends[around[-1]] <= position:
                around.pop()
            found.append(around[-1] if around else None)
            if end > position + 1:
                around.append(position)
        return found

    def _positions(self, kinds: tuple[type[ast.AST], ...], inside: ast.AST | None) -> list[int]:
        if len(kinds) == 1:
            found = self.kinds.get(kinds[0], [])
        elif (known := self._merged.get(kinds)) is not None:
            found = known
        else:
            found = self._merged[kinds] = sorted(chain.from_iterable([self.kinds.get(kind, ()) for kind in kinds]))
        if inside is None or not found:
            return found
        start = self.positions[inside]
        first = bisect_left(found, start)
        return found[first : bisect_left(found, self.ends[start], first)]


def _position(binding: Binding) -> int:
    return binding.position


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """The names of all parameters."""
    arguments = function.args
    starred = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred)]


def with_defaults(arguments: ast.arguments) -> list[tuple[ast.arg, ast.expr]]:
    """The parameters that have defaults, each with its own."""
    positional = [*arguments.posonlyargs, *arguments.args]
    found = list(zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True))
    return found + [(p, d) for p, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of statements directly in a compound statement."""
    found = [block for name in ("body", "orelse", "finalbody") if (block := getattr(statement, name, None))]
    return found + [part.body for name in ("handlers", "cases") for part in getattr(statement, name, ())]


def outcomes(value: ast.expr) -> Iterator[ast.expr]:
    """The expressions that may give an expression its value."""
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*outcomes(body), *outcomes(orelse))
        case ast.BoolOp(values=values):
            for part in values:
                yield from outcomes(part)
        case ast.NamedExpr(value=inner) | ast.Await(value=inner):
            yield from outcomes(inner)
        case _:
            yield value
