"""The source of a function that is used as a dependency: its syntax tree, for places and for what may block."""

import ast
import dataclasses
import tokenize
from collections.abc import Mapping
from functools import lru_cache
from types import FunctionType

from hyperpy.pages.analysis.inputs.quick_calls import may_block, quick_parameters
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.analysis.walk import Walk
from hyperpy.pages.known_names import PublicNames
from hyperpy.pages.loading.dependencies.dependency_kinds import Callee
from hyperpy.pages.loading.resolved_inputs import DependencyKind

type Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@lru_cache(maxsize=32)
def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:  # the file has changed since it was imported
        return None


def _module(file: str) -> ast.Module | None:
    try:
        with tokenize.open(file) as source:
            return _tree(source.read())
    except OSError, SyntaxError, UnicodeDecodeError:  # made at run time, or in an archive
        return None


def definition_of(function: FunctionType | None) -> Function | None:
    """The definition of a function in its file; None if that can't be read."""
    tree = _module(function.__code__.co_filename) if function is not None else None
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            line = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            if function and line == function.__code__.co_firstlineno and _name(node) == function.__code__.co_name:
                return node
    return None


def _name(node: Function) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def fields_of(owner: type, file: str) -> Mapping[str, ast.AnnAssign]:
    """The annotated names in the body of a class, such as a dataclass: its parameters."""
    line = getattr(owner, "__firstlineno__", 0)
    for node in ast.walk(_module(file) or ast.Module([], [])):
        if isinstance(node, ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if line in {first, node.lineno} and node.name == owner.__name__:
                declared = [part for part in node.body if isinstance(part, ast.AnnAssign)]
                return {part.target.id: part for part in declared if isinstance(part.target, ast.Name)}
    return {}


def is_blocking(callee: Callee, public: PublicNames) -> bool:
    """Whether calling a dependency may block the event loop. The rule is that for the body of a route file."""
    if callee.kind not in {DependencyKind.VALUE, DependencyKind.CONTEXT}:
        return False
    definition = definition_of(callee.function)
    if callee.function is None or definition is None:
        return not (dataclasses.is_dataclass(callee.owner) and not hasattr(callee.owner, "__post_init__"))
    body: list[ast.stmt] = [ast.Expr(definition.body)] if isinstance(definition, ast.Lambda) else definition.body
    index = Walk(ast.Module(body, [])).index
    if index.of(ast.With):
        return True
    code, known = callee.function.__code__, callee.function.__globals__
    local = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    vocabulary = Vocabulary(public, {name: value for name, value in known.items() if name not in local})
    return may_block(body, frozenset(local.union(known)), index, quick_parameters(definition.args, index, vocabulary))
