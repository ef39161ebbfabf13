"""Scopes of names, and what a statement does with the names of its module.

The rules are those of Python's language reference:
https://docs.python.org/3/reference/executionmodel.html#naming-and-binding
"""

import ast
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from hyperpy.pages.analysis.file_index import ImportedName, Owner


class When(Enum):
    """When Python looks up a module-level name."""

    AT_ONCE = "as its statement runs"
    LATER = "in a function that may be called later, or in a generator expression"
    PERHAPS_NEVER = "in an annotation or a `type` statement, or in a branch for other versions of Python"
    EXPECTED_TO_FAIL = "where the file catches a NameError"
    NEVER = "in the annotation of a function's variable"


class Use(NamedTuple):
    """A read of a module-level name. `owner` is the class that it stands in directly."""

    node: ast.Name
    when: When
    owner: ast.ClassDef | None


@dataclass(frozen=True, slots=True)
class Names:
    """What one statement does with module-level names, functions, classes and t-strings in it included."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Bound by the statement itself, when it runs."""
    rebinds: frozenset[str]
    """Assigned by a function in it that declares them `global`, when that is called."""
    declares: frozenset[str]
    """Declared by bare annotations."""
    uses: tuple[Use, ...]
    """The reads in source order, each with its time."""


@dataclass(slots=True)
class Scope:
    """The module, a function, lambda, comprehension, class or list of type parameters."""

    outer: Scope | None
    owner: Owner | None = None
    is_comprehension: bool = False
    bound: dict[str, ImportedName | None] = field(default_factory=dict)
    """The names, and the source of each if imports are all that binds it."""
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)

    @property
    def is_class(self) -> bool:
        return isinstance(self.owner, ast.ClassDef)

    @property
    def is_in_method(self) -> bool:
        """Whether it is in a class, but not its body."""
        found = None if self.is_class else self.outer
        while found is not None and not found.is_class:
            found = found.outer
        return found is not None


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """The names of all parameters."""
    arguments = function.args
    starred = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred)]


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of statements directly in a compound statement."""
    found = [block for name in ("body", "orelse", "finalbody") if (block := getattr(statement, name, None))]
    return found + [part.body for name in ("handlers", "cases") for part in getattr(statement, name, ())]
