"""What the analysis of one file has asked about objects behind its names."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache
from importlib import import_module

from hyperpy.pages.analysis.objects.descriptions import attribute_of, described
from hyperpy.pages.known_names import MISSING, PublicNames
from hyperpy.record_classes import record

type Question = Callable[[object, PublicNames], object]
"""A function at the top of a module. Its answers have a `repr` that is the same in every process."""

type Path = tuple[str | ast.Name, *tuple[str, ...]]
"""A name of the file, or a node that means a local variable, and the attributes to look up from there."""

type StoredPath = tuple[str | int, *tuple[str, ...]]
"""The same as plain data: local names by their places in `ParsedFile.local`."""

type StoredQuestions = tuple[tuple[str, str, StoredPath], ...]
"""Each with the module and name of its function; both are empty if only the object has been looked up."""


@record(frozen=True, slots=True)
class Asked:
    """Collects the questions. Names that lead to nothing count as well: an answer may change when they do."""

    questions: dict[tuple[Question | None, Path], None] = field(default_factory=dict)

    def add(self, question: Question | None, path: Path) -> None:
        self.questions[question, path] = None

    def stored(self, local: Sequence[ast.Name]) -> StoredQuestions:
        """All of them as plain data. `local` are the nodes that mean local variables."""
        places = {node: place for place, node in enumerate(local)}
        return tuple(
            (
                question.__module__ if question else "",
                question.__name__ if question else "",
                (name if isinstance(name, str) else places[name], *attributes),
            )
            for question, (name, *attributes) in self.questions
        )


def object_at(name: object, attributes: Sequence[str], public: PublicNames) -> object:
    """The object that `attributes` lead to from that of a name."""
    for attribute in attributes:
        if name is MISSING:
            return MISSING
        name = attribute_of(name, attribute, public)
    return name


def answers(
    questions: StoredQuestions, objects: Mapping[str, object], local: Sequence[object], public: PublicNames
) -> Iterator[str]:
    """The answers for the objects of names, and for those of local variables."""
    for module, function, (name, *attributes) in questions:
        start = local[name] if isinstance(name, int) else objects.get(name, MISSING)
        value = object_at(start, attributes, public)
        if module:
            yield repr(_question(module, function)(value, public))
        else:
            yield described(value, public)


@cache
def _question(module: str, function: str) -> Question:
    found: Question = getattr(import_module(module), function)
    return found
