"""The names that code sets or looks up as strings: `globals()["x"]`, `setattr(module, "x", …)`, `exec("x = 1")`."""

import ast
import builtins
from collections.abc import Iterator

from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.analysis.walk import Walk
from hyperpy.record_classes import record

_NAMESPACES = frozenset({"globals", "locals", "vars"})
_READERS = frozenset(
    {"dict", "eval", "id", "isinstance", "iter", "len", "list", "print", "repr", "set", "sorted", "str"}
)
_SETTERS = frozenset({"__delitem__", "__setitem__", "pop", "setdefault"})
_ATTRIBUTE_CALLS = frozenset({"delattr", "getattr", "hasattr", "setattr"})


_WORDS = (
    "__dict__",
    "__globals__",
    "attr(",
    "builtins",
    "dir(",
    "eval",
    "exec",
    "globals",
    "locals",
    "modules",
    "vars",
)


@record(frozen=True, slots=True)
class NamespaceAccess:
    """How a file uses its own namespace, or with `builtins`, other than by plain names."""

    sets: frozenset[str]
    mentions: frozenset[str]
    """Names that it only looks up, or asks for."""
    looked_up: frozenset[str]
    """The mentions without those that it only asks for, as in `"x" in globals()`."""
    unknown: ast.expr | None
    """The first expression that may set any name."""
    looks_up_any: bool
    """Whether it looks up names that can't be known."""


def namespace_access(parsed: ParsedFile, vocabulary: Vocabulary) -> NamespaceAccess:
    """Searches a file for everything that may reach a name without writing it."""
    finder = _Finder(parsed.bound, vocabulary)
    if any(word in parsed.source for word in _WORDS):  # most files have none of them
        finder.visit(parsed.tree)
    mentions = frozenset(finder.mentions)
    return NamespaceAccess(
        frozenset(finder.sets), mentions | finder.asked, mentions, finder.unknown, finder.looks_up_any
    )


def _texts(node: ast.expr) -> Iterator[str]:
    constants = (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant))
    return (value for value in constants if isinstance(value, str))


class _Finder(ast.NodeVisitor):
    """Visits each expression that contains a namespace; a namespace on its own may be used for anything."""

    def __init__(self, bound: frozenset[str], vocabulary: Vocabulary) -> None:
        self.bound = bound
        self.vocabulary = vocabulary
        self.sets: set[str] = set()
        self.mentions: set[str] = set()
        self.asked: set[str] = set()
        self.unknown: ast.expr | None = None
        self.looks_up_any = False

    def anything(self, node: ast.expr) -> None:
        self.unknown = self.unknown or node
        self.looks_up_any = True

    def named(self, node: ast.expr | None, whole: ast.expr, *, sets: bool) -> None:
        """Notes a name that is given as a string."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            (self.sets if sets else self.mentions).add(node.value)
        elif sets:
            self.anything(whole)
        else:
            self.looks_up_any = True

    def is_builtin(self, node: ast.expr, names: frozenset[str]) -> bool:
        return isinstance(node, ast.Name) and node.id in names and node.id not in self.bound

    def is_module(self, node: ast.expr) -> bool:
        """Whether an expression is the file's own module, or `builtins`."""
        match node:
            case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Name(id="__name__")):
                return True
            case ast.Call(func=ast.Name() | ast.Attribute(), args=[ast.Name(id="__name__")]):
                return "import" in ast.unparse(node.func)
        return self.vocabulary.value(node) is builtins

    def is_namespace(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=function, args=[]):
                return self.is_builtin(function, _NAMESPACES)
            case ast.Call(func=function, args=[module]):
                return self.is_builtin(function, _NAMESPACES) and self.is_module(module)
            case ast.Attribute(value=owner, attr="__dict__"):
                return self.is_module(owner)
        return isinstance(node, ast.Attribute) and node.attr == "__globals__"

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if self.is_namespace(node.value):
            self.named(node.slice, node, sets=not isinstance(node.ctx, ast.Load))
            self.visit(node.slice)
        else:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if self.is_module(node.value) and not isinstance(node.ctx, ast.Load):
            self.sets.add(node.attr)
        elif self.is_namespace(node):
            self.anything(node)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """`"x" in globals()`, or `in dir()`."""
        for part in (node.left, *node.comparators):
            is_list = isinstance(part, ast.Call) and self.is_builtin(part.func, frozenset({"dir"}))
            if is_list or self.is_namespace(part):
                self.asked.update(_texts(node.left))
            else:
                self.visit(part)

    def visit_For(self, node: ast.For) -> None:
        if not self.is_namespace(node.iter):
            self.visit(node.iter)
        for part in (node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        if self.is_builtin(node, frozenset({"globals", "exec"})):
            self.anything(node)  # under another name it may do anything
        self.looks_up_any = self.looks_up_any or self.is_builtin(node, frozenset({"eval"}))

    def visit_Call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if self.is_namespace(owner):
                self.method(node, method)
            case ast.Call(func=ast.Name(id="exec") as function) if self.is_builtin(function, frozenset({"exec"})):
                self.executed(node)
            case ast.Call(func=function, args=[module, name, *_]) if self.is_builtin(function, _ATTRIBUTE_CALLS):
                if self.is_module(module):
                    self.named(name, node, sets=isinstance(function, ast.Name) and function.id == "setattr")
            case _ if self.is_namespace(node):
                self.anything(node)
                return
            case _:
                self.passed(node)
                return
        for value in _arguments(node):
            if not self.is_namespace(value):
                self.visit(value)

    def method(self, call: ast.Call, name: str) -> None:
        if name == "update":
            for keyword in call.keywords:
                self.named(ast.Constant(keyword.arg), call, sets=True)
            for argument in call.args:
                for key in argument.keys if isinstance(argument, ast.Dict) else [argument]:
                    self.named(key, call, sets=True)
        elif call.args:
            self.named(call.args[0], call, sets=name in _SETTERS)

    def executed(self, call: ast.Call) -> None:
        """`exec` in the file's own namespace, or in another one."""
        code, *namespaces = [*call.args, *(keyword.value for keyword in call.keywords)] or [call]
        if namespaces and not any(map(self.is_namespace, namespaces)):
            return
        if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
            self.anything(call)
            return
        self.sets.update(_set_by(code.value))

    def passed(self, call: ast.Call) -> None:
        """A call that may be given the namespace; functions that only read it are known."""
        self.visit(call.func)
        reads_only = self.is_builtin(call.func, _READERS)
        unpacked = [keyword.value for keyword in call.keywords if keyword.arg is None]
        for value in _arguments(call):
            if not (self.is_namespace(value) and (reads_only or value in unpacked)):
                self.visit(value)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _set_by(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return  # it will raise when it runs
    yield from (binding.name for binding in Walk(tree).index.bindings[None])
