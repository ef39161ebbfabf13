"""Which module-level names each statement reads and binds. The scoping rules are those of Python's language reference.

https://docs.python.org/3/reference/executionmodel.html#naming-and-binding
"""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

type ImportedName = tuple[int, str, str]
"""The level, module and name of an import; the name is empty for `import module`."""

type BoundName = tuple[str, ImportedName | None]
"""A name, and the source of the import if an import binds it."""

type _Body = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class When(Enum):
    """When Python looks up a module-level name."""

    AT_ONCE = "as its statement runs"
    LATER = "in a function that may be called later, or in a generator expression"
    PERHAPS_NEVER = "in an annotation or a `type` statement, or in a branch for other versions of Python"
    EXPECTED_TO_FAIL = "where the file catches a NameError"


class Use(NamedTuple):
    """A read of a module-level name. `owner` is the class that it stands in directly."""

    node: ast.Name
    when: When
    owner: ast.ClassDef | None


@dataclass(frozen=True, slots=True)
class Names:
    """What one statement does with module-level names, functions, classes and t-strings in it included."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Bound by the statement itself, when it runs."""
    rebinds: frozenset[str]
    """Assigned by a function in it that declares them `global`, when that is called."""
    uses: tuple[Use, ...]
    """The reads in source order, each with its time."""


def names_of(statement: ast.stmt, local: dict[ast.Name, ImportedName | None]) -> Names:
    """Adds the uses of function variables to `local`, and the source of each if imports are all that binds it."""
    visitor = _Visitor(local)
    visitor.visit(statement)
    binds = frozenset(name for name, _ in bindings(statement))
    return Names(frozenset(visitor.reads), binds, frozenset(visitor.rebinds), tuple(visitor.uses))


def module_level(node: ast.AST, *, in_lambdas: bool = False) -> Iterator[ast.AST]:
    """The node and everything below it that runs with it, without the bodies of functions, lambdas and classes."""
    closed = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, *(() if in_lambdas else (ast.Lambda,)))
    nodes = [node]
    while nodes:
        node = nodes.pop()
        yield node
        if not isinstance(node, closed):
            nodes.extend(reversed(list(ast.iter_child_nodes(node))))


def bindings(node: ast.AST, *, in_function: bool = False, deletes: bool = True) -> Iterator[BoundName]:
    """The names that a node binds in the scope that it is in. In a function, a bare annotation makes a local name.

    To Python, `del` is a binding too.
    """
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name, None
        case ast.Name(id=name, ctx=ast.Del()) if deletes:
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
        yield from bindings(child, in_function=in_function, deletes=deletes)


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
    owner: ast.ClassDef | None = None

    @property
    def is_class(self) -> bool:
        return self.owner is not None


