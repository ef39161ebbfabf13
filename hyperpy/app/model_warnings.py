"""Likely mistakes in the modules that define the models of a site's forms and bodies."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from hyperpy.exceptions import RouteError
from hyperpy.pages import LoadWarning, PublicNames, Route
from hyperpy.pages.analysis.mistakes.unknown_keywords import unknown_keywords
from hyperpy.pages.analysis.parsed_file import parsed_file
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.loading.package import read_source


def model_warnings(files: Iterable[Route], public: PublicNames) -> Iterator[LoadWarning]:
    """Warnings about the modules of the user's from which route files import models."""
    files = tuple(files)
    own = {file.file for file in files}
    for name in sorted({module for file in files for module in _modules(file)}):
        module = sys.modules.get(name)
        path = getattr(module, "__file__", None)
        if not path or path in own or not {"site-packages", "dist-packages"}.isdisjoint(Path(path).parts):
            continue
        try:
            source = read_source(Path(path))
            parsed = parsed_file(ast.parse(source, path), source, path)
        except OSError, RouteError, SyntaxError:  # it has changed since it was imported
            continue
        yield from unknown_keywords(parsed, Vocabulary(public, vars(module)))


def _modules(file: Route) -> Iterator[str]:
    """The modules of the models that a file has a name for."""
    return (value.__module__ for value in file.definitions.values() if isinstance(value, type) and _is_model(value))


def _is_model(kind: type) -> bool:
    return any(base.__module__ == "pydantic.main" for base in kind.__mro__[1:])
