"""What the conditions of a file say about the method of the request."""

import ast
from collections.abc import Iterator, Sequence

from hyperpy.pages.analysis.file_index import FileIndex, blocks
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS

type Branch = tuple[ast.If, bool]
"""An `if`, and whether its body or its `else:` is meant."""

type Path = tuple[Branch, ...]


def value_of(test: ast.expr, method: str, vocabulary: Vocabulary) -> bool | None:
    """The value of a condition in a request of a method; None if it depends on something else."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            value = value_of(operand, method, vocabulary)
            return None if value is None else not value
        case ast.BoolOp(op=operation, values=operands):
            decisive = isinstance(operation, ast.Or)
            values = {value_of(operand, method, vocabulary) for operand in operands}
            return decisive if decisive in values else None if None in values else not decisive
        case ast.Compare(left=left, ops=[operator], comparators=[ast.Constant(value=bool(wanted))]):
            value = value_of(left, method, vocabulary)
            if value is None or not isinstance(operator, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
                return None
            return (value is wanted) is isinstance(operator, ast.Eq | ast.Is)
        case ast.Call(func=ast.Name(id="bool"), args=[operand]):
            return value_of(operand, method, vocabulary)
        case ast.Constant(value=bool(value)):
            return value
    flag = vocabulary.public_name(test)
    return flag == method if flag in FLAGS else None


def is_reached(path: Path, method: str, vocabulary: Vocabulary) -> bool:
    """Whether a request of a method can reach the inside of some branches."""
    return all(value_of(branch.test, method, vocabulary) in {taken, None} for branch, taken in path)


def blocks_reached(statement: ast.stmt, method: str, vocabulary: Vocabulary) -> list[Sequence[ast.stmt]]:
    """The blocks directly in a statement that a request of a method can reach."""
    match statement:
        case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
            value = value_of(test, method, vocabulary)
            return [block for block, skipped in ((body, False), (orelse, True)) if value is not skipped]
        case ast.Match(cases=cases):
            guards = [case.guard and value_of(case.guard, method, vocabulary) for case in cases]
            return [case.body for case, guard in zip(cases, guards, strict=True) if guard is not False]
    return [*blocks(statement)]


def flags_in(node: ast.AST | None, index: FileIndex, vocabulary: Vocabulary) -> Iterator[str]:
    """The method flags that some code reads; None is the whole file."""
    for name in index.of(ast.Name, ast.Attribute, inside=node):
        if isinstance(name.ctx, ast.Load) and (flag := vocabulary.public_name(name)) in FLAGS:
            yield flag
