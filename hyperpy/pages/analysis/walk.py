"""Walks a file once: indexes its nodes, and finds which module-level names each statement reads and binds.

The scoping rules are those of Python's language reference:
https://docs.python.org/3/reference/executionmodel.html#naming-and-binding
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from hyperpy.pages.analysis.file_index import Binding, FileIndex, Names, Owner, Use, When, parameters
from hyperpy.pages.facts import ImportedName
from hyperpy.record_classes import record
from hyperpy.templates.at_load.child_nodes import CHILD_FIELDS, nodes_in


@record(slots=True)
class Scope:
    """The module, a function, lambda, comprehension, class or list of type parameters."""

    outer: Scope | None
    owner: Owner | None = None
    is_comprehension: bool = False
    bound: dict[str, ImportedName | None] = field(default_factory=dict)
    """The names, and the source of each if imports are all that binds it."""
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)

    @property
    def is_class(self) -> bool:
        return isinstance(self.owner, ast.ClassDef)

    @property
    def is_in_method(self) -> bool:
        """Whether it is in a class, but not its body."""
        found = None if self.is_class else self.outer
        while found is not None and not found.is_class:
            found = found.outer
        return found is not None


class Walk:
    """The walk through a file. Its results are `index`, `names` by statement, and `local`.

    `local` has the reads of variables of functions, and the source of each if imports are all that binds it.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.index = FileIndex(bindings={None: []})
        self.names: dict[ast.stmt, Names] = {}
        self.local: dict[ast.Name, ImportedName | None] = {}
        self._scope = self._module = Scope(None)
        self._owner: Owner | None = None
        self._when = When.AT_ONCE
        self._reads: list[tuple[ast.Name, Scope, When]] = []
        self._rebinds: set[str] = set()
        for statement in tree.body:
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        self._reads, self._rebinds = [], set()
        first = len(self.index.bindings[None])
        self._visit(statement)
        uses = tuple(self._uses())
        binds = frozenset([binding.name for binding in self.index.bindings[None][first:]])
        reads, rebinds = frozenset([use.node.id for use in uses]), frozenset(self._rebinds)
        self.names[statement] = Names(reads, binds, rebinds, self._declared(statement), uses)

    def _declared(self, statement: ast.stmt) -> frozenset[str]:
        annotated = self.index.level(statement, ast.AnnAssign)
        bare = (node.target for node in annotated if node.value is None)
        return frozenset(target.id for target in bare if isinstance(target, ast.Name))

    def _uses(self) -> Iterator[Use]:
        """The reads of module-level names. All scopes of the statement are complete by now."""
        for node, scope, when in self._reads:
            found: Scope | None = scope
            while found is not None and node.id not in found.global_names:
                if node.id in found.bound and not found.is_class:
                    self.local[node] = found.bound[node.id]
                    break
                found = found.outer
            else:
                if node.id == "__class__" and scope.is_in_method:
                    self.local[node] = None  # the compiler makes it a variable of the methods of a class
                else:
                    yield Use(node, when, scope.owner if isinstance(scope.owner, ast.ClassDef) else None)

    def _visit(self, node: ast.AST) -> None:
        index, kind = self.index, type(node)
        position = len(index.nodes)
        index.nodes.append(node)
        index.owners.append(self._owner)
        index.ends.append(position)
        index.positions[node] = position
        try:
            index.kinds[kind].append(position)
        except KeyError:
            index.kinds[kind] = [position]
        visitor = _VISITORS.get(kind)
        if visitor is not None:
            visitor(self, node)
        else:
            for name in CHILD_FIELDS[kind]:
                child = getattr(node, name)
                if type(child) is list:
                    for each in child:
                        if each is not None:
                            self._visit(each)
                elif child is not None:
                    self._visit(child)
        index.ends[position] = len(index.nodes)

    def _visit_all(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node)

    def _visit_fields(self, node: ast.AST) -> None:
        for name in CHILD_FIELDS[type(node)]:
            child = getattr(node, name)
            self._visit_all(*(child if isinstance(child, list) else [child]))

    # -- names --------------------------------------------------------------------------------------------------------

    def _bind(self, name: str, node: Any, source: ImportedName | None = None, scope: Scope | None = None) -> None:
        scope = scope or self._scope
        if name in scope.global_names:
            self._rebinds.add(name)
        elif name not in scope.nonlocal_names:
            if name in scope.bound and scope.bound[name] is None:
                source = None
            if scope is not self._module:
                scope.bound[name] = source
            if scope is self._module or (scope.owner is not None and not scope.is_class):
                binding = Binding(name, node, source, len(self.index.nodes) - 1)
                self.index.bindings[scope.owner].append(binding)

    def _read(self, node: ast.Name) -> None:
        if self._scope.is_class and node.id in self._scope.bound:
            self.local[node] = None  # names in a class are bound one after the other
        elif self._when is not When.NEVER:
            self._reads.append((node, self._scope, self._when))

    def _name(self, node: ast.Name) -> None:
        if type(node.ctx) is ast.Load:
            self._read(node)
        else:
            self._bind(node.id, node)

    def _assignment(self, node: ast.Assign) -> None:
        """The value comes first: in a class, `x = x` reads the outer `x`."""
        self._visit_all(node.value, *node.targets)

    def _annotated(self, node: ast.AnnAssign) -> None:
        """Python never evaluates the annotation of a function's variable."""
        in_function = not (self._scope is self._module or self._scope.is_class)
        self._visit_at(When.NEVER if in_function else When.PERHAPS_NEVER, node.annotation)
        if node.value is None and self._scope is self._module and isinstance(node.target, ast.Name):
            self._visit_in(Scope(None), node.target)  # it declares the name, and doesn't bind it
        else:
            self._visit_all(node.value, node.target)

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target)
        self._visit_fields(node)

    def _walrus(self, node: ast.NamedExpr) -> None:
        """It binds the name outside of all comprehensions around it."""
        self._visit(node.value)
        scope = self._scope
        while scope.is_comprehension and scope.outer is not None:
            scope = scope.outer
        self._visit_in(scope, node.target)

    def _imports(self, node: ast.Import) -> None:
        for alias in node.names:
            self._visit(alias)
            head = alias.name.partition(".")[0]
            self._bind(alias.asname or head, alias, (0, alias.name if alias.asname else head, ""))

    def _imports_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._visit(alias)
            if alias.name != "*":
                self._bind(alias.asname or alias.name, alias, (node.level, node.module or "", alias.name))

    def _named(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self._bind(name, node)
        self._visit_fields(node)

    def _global(self, node: ast.Global) -> None:
        if self._scope is not self._module:
            self._scope.global_names.update(node.names)

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self._scope.nonlocal_names.update(node.names)

    # -- time ---------------------------------------------------------------------------------------------------------

    def _visit_at(self, when: When, *nodes: ast.AST | None) -> None:
        """Visits nodes whose reads happen at a time, unless the time of what is around them is uncertain."""
        outer = self._when
        self._when = when if outer in _CERTAIN else outer
        self._visit_all(*nodes)
        self._when = outer

    def _argument(self, node: ast.arg) -> None:
        self._visit_at(When.PERHAPS_NEVER, node.annotation)

    def _if(self, node: ast.If) -> None:
        self._visit(node.test)
        when = When.PERHAPS_NEVER if _is_decided_before(node.test) else self._when
        self._visit_at(when, *node.body, *node.orelse)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        expected = any(_catches_name_errors(handler.type) for handler in node.handlers)
        self._visit_at(When.EXPECTED_TO_FAIL if expected else self._when, *node.body)
        self._visit_all(*node.handlers, *node.orelse, *node.finalbody)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
        suppressed = any(_catches_name_errors(argument) for call in calls for argument in call.args)
        self._visit_all(*node.items)
        self._visit_at(When.EXPECTED_TO_FAIL if suppressed else self._when, *node.body)

    # -- scopes -------------------------------------------------------------------------------------------------------

    def _visit_in(self, scope: Scope, *nodes: ast.AST | None) -> None:
        outer, self._scope = self._scope, scope
        self._visit_all(*nodes)
        self._scope = outer

    def _owned(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda) -> None:
        """A function, lambda or class. Its decorators, arguments and bases belong to the scope around it."""
        outer_owner, outer_scope, self._owner = self._owner, self._scope, node
        if isinstance(node, ast.Lambda):
            self._visit(node.args)
            self._visit_body(node, [node.body])
        else:
            if not isinstance(node, ast.ClassDef):
                self._bind(node.name, node)
            self._visit_all(*node.decorator_list)
            self._enter_type_parameters(node.type_params)
            if isinstance(node, ast.ClassDef):
                self._visit_all(*node.bases, *node.keywords)
            else:
                self._visit(node.args)
                self._visit_at(When.PERHAPS_NEVER, node.returns)
            self._visit_body(node, node.body)
        self._owner, self._scope = outer_owner, outer_scope
        if isinstance(node, ast.ClassDef):
            self._bind(node.name, node)

    def _visit_body(self, owner: Owner, body: Sequence[ast.AST]) -> None:
        outer, self._scope = self._scope, Scope(self._scope, owner)
        if isinstance(owner, ast.ClassDef):
            self._visit_all(*body)
        else:
            self._scope.bound |= dict.fromkeys(parameters(owner))
            self.index.bindings[owner] = []
            self._visit_at(When.LATER, *body)
        self._scope = outer

    def _enter_type_parameters(self, parameters: list[ast.type_param]) -> None:
        """Their scope is around the rest of a function, a class or a `type` statement, which leaves it."""
        if parameters:
            self._scope = Scope(self._scope)
            self._scope.bound |= {parameter.name: None for parameter in parameters}  # type: ignore[attr-defined]
            self._visit_at(When.PERHAPS_NEVER, *parameters)

    def _type_alias(self, node: ast.TypeAlias) -> None:
        outer = self._scope
        self._enter_type_parameters(node.type_params)
        self._visit_at(When.PERHAPS_NEVER, node.value)
        self._visit_in(outer, node.name)
        self._scope = outer

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """The first iterable belongs to the scope around it."""
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._visit(node.generators[0].iter)
        outer, self._scope = self._scope, Scope(self._scope, is_comprehension=True)
        when = When.LATER if isinstance(node, ast.GeneratorExp) else self._when
        self._visit_at(when, *node.generators, *results)
        self._scope = outer

    def _generator(self, node: ast.comprehension) -> None:
        if node.iter not in self.index.positions:
            self._visit(node.iter)
        self._visit_all(node.target, *node.ifs)


# Conditions on these choose between versions of Python, systems, or what only type checkers see.
_FACTS = frozenset({"TYPE_CHECKING", "version_info", "__debug__"})
_QUALIFIED_FACTS = frozenset({"os.name", "sys.implementation", "sys.platform"})


def _is_decided_before(test: ast.expr) -> bool:
    """Whether a condition is fixed before the file runs, so that names in one of its branches may not exist."""
    return isinstance(test, ast.Constant) or any(_is_fact(node) for node in nodes_in(test))


def _is_fact(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _FACTS
        case ast.Attribute(attr=name):
            return name in _FACTS or ast.unparse(node) in _QUALIFIED_FACTS
    return False


def _catches_name_errors(caught: ast.expr | None) -> bool:
    caught_classes = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(node, ast.Name) and node.id == "NameError" for node in caught_classes)


_CERTAIN: Final = frozenset({When.AT_ONCE, When.LATER})
_VISITORS: Final[Mapping[type[ast.AST], Callable[[Walk, Any], None]]] = {
    ast.AnnAssign: Walk._annotated,
    ast.Assign: Walk._assignment,
    ast.AsyncFunctionDef: Walk._owned,
    ast.AsyncWith: Walk._with,
    ast.AugAssign: Walk._augmented,
    ast.ClassDef: Walk._owned,
    ast.DictComp: Walk._comprehension,
    ast.ExceptHandler: Walk._named,
    ast.FunctionDef: Walk._owned,
    ast.GeneratorExp: Walk._comprehension,
    ast.Global: Walk._global,
    ast.If: Walk._if,
    ast.Import: Walk._imports,
    ast.ImportFrom: Walk._imports_from,
    ast.Lambda: Walk._owned,
    ast.ListComp: Walk._comprehension,
    ast.MatchAs: Walk._named,
    ast.MatchMapping: Walk._named,
    ast.MatchStar: Walk._named,
    ast.Name: Walk._name,
    ast.NamedExpr: Walk._walrus,
    ast.Nonlocal: Walk._nonlocal,
    ast.SetComp: Walk._comprehension,
    ast.Try: Walk._try,
    ast.TryStar: Walk._try,
    ast.TypeAlias: Walk._type_alias,
    ast.With: Walk._with,
    ast.arg: Walk._argument,
    ast.comprehension: Walk._generator,
}
