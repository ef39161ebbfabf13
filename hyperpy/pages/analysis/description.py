"""The result of analyzing a route file: frozen records for the compiler."""

import ast
from dataclasses import dataclass

from hyperpy.pages.analysis.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Declaration:
    """An annotation at module level whose value comes from the request."""

    name: str
    annotation: ast.expr
    node: ast.AnnAssign
    has_default: bool
    group: int
    """0 for the file's own block; each nested block with inputs has its own number."""
    marked: bool
    """Whether its annotation has an input marker."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """The stream's async generator, and what its `yield`s show without running it."""

    name: str
    line: int
    begins_document: bool
    first_is_html: bool
    yields_event: bool


@dataclass(frozen=True, slots=True)
class Description:
    """A route file, split. `before` and `after` are the statements of a request before and after the loader."""

    file: str
    source: str
    once: tuple[ast.stmt, ...]
    before: tuple[ast.stmt, ...]
    after: tuple[ast.stmt, ...]
    declarations: tuple[Declaration, ...]
    templates: tuple[ast.TemplateStr, ...]
    loader: str
    stream: StreamFacts | None
    methods: frozenset[str]
    """The methods that the route answers; HEAD comes with GET."""
    responds: bool
    """Whether it can have an explicit answer."""
    blocking: bool
    """Whether its body or page may block the event loop."""
    vocabulary: Vocabulary
    """The meaning of the file's names."""
    markers: frozenset[str]
    """How its t-strings write `fragment`."""
    unreferenced: tuple[str, ...]
    """Functions made for each request that no code of the file refers to, such as the loader and the stream."""
    future: int
    """Compiler flags of its `from __future__` imports."""
