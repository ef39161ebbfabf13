"""Splits the statements of a file at its loader, which is awaited between the two parts."""

import ast
from collections.abc import Sequence

from hyperpy.pages.analysis.methods.candidates import Candidate
from hyperpy.pages.analysis.methods.method_conditions import Branch
from hyperpy.pages.analysis.placement import at
from hyperpy.pages.facts import is_inert

type Block = Sequence[ast.stmt]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.TypeAlias)


def around_loader(statements: Block, loader: Candidate | None) -> tuple[Block, Block]:
    """The statements before and after the loader is awaited: that is after the definitions that follow it.

    An `if` around the loader is split too. Its condition is evaluated once and kept under a name that has a dot.
    """
    if loader is None:
        return statements, []
    return _split(statements, loader.path, loader.function)


def _split(statements: Block, path: Sequence[Branch], function: ast.AsyncFunctionDef) -> tuple[Block, Block]:
    if not path:
        return _after_definitions(statements, statements.index(function) + 1)
    (branch, taken), *inner = path
    before, after = _split(branch.body if taken else branch.orelse, inner, function)
    index = statements.index(branch)
    name = f".branch{len(path)}"
    value = ast.UnaryOp(ast.Not(), ast.UnaryOp(ast.Not(), branch.test))  # __bool__ runs once too
    kept = at(branch, ast.Assign([ast.Name(name, ast.Store())], value))
    first = _branch(branch, name, before, branch.orelse) if taken else _branch(branch, name, branch.body, before)
    if not after:
        head, tail = _after_definitions(statements, index + 1)
        return [*head[:index], kept, first, *head[index + 1 :]], tail
    second = _branch(branch, name, after, []) if taken else _branch(branch, name, [], after)
    return [*statements[:index], kept, first], [second, *statements[index + 1 :]]


def _after_definitions(statements: Block, end: int) -> tuple[Block, Block]:
    for following in statements[end:]:
        declaration = isinstance(following, ast.AnnAssign) and following.value is None
        if not (declaration or isinstance(following, _DEFINITIONS) or is_inert(following)):
            break
        end += 1
    return statements[:end], statements[end:]


def _branch(branch: ast.If, name: str, body: Block, orelse: Block) -> ast.If:
    test = ast.Name(name, ast.Load())
    return at(branch, ast.If(test, list(body) or [at(branch, ast.Pass())], list(orelse)))
