"""The names that a statement reads and binds. Scoping is `symtable`'s."""

import ast
import builtins
import copy
import symtable
from collections.abc import Iterator
from dataclasses import dataclass

BUILTINS = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__package__", "__spec__"}


@dataclass(frozen=True, slots=True)
class Names:
    """What one module-level statement does with module-level names."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Bound by the statement itself, when it runs."""
    rebinds: frozenset[str]
    """Assigned by a function in it that declares them `global`, when that is called."""


def names_of(statement: ast.stmt) -> Names:
    """The names of a statement, nested functions, classes and t-strings included. A bare annotation binds nothing."""
    bare = _WithoutDeclarations()
    top = symtable.symtable(ast.unparse(bare.visit(copy.deepcopy(statement))), "<statement>", "exec")
    symbols = top.get_symbols()
    reads = {s.get_name() for s in symbols if s.is_referenced()} | bare.annotations
    binds = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported() or s.is_namespace()}
    rebinds: set[str] = set()
    for table in _descendants(top):
        for symbol in table.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                reads.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                rebinds.add(symbol.get_name())
    loops, walruses = _inlined(statement)
    return Names(frozenset(reads - loops), frozenset((binds - loops) | walruses), frozenset(rebinds))


def _inlined(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Comprehension variables and `:=` targets at module level, which symtable mixes up: it inlines comprehensions."""
    loops: set[str] = set()
    walruses: set[str] = set()
    stored: set[str] = set()
    for node in module_level(statement):
        if isinstance(node, ast.comprehension):
            loops |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.NamedExpr):
            walruses.add(node.target.id)
        elif isinstance(node, ast.Assign | ast.For | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            stored |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return loops - stored - walruses, walruses


def module_level(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it that run where it stands: bodies of functions, lambdas and classes left out."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from module_level(child)


class _WithoutDeclarations(ast.NodeTransformer):
    """Takes the bare annotations of module level away, which symtable calls bindings, and keeps the names in them."""

    def __init__(self) -> None:
        self.annotations: set[str] = set()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        self.annotations |= {n.id for n in ast.walk(node.annotation) if isinstance(n, ast.Name)}
        return node if node.value else ast.copy_location(ast.Pass(), node)

    def visit_FunctionDef[T: ast.AST](self, node: T) -> T:
        return node

    visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = visit_FunctionDef


def _descendants(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _descendants(child)


def has_star_import(tree: ast.Module) -> bool:
    return any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(tree))
