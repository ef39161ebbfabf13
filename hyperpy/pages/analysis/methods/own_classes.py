"""Which of hyperpy's classes an expression is an instance of: `channel("news")`, or a name that is bound to it."""

import ast
from dataclasses import field
from inspect import getattr_static

from starlette.requests import Request

from hyperpy.pages.analysis.file_index import Function
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.known_names import MISSING
from hyperpy.record_classes import record


@record(frozen=True)
class OwnClasses:
    """The classes of objects that hyperpy's functions return, by their annotations."""

    parsed: ParsedFile
    vocabulary: Vocabulary
    known: dict[tuple[Function | None, str], type | None] = field(default_factory=dict)
    """The classes of variables, by the function that they belong to, and their name."""

    def function(self, called: ast.expr) -> object:
        """The function or method that is called, or `MISSING`."""
        if not isinstance(called, ast.Name | ast.Attribute):
            return MISSING
        value = self.vocabulary.value(called)
        if value is MISSING and isinstance(called, ast.Attribute) and (owner := self._class_of(called.value)):
            return getattr_static(owner, called.attr, MISSING)
        return value

    def _class_of(self, node: ast.expr) -> type | None:
        match node:
            case ast.Call(func=called):
                return _returned(self.function(called))
            case ast.Name() if self.vocabulary.public_name(node) == "request":
                return Request
            case ast.Name():
                return self._bound_to(node)
        return None

    def _bound_to(self, name: ast.Name) -> type | None:
        """The class of a variable that only one statement of its scope binds."""
        function = self.parsed.index.function_of(name) if name in self.vocabulary.local else None
        if function is None and name.id in self.parsed.bound - self.parsed.bound_once:
            return None
        key = function, name.id
        if key not in self.known:
            self.known[key] = None  # while it is looked for: `a = a.strip()`
            self.known[key] = self._class_in(function, name.id)
        return self.known[key]

    def _class_in(self, function: Function | None, name: str) -> type | None:
        index = self.parsed.index
        scope = index.owned(function, ast.Assign, ast.AnnAssign, ast.AsyncWith)
        bound = [cls for statement in scope for cls in self._bound_by(statement, name)]
        stores = [n for n in index.owned(function, ast.Name) if n.id == name and isinstance(n.ctx, ast.Store)]
        return bound[0] if len(bound) == 1 == len(stores) else None

    def _bound_by(self, statement: ast.stmt, name: str) -> list[type | None]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return [self._class_of(value)]
            case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name and value is not None:
                return [self._class_of(value)]
            case ast.AnnAssign(target=ast.Name(id=target), annotation=annotation) if target == name:
                return [Request] if self.vocabulary.value(annotation) is Request else []
            case ast.AsyncWith(items=items):
                entered = [i.context_expr for i in items if i.optional_vars and ast.unparse(i.optional_vars) == name]
                return [_returned(getattr_static(self._class_of(each), "__aenter__", None)) for each in entered]
        return []


def _returned(function: object) -> type | None:
    """The class that a function of hyperpy returns."""
    if not str(getattr(function, "__module__", "")).startswith("hyperpy."):
        return None
    try:
        returned = getattr(function, "__annotations__", {}).get("return")
    except NameError:  # imported for type checkers only
        return None
    return returned if isinstance(returned, type) else None
