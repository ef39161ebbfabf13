"""What analysis finds out about a route file, as far as loading uses it. Cached files are loaded without analysis."""

import ast
from collections.abc import Callable
from typing import Final, NamedTuple

from hyperpy.exceptions import Place, message
from hyperpy.record_classes import record
from hyperpy.routing import URLPatterns, URLProblem

FLAGS: Final = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
METHODS: Final = FLAGS | {""}

type Located = ast.expr | ast.stmt | ast.alias | ast.arg | ast.ExceptHandler | ast.pattern

type ImportedName = tuple[int, str, str]
"""The level, module and name of an import; the name is empty for `import module`."""

type AssetCheck = Callable[[str], URLProblem | None]
"""The problem with the name of a static file."""


@record(frozen=True, slots=True)
class Declaration:
    """An annotation at module level whose value comes from the request."""

    name: str
    annotation: ast.expr
    node: ast.AnnAssign | ast.arg
    """A parameter if it is an input of a dependency."""
    default: ast.expr | None
    """Evaluated for each request that has no value, where it stands."""
    group: int
    """0 for the file's own block; each nested block with inputs has its own number."""
    marked: bool
    """Whether it has an input marker, in its annotation or as its value."""
    marker: ast.expr | None = None
    """The marker that is written as its value, without the default; evaluated once."""
    initial: ast.expr | None = None
    """The initial values of a form, evaluated for each request that isn't a submission."""
    methods: frozenset[str] | None = METHODS
    """The methods whose requests always reach it; None if that depends on something else than the method."""

    @property
    def has_default(self) -> bool:
        return self.default is not None


@record(frozen=True, slots=True)
class StreamFacts:
    """The stream's async generator, and what its `yield`s show without running it."""

    name: str
    line: int
    begins_document: bool
    first_is_html: bool
    yields_event: bool


@record(frozen=True, slots=True)
class LoadWarning:
    """Something in a route file that works, but probably not as intended."""

    what: str
    place: Place
    hint: str

    def __str__(self) -> str:
        return message(f"warning: {self.what}", self.place, self.hint)


class URLReference(NamedTuple):
    """The literal of one call. It is plain data, for `marshal`."""

    function: str
    literal: str
    names: frozenset[str] | None
    """The parameters that `url` is given; None if they can't be known."""

    def problem(self, patterns: URLPatterns, check_asset: AssetCheck | None) -> URLProblem | None:
        if self.function == "url":
            return patterns.problem(self.literal, self.names)
        return check_asset(self.literal) if check_asset is not None else None


def place_of(node: Located, file: str) -> Place:
    """The place of a node: its first line, and its width if it ends there."""
    width = (node.end_col_offset or 0) - node.col_offset if node.end_lineno == node.lineno else 0
    return Place(file, node.lineno, node.col_offset, max(width, 0))


def is_inert(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a docstring, another bare literal, `pass`."""
    is_literal = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_literal or isinstance(statement, ast.Pass)


def unquoted(annotation: ast.expr) -> ast.expr:
    """The expression in an annotation that is written as a string."""
    if not (isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)):
        return annotation
    try:
        inside = ast.parse(annotation.value.strip(), mode="eval").body
    except SyntaxError:
        return annotation  # resolving it reports the error, if the name is an input
    for node in ast.walk(inside):
        ast.copy_location(node, annotation)
    return inside
