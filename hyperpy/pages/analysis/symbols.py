"""Which names a statement reads and binds, and what an imported name stands for. Scoping is `symtable`'s."""

import ast
import builtins
import copy
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

BUILTINS = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__package__", "__spec__"}

RESPONSES = frozenset(
    {
        "FileResponse",
        "HTMLResponse",
        "JSONResponse",
        "PlainTextResponse",
        "RedirectResponse",
        "Response",
        "StreamingResponse",
        "redirect",
    }
)


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


@dataclass(frozen=True, slots=True)
class Aliases:
    """What the file's imports call things: `from hyper import render as r` makes `r` stand for `hyperpy.render`."""

    local: dict[str, str] = field(default_factory=dict)

    def resolve(self, node: ast.expr) -> str:
        """The dotted name that an expression stands for, or the empty string."""
        match node:
            case ast.Name(id=name):
                return self.local.get(name, "")
            case ast.Attribute(value=value, attr=attribute):
                base = self.resolve(value)
                return f"{base}.{attribute}" if base else ""
        return ""

    def ours(self, node: ast.expr) -> str:
        """The public name of hyperpy that an expression stands for, or the empty string."""
        dotted = self.resolve(node)
        return dotted.removeprefix("hyperpy.") if dotted.startswith("hyperpy.") else ""

    def response(self, node: ast.expr) -> str:
        """The response class or `redirect` that an expression stands for, hyperpy's or Starlette's; else empty."""
        dotted = self.resolve(node)
        package, _, name = dotted.rpartition(".")
        known = package in {"hyperpy", "starlette.responses"} and name in RESPONSES
        return name if known else ""

    def http_exception(self, node: ast.expr) -> bool:
        return self.resolve(node) in {"hyperpy.HTTPException", "starlette.exceptions.HTTPException"}

    def spellings(self, public: str) -> frozenset[str]:
        """All ways the file may write one of hyperpy's public names."""
        direct = {local for local, dotted in self.local.items() if dotted == f"hyperpy.{public}"}
        modules = {local for local, dotted in self.local.items() if dotted == "hyperpy"}
        return frozenset(direct | {f"{module}.{public}" for module in modules})


def aliases_of(tree: ast.Module, bound_otherwise: Iterable[str] = ()) -> Aliases:
    """The aliases that the imports of a file make, wherever they stand; a name that is also bound otherwise is none."""
    local: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                local[alias.asname or head] = _canonical(alias.name if alias.asname else head)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                local[alias.asname or alias.name] = _canonical(f"{node.module}.{alias.name}")
    for name in bound_otherwise:
        local.pop(name, None)
    return Aliases(local)


def _canonical(dotted: str) -> str:
    """`hyper` is the other name of `hyperpy`."""
    return f"hyperpy{dotted.removeprefix('hyper')}" if dotted == "hyper" or dotted.startswith("hyper.") else dotted


def has_star_import(tree: ast.Module) -> bool:
    return any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(tree))
