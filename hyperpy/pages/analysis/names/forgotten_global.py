"""Functions that assign a declared name without `global`: their value would never reach the page."""

import ast
from collections.abc import Iterator, Sequence

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import Located, is_located, place_of
from hyperpy.pages.analysis.scopes import bindings, module_level

type _Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def check_forgotten_globals(parsed: ParsedFile) -> None:
    """Raises RouteError for a function that makes a local variable of a name annotated at module level.

    Parameters, comprehension variables, class bodies, decorated functions and names with a leading `_` don't count.
    """
    declared = _annotated(parsed.tree)
    if not declared:
        return
    for function, name, node in local_names(parsed.tree):
        if name in declared and not name.startswith("_"):
            raise _error(function, node, declared[name], parsed.file)


def _annotated(tree: ast.Module) -> dict[str, ast.AnnAssign]:
    """The first annotation of each name at module level, blocks included."""
    found: dict[str, ast.AnnAssign] = {}
    for statement in tree.body:
        for node in module_level(statement):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.setdefault(node.target.id, node)
    return found


def local_names(tree: ast.AST, outer: frozenset[str] = frozenset()) -> Iterator[tuple[_Function, str, Located]]:
    """The local variables of all functions without decorators, each with a node that binds it.

    Parameters are left out, also in the functions inside, where `outer` are those of the functions around.
    """
    for child in ast.iter_child_nodes(tree):
        inner = outer
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            if not isinstance(child, ast.Lambda) and child.decorator_list:
                continue
            arguments = ast.iter_child_nodes(child.args)
            inner = outer | {argument.arg for argument in arguments if isinstance(argument, ast.arg)}
            yield from ((child, name, node) for name, node in _bound_in(child) if name not in inner)
        yield from local_names(child, inner)


def _bound_in(function: _Function) -> Iterator[tuple[str, Located]]:
    body: Sequence[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else function.body
    nodes = [node for part in body for node in module_level(part)]
    elsewhere = {name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    for part in body:
        for name, _ in bindings(part, in_function=True):
            if name not in elsewhere:
                yield name, next((node for node in nodes if is_located(node) and _binds(node, name)), function)


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=bound, ctx=ast.Store() | ast.Del()):
            return bound == name
        case ast.alias(name=imported, asname=renamed):
            return (renamed or imported.partition(".")[0]) == name
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.ExceptHandler():
            return node.name == name
        case ast.MatchAs() | ast.MatchStar():
            return node.name == name
        case ast.MatchMapping(rest=rest):
            return rest == name
    return False


def name_of(function: _Function) -> str:
    return "a lambda" if isinstance(function, ast.Lambda) else f"{function.name}()"


def _error(function: _Function, node: Located, declared: ast.AnnAssign, file: str) -> RouteError:
    assert isinstance(declared.target, ast.Name)
    name = declared.target.id
    hint = f"If it is meant to be a variable of {name_of(function)} alone, give it another name."
    if not isinstance(function, ast.Lambda):
        keyword = "async def" if isinstance(function, ast.AsyncFunctionDef) else "def"
        head = f"{keyword} {function.name}({ast.unparse(function.args)}):"
        hint = f"Write\n\n    {head}\n        global {name}\n\n{hint}"
    what = f"{name_of(function)} sets a local variable `{name}`, not the `{name}` that line {declared.lineno} declares"
    return RouteError(what, place=place_of(node, file), hint=hint)
