"""Names in the fields of models that nothing defines. Python evaluates annotations late, so that the class is made."""

import annotationlib
import ast
import builtins
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from hyperpy.exceptions import RouteError, did_you_mean
from hyperpy.pages.facts import place_of, unquoted

_TYPES = ("bool", "bytes", "dict", "float", "int", "list", "set", "str", "tuple")


def undefined_in_model(annotation: Any) -> RouteError | None:
    """The error for the first field with an unknown name, in the classes that a type is made of."""
    for kind in _classes(annotation):
        module = sys.modules.get(kind.__module__)
        file = getattr(module, "__file__", None)
        node = _definition(kind, file) if file else None
        if module is not None and node is not None:
            known = {**vars(builtins), **vars(module), **vars(kind)}
            known |= dict.fromkeys(each.__name__ for each in kind.__type_params__)
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and (name := _unknown(field.annotation, known)):
                    return _error(f"{kind.__name__}.{ast.unparse(field.target)}", name, vars(module), str(file))
    return None


def _classes(annotation: Any) -> Iterator[type]:
    """The classes of users inside a type, and those of their fields."""
    waiting, seen = [annotation], set[int]()
    while waiting:
        kind = waiting.pop(0)
        if id(kind) in seen:
            continue
        seen.add(id(kind))
        waiting += get_args(kind)
        if isinstance(kind, type) and kind.__module__ not in ("builtins", "typing"):
            bases = [base for base in kind.__mro__ if not base.__module__.startswith(("pydantic.", "builtins"))]
            yield from bases
            for base in bases:
                waiting += annotationlib.get_annotations(base, format=annotationlib.Format.FORWARDREF).values()


def _definition(kind: type, file: str) -> ast.ClassDef | None:
    """The last statement that defines a class."""
    try:
        found: ast.Module | ast.ClassDef = ast.parse(Path(file).read_bytes())
    except OSError, SyntaxError:
        return None
    for name in kind.__qualname__.split("."):
        classes = [node for node in ast.walk(found) if isinstance(node, ast.ClassDef) and node.name == name]
        if not classes:
            return None
        found = classes[-1]
    return found if isinstance(found, ast.ClassDef) else None


def _unknown(annotation: ast.expr, known: Mapping[str, object]) -> ast.Name | None:
    names = (node for node in ast.walk(unquoted(annotation)) if isinstance(node, ast.Name))
    return next((name for name in names if name.id not in known), None)


def _error(field: str, name: ast.Name, namespace: Mapping[str, object], file: str) -> RouteError:
    near = did_you_mean(name.id, [*(each for each in namespace if not each.startswith(("_", "."))), *_TYPES])
    hint = f"{near} Otherwise, import `{name.id}`." if near else f"Import `{name.id}`, or define it in this file."
    what = f"the field `{field}` uses `{name.id}`, which this file doesn't define"
    return RouteError(what, place=place_of(name, file), hint=hint)