class _Visitor(ast.NodeVisitor):
    """Collects the module-level names of a statement. `scopes` are those around the node being visited."""

    def __init__(self, local: dict[ast.Name, ImportedName | None]) -> None:
        self.local = local
        self.scopes: list[_Scope] = []
        self.reads: set[str] = set()
        self.rebinds: set[str] = set()
        self.uses: list[Use] = []
        self.when = When.AT_ONCE

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
        in_class = [scope for scope in self.scopes if scope.is_class]
        if node.id == "__class__" and in_class and not self.scopes[-1].is_class:
            self.local[node] = None  # the compiler makes it a variable of the methods of a class
            return
        self.reads.add(node.id)
        self.uses.append(Use(node, self.when, self.scopes[-1].owner if self.scopes else None))

    @contextmanager
    def at(self, when: When) -> Iterator[None]:
        """The time of the reads that are visited in this context, unless the one around it is uncertain."""
        outer = self.when
        self.when = when if outer in {When.AT_ONCE, When.LATER} else outer
        yield
        self.when = outer

    def bind_in_class(self, name: str) -> None:
        """Names in a class are bound one after the other; those of a function are bound throughout."""
        if self.scopes and self.scopes[-1].is_class:
            self.scopes[-1].bound[name] = None

    def visit_binder(self, node: ast.Import | ast.ImportFrom | ast.ExceptHandler | ast.pattern) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [name for name, _ in bindings(node)]
        else:
            names = [getattr(node, "name", None) or getattr(node, "rest", None) or ""]
        for name in names:
            self.bind_in_class(name)
        self.generic_visit(node)

    visit_Import = visit_ImportFrom = visit_ExceptHandler = visit_binder
    visit_MatchAs = visit_MatchStar = visit_MatchMapping = visit_binder

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value comes first: in a class, `x = x` reads the outer `x`."""
        self.visit_all(node.value, *node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Python never evaluates the annotation of a function's variable."""
        if not self.scopes or self.scopes[-1].is_class:
            self.annotation(node.annotation)
        self.visit_all(node.value, node.target)

    def annotation(self, node: ast.AST | None) -> None:
        with self.at(When.PERHAPS_NEVER):
            self.visit_all(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.annotation(node.annotation)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        with self.at(When.PERHAPS_NEVER if _is_decided_before(node.test) else self.when):
            self.visit_all(*node.body, *node.orelse)

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        expected = any(_catches_name_errors(handler.type) for handler in node.handlers)
        with self.at(When.EXPECTED_TO_FAIL if expected else self.when):
            self.visit_all(*node.body)
        self.visit_all(*node.handlers, *node.orelse, *node.finalbody)

    visit_TryStar = visit_Try

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
        self.visit_all(*node.items)
        with self.at(When.EXPECTED_TO_FAIL if any(map(_suppresses_name_errors, calls)) else self.when):
            self.visit_all(*node.body)

    visit_AsyncWith = visit_With

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(node.target)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bind_in_class(node.name)
        self.visit_all(*node.decorator_list)
        with self.type_parameters(node.type_params):
            self.visit_all(node.args)
            self.annotation(node.returns)
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
        scope = _Scope({}, global_names, owner if isinstance(owner, ast.ClassDef) else None)
        if not isinstance(owner, ast.ClassDef):
            arguments = ast.iter_child_nodes(owner.args)
            scope.bound |= {name: source for name, source in found if name not in global_names | outer}
            scope.bound |= {name: None for name, source in found if source is None and name in scope.bound}
            scope.bound |= {argument.arg: None for argument in arguments if isinstance(argument, ast.arg)}
        with self.at(self.when if scope.is_class else When.LATER):
            self.inside(scope, *body)

    def visit_TypeAlias(self, node: ast.TypeAlias) -> None:
        with self.type_parameters(node.type_params):
            self.annotation(node.value)
        self.visit(node.name)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """The first iterable belongs to the scope around it."""
        first, *others = node.generators
        self.visit(first.iter)
        targets = (name for generator in node.generators for name, _ in bindings(generator.target))
        parts = [*first.ifs, *(part for generator in others for part in (generator.iter, *generator.ifs))]
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        with self.at(When.LATER if isinstance(node, ast.GeneratorExp) else self.when):
            self.inside(_Scope(dict.fromkeys(targets)), *parts, *results)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension

    @contextmanager
    def type_parameters(self, parameters: list[ast.type_param]) -> Iterator[None]:
        outer = self.scopes
        if parameters:
            self.scopes = [*outer, _Scope({parameter.name: None for parameter in parameters})]  # type: ignore[attr-defined]
        with self.at(When.PERHAPS_NEVER):
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


# Conditions on these choose between versions of Python, systems, or what only type checkers see.
_FACTS = frozenset({"TYPE_CHECKING", "version_info", "__debug__"})
_QUALIFIED_FACTS = frozenset({"os.name", "sys.implementation", "sys.platform"})


def _is_decided_before(test: ast.expr) -> bool:
    """Whether a condition is fixed before the file runs, so that names in one of its branches may not exist."""
    return isinstance(test, ast.Constant) or any(_is_fact(node) for node in ast.walk(test))


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


def _suppresses_name_errors(call: ast.Call) -> bool:
    return any(map(_catches_name_errors, call.args))
