"""Which module-level names each statement reads and binds. The scoping rules are those of Python's language reference.

https://docs.python.org/3/reference/executionmodel.html#naming-and-binding
"""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

type ImportedName = tuple[int, str, str]
"""The level, module and name of an import; the name is empty for `import module`."""

type BoundName = tuple[str, ImportedName | None]
"""A name, and the source of the import if an import binds it."""

type _Body = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Names:
    """What one statement does with module-level names, functions, classes and t-strings in it included."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Bound by the statement itself, when it runs."""
    rebinds: frozenset[str]
    """Assigned by a function in it that declares them `global`, when that is called."""


def names_of(statement: ast.stmt, local: dict[ast.Name, ImportedName | None]) -> Names:
    """Adds the uses of function variables to `local`, and the source of each if imports are all that binds it."""
    visitor = _Visitor(local)
    visitor.visit(statement)
    binds = frozenset(name for name, _ in bindings(statement))
    return Names(frozenset(visitor.reads), binds, frozenset(visitor.rebinds))


def module_level(node: ast.AST, *, in_lambdas: bool = False) -> Iterator[ast.AST]:
    """The node and everything below it that runs with it, without the bodies of functions, lambdas and classes."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    if in_lambdas or not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from module_level(child, in_lambdas=in_lambdas)


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

    bound: dict[str, ImportedName | None]
    global_names: frozenset[str] = frozenset()
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
        else:
            self.bind_in_class(node.id)

    def read(self, node: ast.Name) -> None:
        for scope in reversed(self.scopes):
            if node.id in scope.global_names:
                break
            if node.id in scope.bound and (scope is self.scopes[-1] or not scope.is_class):
                self.local[node] = scope.bound[node.id]
                return
        self.reads.add(node.id)

    def bind_in_class(self, name: str) -> None:
        """Names in a class are bound one after the other; those of a function are bound throughout."""
        if self.scopes and self.scopes[-1].is_class:
            self.scopes[-1].bound[name] = None

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value comes first: in a class, `x = x` reads the outer `x`."""
        self.visit_all(node.value, *node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Python never evaluates the annotation of a function's variable."""
        in_function = self.scopes and not self.scopes[-1].is_class
        self.visit_all(None if in_function else node.annotation, node.value, node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(node.target)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bind_in_class(node.name)
        self.visit_all(*node.decorator_list)
        with self.type_parameters(node.type_params):
            self.visit_all(node.args, node.returns)
            self.body(node, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self.body(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all(*node.decorator_list)
        with self.type_parameters(node.type_params):
            self.visit_all(*node.bases, *node.keywords)
            self.body(node, node.body)
        self.bind_in_class(node.name)

    def body(self, owner: _Body, body: Sequence[ast.AST]) -> None:
        """Visits the body of a function or class, after collecting the names that it binds."""
        nodes = [node for part in body for node in module_level(part)]
        global_names = frozenset(name for node in nodes if isinstance(node, ast.Global) for name in node.names)
        outer = {name for node in nodes if isinstance(node, ast.Nonlocal) for name in node.names}
        found = [binding for part in body for binding in bindings(part, in_function=True)]
        self.rebinds |= global_names & dict(found).keys()
        scope = _Scope({}, global_names, is_class=isinstance(owner, ast.ClassDef))
        if not isinstance(owner, ast.ClassDef):
            arguments = ast.iter_child_nodes(owner.args)
            scope.bound |= {name: source for name, source in found if name not in global_names | outer}
            scope.bound |= {name: None for name, source in found if source is None and name in scope.bound}
            scope.bound |= {argument.arg: None for argument in arguments if isinstance(argument, ast.arg)}
        self.inside(scope, *body)

    def visit_TypeAlias(self, node: ast.TypeAlias) -> None:
        with self.type_parameters(node.type_params):
            self.visit(node.value)
        self.visit(node.name)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """The first iterable belongs to the scope around it."""
        first, *others = node.generators
        self.visit(first.iter)
        targets = (name for generator in node.generators for name, _ in bindings(generator.target))
        parts = [*first.ifs, *(part for generator in others for part in (generator.iter, *generator.ifs))]
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self.inside(_Scope(dict.fromkeys(targets)), *parts, *results)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension

    @contextmanager
    def type_parameters(self, parameters: list[ast.type_param]) -> Iterator[None]:
        outer = self.scopes
        if parameters:
            self.scopes = [*outer, _Scope({parameter.name: None for parameter in parameters})]  # type: ignore[attr-defined]
        self.visit_all(*parameters)
        yield
        self.scopes = outer

    def inside(self, scope: _Scope, *nodes: ast.AST) -> None:
        self.scopes.append(scope)
        self.visit_all(*nodes)
        self.scopes.pop()

    def visit_all(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)
