"""Likely mistakes in the user's modules that routes import, such as those with layouts, components and models."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from hyperpy.exceptions import RouteError
from hyperpy.pages import LoadWarning, PublicNames, Route
from hyperpy.pages.analysis.inputs.called_markers import called_markers
from hyperpy.pages.analysis.inputs.misplaced_inputs import misread_markers
from hyperpy.pages.analysis.methods.lost_calls import lost_answers, lost_calls
from hyperpy.pages.analysis.methods.missing_calls import missing_calls
from hyperpy.pages.analysis.mistakes.blocking_calls import blocking_calls
from hyperpy.pages.analysis.mistakes.end_tags import ends_more, open_elements
from hyperpy.pages.analysis.mistakes.foreign_markup import foreign_markup
from hyperpy.pages.analysis.mistakes.foreign_uses import foreign_uses
from hyperpy.pages.analysis.mistakes.unknown_keywords import unknown_keywords
from hyperpy.pages.analysis.mistakes.values.encoded_values import encoded_values
from hyperpy.pages.analysis.names.lost_responses import lost_responses
from hyperpy.pages.analysis.parsed_file import ParsedFile, parsed_file
from hyperpy.pages.analysis.template_mistakes import template_mistakes
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.known_names import MISSING
from hyperpy.pages.loading.package import RouteLoader
from hyperpy.pages.source_files import read_source
from hyperpy.user_files import is_users


class _Checked(NamedTuple):
    source: str
    warnings: tuple[LoadWarning, ...]
    half: tuple[tuple[str, LoadWarning], ...]
    """Warnings about elements, with their names, that no t-string of the file ends."""


# A module that is loaded again is another object.
_checked: WeakKeyDictionary[ModuleType, _Checked] = WeakKeyDictionary()


def helper_warnings(files: Iterable[Route], public: PublicNames) -> Iterator[LoadWarning]:
    """Warnings about the modules that some files import, directly or not. Each module is checked once.

    A component may begin an element that another file ends.
    """
    files = tuple(files)
    own = {file.file for file in files}
    modules = [module for module in _imported(file.definitions for file in files) if module.__file__ not in own]
    found = [_check(module, public) for module in modules]
    sources = [each.source for each in found]
    sources += [loader.source for file in files if isinstance(loader := _loader(file.definitions), RouteLoader)]
    for each in found:
        yield from each.warnings
        for name, warning in each.half:
            if not any(ends_more(name, source) for source in sources if source is not each.source):
                yield warning


def helper_files(files: Iterable[Route]) -> frozenset[str]:
    """The files of the modules that some routes and guards import, except for other routes."""
    modules = _imported(file.definitions for file in files)
    return frozenset(str(module.__file__) for module in modules if not _is_route(module))


def _is_route(module: ModuleType) -> bool:
    loader = _loader(vars(module))
    return isinstance(loader, RouteLoader) and loader.executed is not None


def _check(module: ModuleType, public: PublicNames) -> _Checked:
    if (known := _checked.get(module)) is not None:
        return known
    path, loader = str(module.__file__), _loader(vars(module))
    found = _Checked("", (), ())
    try:
        source = loader.source if isinstance(loader, RouteLoader) else read_source(Path(path))
        parsed = parsed_file(ast.parse(source, path), source, path)
    except RouteError, SyntaxError:  # it has changed since it was imported
        pass
    else:
        rebound = parsed.bound - parsed.bound_once
        names = {name: value for name, value in vars(module).items() if name not in rebound}
        vocabulary = Vocabulary(public, names, dict.fromkeys(parsed.local, MISSING))
        open_ = list(open_elements(parsed))
        warnings = (
            *template_mistakes(parsed),
            *foreign_markup(parsed),
            *(warning for name, warning in open_ if not name),
            *blocking_calls(parsed, vocabulary),
            *map(_as_warning, _errors(parsed, vocabulary, vars(module))),
            *unknown_keywords(parsed, vocabulary),
            *foreign_uses(parsed, vocabulary),
            *encoded_values(parsed, vocabulary),
        )
        found = _Checked(source, warnings, tuple((name, warning) for name, warning in open_ if name))
    _checked[module] = found
    return found


def _errors(parsed: ParsedFile, vocabulary: Vocabulary, namespace: Mapping[str, Any]) -> Iterator[RouteError]:
    """What is an error in a file under `routes/`. A module elsewhere may not be hyperpy's alone."""
    yield from lost_calls(parsed, vocabulary)
    yield from missing_calls(parsed, vocabulary)
    yield from called_markers(parsed, vocabulary)
    yield from lost_answers(parsed, vocabulary)
    yield from lost_responses(parsed, vocabulary, in_route=False)
    yield from misread_markers(parsed, namespace)


def _as_warning(error: RouteError) -> LoadWarning:
    assert error.place is not None  # a file's own mistake has one
    return LoadWarning(error.what, error.place, error.hint)


def _imported(namespaces: Iterable[Mapping[str, Any]]) -> list[ModuleType]:
    """The user's modules that code with these namespaces imports, by their files."""
    waiting = list(namespaces)
    found: dict[str, ModuleType] = {}
    seen: set[int] = set()
    while waiting:
        for module in _named(waiting.pop()):
            if id(module) not in seen:
                seen.add(id(module))
                file = vars(module).get("__file__")
                if isinstance(file, str) and file.endswith(".py") and is_users(file):
                    found.setdefault(file, module)
                    waiting.append(vars(module))
    return [module for _, module in sorted(found.items())]


def _named(namespace: Mapping[str, Any]) -> Iterator[ModuleType]:
    """The modules that a file imports, or that its names come from."""
    loader = _loader(namespace)
    names = set(loader.imports) if isinstance(loader, RouteLoader) else set()
    for value in list(namespace.values()):
        if isinstance(value, FunctionType | type):
            names.add(str(value.__module__))
        elif type(value) is ModuleType:
            yield value
    yield from (module for name in names if type(module := sys.modules.get(name)) is ModuleType)


def _loader(namespace: Mapping[str, Any]) -> object:
    return namespace.get("__loader__")
