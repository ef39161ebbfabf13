"""Which module-level names each statement reads and binds. The scoping rules are those of Python's language reference.

https://docs.python.org/3/reference/executionmodel.html#naming-and-binding
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

type ImportedName = tuple[int, str, str]
"""The level, module and name of an import; the name is empty for `import module`."""

type BoundName = tuple[str, ImportedName | None]
"""A name, and the source of the import if an import binds it."""


@dataclass(frozen=True, slots=True)
class Names:
    """What one statement does with module-level names, functions, classes and t-strings in it included."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Bound by the statement itself, when it runs."""
    rebinds: frozenset[str]
    """Assigned by a function in it that declares them `global`, when that is called."""


@dataclass(frozen=True, slots=True)
class Scopes:
    names: Mapping[ast.stmt, Names]
    """For each statement at module level."""
    local: Mapping[ast.Name, ImportedName | None]
    """The uses of function variables, and the source of each if imports are all that binds it."""


def scopes_of(tree: ast.Module) -> Scopes:
    local: dict[ast.Name, ImportedName | None] = {}
    return Scopes({statement: _names_of(statement, local) for statement in tree.body}, local)


def names_of(statement: ast.stmt) -> Names:
    return _names_of(statement, {})


def _names_of(statement: ast.stmt, local: dict[ast.Name, ImportedName | None]) -> Names:
    visitor = _Visitor(local)
    visitor.visit(statement)
    binds = frozenset(name for name, _ in bindings(statement))
    return Names(frozenset(visitor.reads), binds, frozenset(visitor.rebinds))


def module_level(node: ast.AST) -> Iterator[ast.AST]:
    """The node and everything below it that runs with it, without the bodies of functions, lambdas and classes."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from module_level(child)


def bindings(node: ast.AST, *, in_function: bool = False) -> Iterator[BoundName]:
    """The names that a node binds in the scope that it is in. In a function, a bare annotation makes a local name."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name, None
        case ast.Import(names=aliases):
            for alias in aliases:
                head = alias.name.partition(".")[0]
                yield alias.asname or head, (0, alias.name if alias.asname else head, "")
        case ast.ImportFrom(module=module, names=aliases, level=level):
            yield from ((a.asname or a.name, (level, module or "", a.name)) for a in aliases if a.name != "*")
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from ((inner.target.id, None) for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr))
            return
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, None
        case ast.MatchMapping(rest=str(name)):
            yield name, None
        case ast.AnnAssign(target=ast.Name(), value=None) if not in_function:
            return
        case ast.Lambda():
            return
    for child in ast.iter_child_nodes(node):
        yield from bindings(child, in_function=in_function)


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of statements directly in a compound statement."""
    found = [block for name in ("body", "orelse", "finalbody") if (block := getattr(statement, name, None))]
    return found + [part.body for name in ("handlers", "cases") for part in getattr(statement, name, ())]


def declared(statement: ast.stmt) -> set[str]:
    """The module-level names that bare annotations in a statement declare."""
    return {
        node.target.id
        for node in module_level(statement)
        if isinstance(node, ast.AnnAssign) and node.value is None and isinstance(node.target, ast.Name)
    }


@dataclass(slots=True)
class _Scope:
    """A function, lambda, comprehension, class or list of type parameters."""

    bound: set[str] = field(default_factory=set)
    imported: dict[str, ImportedName] = field(default_factory=dict)
    global_names: set[str] = field(default_factory=set)
    is_class: bool = False


class _Visitor(ast.NodeVisitor):
    """Collects the module-level names of a statement. `scopes` are those around the node being visited."""

    def __init__(self, local: dict[ast.Name, ImportedName | None]) -> None:
        self.local = local
        self.scopes: list[_Scope] = []
        self.reads: set[str] = set()
        self.rebinds: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read(node)
        elif self.scopes and self.scopes[-1].is_class:
            self.scopes[-1].bound.add(node.id)

    def read(self, node: ast.Name) -> None:
        for scope in reversed(self.scopes):
            if node.id in scope.global_names:
                break
            if node.id in scope.bound and (scope is self.scopes[-1] or not scope.is_class):
                self.local[node] = scope.imported.get(node.id)
                return
        self.reads.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value comes first: in a class, `x = x` reads the outer `x`."""
        self.visit(node.value)
        self.visit_all(node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Python never evaluates the annotation of a function's variable."""
        if not self.scopes or self.scopes[-1].is_class:
            self.visit(node.annotation)
        self.visit_all([part for part in (node.value, node.target) if part])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(node.target)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bind_in_class(node.name)
        self.visit_all(node.decorator_list)
        with_parameters = self.enter_type_parameters(node.type_params)
        self.function(node.args, node.body, node.returns)
        self.leave(with_parameters)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.function(node.args, [node.body], None)

    def function(self, arguments: ast.arguments, body: Iterable[ast.AST], returns: ast.expr | None) -> None:
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        parameters += [variadic for variadic in (arguments.vararg, arguments.kwarg) if variadic]
        self.visit_all([*arguments.defaults, *(default for default in arguments.kw_defaults if default)])
        self.visit_all([annotation for p in parameters if (annotation := p.annotation)])
        self.visit_all([returns] if returns else [])
        scope = _Scope(bound={parameter.arg for parameter in parameters})
        self.enter(scope, body)

    def enter(self, scope: _Scope, body: Iterable[ast.AST]) -> None:
        """Visits the body of a function or class, after collecting the names that it binds."""
        body = list(body)
        declared = [node for statement in body for node in module_level(statement)]
        scope.global_names = {name for node in declared if isinstance(node, ast.Global) for name in node.names}
        outer = {name for node in declared if isinstance(node, ast.Nonlocal) for name in node.names}
        found = [binding for statement in body for binding in bindings(statement, in_function=True)]
        self.rebinds |= scope.global_names & {name for name, _ in found}
        if not scope.is_class:
            otherwise = scope.bound | {name for name, source in found if source is None}
            scope.imported = {name: source for name, source in found if source and name not in otherwise}
            scope.bound |= {name for name, _ in found} - scope.global_names - outer
        self.scopes.append(scope)
        self.visit_all(body)
        self.scopes.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all(node.decorator_list)
        with_parameters = self.enter_type_parameters(node.type_params)
        self.visit_all([*node.bases, *node.keywords])
        self.enter(_Scope(is_class=True), node.body)
        self.leave(with_parameters)
        self.bind_in_class(node.name)

    def visit_TypeAlias(self, node: ast.TypeAlias) -> None:
        with_parameters = self.enter_type_parameters(node.type_params)
        self.visit(node.value)
        self.leave(with_parameters)
        self.visit(node.name)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """The first iterable belongs to the scope around it."""
        first, *others = node.generators
        self.visit(first.iter)
        targets = [name for generator in node.generators for name, _ in bindings(generator.target)]
        self.scopes.append(_Scope(bound=set(targets)))
        self.visit_all(first.ifs)
        self.visit_all([part for generator in others for part in (generator.iter, *generator.ifs)])
        self.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension

    def enter_type_parameters(self, parameters: list[ast.type_param]) -> bool:
        if parameters:
            self.scopes.append(_Scope(bound={parameter.name for parameter in parameters}))  # type: ignore[attr-defined]
            self.visit_all(parameters)
        return bool(parameters)

    def leave(self, entered: bool) -> None:
        if entered:
            self.scopes.pop()

    def bind_in_class(self, name: str) -> None:
        if self.scopes and self.scopes[-1].is_class:
            self.scopes[-1].bound.add(name)

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)
