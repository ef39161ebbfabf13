"""What the analysis of a route file finds out: plain frozen records, handed to the compiler."""

import ast
from dataclasses import dataclass

from hyperpy.pages.analysis.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Declaration:
    """An annotation at module level that asks for something of the request."""

    name: str
    annotation: ast.expr
    node: ast.AnnAssign
    has_default: bool
    group: int
    """0 for the file's own block; each nested block with inputs has a number of its own."""
    marked: bool
    """Its annotation has an input marker."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """The async generator that is the stream, and what its `yield`s visibly are."""

    name: str
    line: int
    begins_document: bool
    first_is_html: bool
    yields_event: bool


@dataclass(frozen=True, slots=True)
class Description:
    """A route file, taken apart. `before` and `after` are the statements of each request around the awaited loader."""

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
    """What the route answers; HEAD comes with GET."""
    responds: bool
    """It can give an explicit answer."""
    blocking: bool
    """Its body or page calls what might block the event loop."""
    vocabulary: Vocabulary
    """The meaning of the file's names."""
    markers: frozenset[str]
    """How its t-strings write `fragment`."""
    unreferenced: tuple[str, ...]
    """Functions that are made anew for each request and that no code of the file names: the loader, the stream."""
    future: int
    """Compiler flags of its `from __future__` imports."""
