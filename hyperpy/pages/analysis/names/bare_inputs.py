"""Annotations that can't be inputs for certain, because something else may set their names."""

import ast
from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.names.namespace_access import NamespaceAccess
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration, place_of

_TYPED: Final = (Request, Response, BaseException)


def check_bare_inputs(
    declarations: Iterable[Declaration],
    parameters: frozenset[str],
    parsed: ParsedFile,
    access: NamespaceAccess,
    vocabulary: Vocabulary,
    *,
    stars_known: bool,
) -> None:
    """Raises RouteError for an input without a marker whose name unknown code may set, or that misspells a parameter.

    `stars_known` says whether the names of all star imports are known.
    """
    stars = () if stars_known else filter(is_star, parsed.index.of(ast.ImportFrom))
    setter = access.unknown or next(iter(stars), None)
    unused = parameters - {name for names in parsed.names.values() for name in names.reads | names.binds}
    unused -= {declaration.name for declaration in declarations}
    for declaration in declarations:
        if declaration.marked or declaration.name in parameters or is_typed(declaration, vocabulary):
            continue
        if setter is not None:
            raise _ambiguous(declaration, setter, parsed.file)
        if parameter := next((name for name in unused if _plain(name) == _plain(declaration.name)), ""):
            raise _misspelt(declaration, parameter, parsed.file)


def is_star(node: ast.ImportFrom) -> bool:
    """Whether an import is `from … import *`."""
    return node.names[0].name == "*"


def is_typed(declaration: Declaration, vocabulary: Vocabulary) -> bool:
    """Whether the type says what the input is, as with `request: Request`."""
    kind = vocabulary.value(declaration.annotation)
    return isinstance(kind, type) and issubclass(kind, _TYPED)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _ambiguous(declaration: Declaration, setter: ast.expr | ast.stmt, file: str) -> RouteError:
    name, written = declaration.name, ast.unparse(declaration.annotation)
    what = f"`{ast.unparse(setter)}` at line {setter.lineno} may set `{name}`, so it can't be an input as it stands"
    hint = f"If it comes from the request, write `{name}: Annotated[{written}, Query()]`. If not, set it by its name."
    return RouteError(what, place=place_of(declaration.node, file), hint=hint)


def _misspelt(declaration: Declaration, parameter: str, file: str) -> RouteError:
    name, written = declaration.name, ast.unparse(declaration.annotation)
    what = f"the URL of this file has the parameter `{parameter}`, not `{name}`"
    hint = f"Write `{parameter}: {written}`, or for the query `{name}: Annotated[{written}, Query()]`."
    return RouteError(what, place=place_of(declaration.node, file), hint=hint)
