"""Functions that assign a declared name without `global`: their value would never reach the page."""

import ast
from collections.abc import Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex, Owner, parameters
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.facts import Located, place_of

type _Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def check_forgotten_globals(parsed: ParsedFile) -> None:
    """Raises RouteError for a function that makes a local variable of a name annotated at module level.

    Parameters, comprehension variables, class bodies, decorated functions and names with a leading `_` don't count.
    """
    declared: dict[str, ast.AnnAssign] = {}
    for statement in parsed.index.owned(None, ast.AnnAssign):
        if isinstance(statement.target, ast.Name):
            declared.setdefault(statement.target.id, statement)
    if not declared:
        return
    for function, name, node in local_names(parsed.index):
        if name in declared and not name.startswith("_"):
            raise _error(function, node, declared[name], parsed.file)


def local_names(index: FileIndex) -> Iterator[tuple[_Function, str, Located]]:
    """The local variables of all functions without decorators, each with a node that binds it.

    Parameters are left out, also in the functions inside, and so are functions inside decorated ones.
    """
    for function in index.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda):
        outer: set[str] = set()
        around: Owner | None = function
        while around is not None:
            if not isinstance(around, ast.Lambda | ast.ClassDef) and around.decorator_list:
                break
            outer.update(() if isinstance(around, ast.ClassDef) else parameters(around))
            around = index.owner(around)
        else:
            yield from ((function, name, node) for name, node, *_ in index.bindings[function] if name not in outer)


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
