"""Which code of a file may run one of its functions: by a call, or by passing the function on."""

import ast
import builtins
import inspect
import re
import typing
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.objects.descriptions import origin_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_never
from hyperpy.pages.analysis.vocabulary import Vocabulary

type User = ast.stmt
"""A candidate, or a statement of the file that is or holds none."""

_READERS: Final = frozenset({"callable", "dir", "hash", "help", "id", "isinstance", "print", "repr", "str", "type"})
_PLACEHOLDER: Final = lazy_pattern(r"%\w|\{[^}]*\}")


class FunctionUses:
    """The uses of module-level functions. `candidates` hold the code in them, in whatever block they stand."""

    def __init__(self, parsed: ParsedFile, vocabulary: Vocabulary, candidates: Iterable[ast.AsyncFunctionDef]) -> None:
        self.parsed = parsed
        self.index = parsed.index
        self.vocabulary = vocabulary
        self.candidates = frozenset(candidates)

    def users(self, name: str) -> set[User]:
        """The code that may run a function. A statement that binds its name again does not count."""
        return {
            self._holder(use.node) or statement
            for statement, names in self.parsed.names.items()
            if name in names.reads and name not in names.binds - self._defined(statement)
            for use in names.uses
            if use.node.id == name and not self._only_inspects(use.node)
        }

    def _holder(self, node: ast.AST) -> ast.AsyncFunctionDef | None:
        """The candidate that a node is in."""
        owners = (owner for owner in self.index.owners_of(node) if isinstance(owner, ast.AsyncFunctionDef))
        return next((owner for owner in owners if owner in self.candidates), None)

    def _defined(self, statement: ast.stmt) -> AbstractSet[str]:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return {statement.name}
        return {function.name for function in self._held(statement)}

    def _held(self, statement: ast.stmt) -> Iterator[ast.AsyncFunctionDef]:
        return (f for f in self.index.of(ast.AsyncFunctionDef, inside=statement) if f in self.candidates)

    def rebinding(self, function: ast.AsyncFunctionDef) -> ast.stmt | None:
        """Another statement that binds a function's name, but defines no candidate."""
        for statement, names in self.parsed.names.items():
            if function.name in names.binds and function.name not in {f.name for f in self._held(statement)}:
                return statement
        return None

    def _only_inspects(self, node: ast.AST) -> bool:
        """Whether a use can't run the function: a comparison, an annotation, `if __name__ == "__main__":` …"""
        match self.index.parent(node):
            case ast.Attribute(attr=attribute):
                return attribute != "__call__"
            case ast.Compare() | ast.Assert() | ast.Expr() | ast.UnaryOp(op=ast.Not()):
                return True
            case ast.Call(func=called) if called is not node and self._inspects(called):
                return True
        while (parent := self.index.parent(node)) is not None:
            match parent:
                case ast.If(test=test, body=body) if node in body and is_never(test):
                    return True
                case ast.AnnAssign(annotation=part) | ast.arg(annotation=part) if part is node:
                    return True
                case ast.FunctionDef(returns=part) | ast.AsyncFunctionDef(returns=part) if part is node:
                    return True
            node = parent
        return False

    def _inspects(self, called: ast.expr) -> bool:
        if isinstance(called, ast.Name) and called.id not in self.parsed.bound:
            return called.id in _READERS and hasattr(builtins, called.id)
        return origin_of(self.vocabulary.value(called)).module in {inspect.__name__, typing.__name__}

    def live(self, roots: Iterable[User]) -> set[User]:
        """The code that a request may run: that of the module level, of `roots`, and all that these name."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        definitions = [s for s in self.parsed.tree.body if isinstance(s, kinds) and not s.decorator_list]
        live: set[User] = {*self.parsed.tree.body, *roots}.difference(definitions) | {*roots}
        while found := {s for s in definitions if s not in live and not self.users(s.name).isdisjoint(live)}:
            live |= found
        return live


def possibly_named(index: FileIndex) -> frozenset[str]:
    """The async functions whose names the strings of a file may make: `globals()[f"on_{event}"]`."""
    texts = [node for node in index.of(ast.Constant) if isinstance(node.value, str)]
    computed = {inner for node in index.of(ast.JoinedStr, ast.BinOp) for inner in index.inside(node)}
    whole: set[str] = set()
    parts: set[str] = set()
    for text in texts:
        pieces = _PLACEHOLDER.split(text.value)
        whole.update(re.findall(r"\w+", text.value) if len(pieces) == 1 and "\n" not in text.value else ())
        parts.update(pieces if len(pieces) > 1 or text in computed else ())
    ends = tuple(part for part in parts if part)
    names = (function.name for function in index.of(ast.AsyncFunctionDef))
    return frozenset(n for n in names if n in whole or (ends and (n.startswith(ends) or n.endswith(ends))))
