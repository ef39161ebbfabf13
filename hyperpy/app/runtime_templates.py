"""Prepares for t-strings that could not be compiled when their file was loaded: the first request will do it."""

import opcode
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Final

from hyperpy.pages import Route
from hyperpy.templates import import_compiler, is_compiler_imported

_BUILDS: Final = opcode.opmap["BUILD_TEMPLATE"]
_ELSEWHERE: Final = (os.path.dirname(os.__file__), str(Path(__file__).parents[1]))


def prepare_for_templates(files: Iterable[Route]) -> None:
    """Import the compiler of t-strings now, if a request of these files may need it and nothing else has."""
    if is_compiler_imported():
        return
    bodies = (
        (route.before, route.after, *_pages(route)) for file in files for route in (file, *file.by_method.values())
    )
    if any(map(_builds_templates, bodies)) or _project_builds_templates():
        import_compiler()


def _pages(route: Route) -> Iterable[CodeType]:
    for template in route.templates:
        yield template.code
        yield from template.fragments.values()


def _builds_templates(codes: Iterable[CodeType | None]) -> bool:
    """Whether code, or a function in it, evaluates a t-string."""
    for code in codes:
        if code is None:
            continue
        if _BUILDS in code.co_code[::2] or _builds_templates(c for c in code.co_consts if isinstance(c, CodeType)):
            return True
    return False


def _project_builds_templates() -> bool:
    """Whether a module of the project has a function or method with a t-string. Installed packages aren't searched."""
    return any(_has_templates(module) for module in list(sys.modules.values()) if _is_projects(module))


def _is_projects(module: ModuleType) -> bool:
    file = getattr(module, "__dict__", {}).get("__file__")
    return isinstance(file, str) and not file.startswith(_ELSEWHERE) and "-packages" not in file


def _has_templates(module: ModuleType) -> bool:
    values = list(vars(module).values())
    values += [each for value in values if isinstance(value, type) for each in vars(value).values()]
    own = (value for value in values if isinstance(value, FunctionType) and value.__module__ == module.__name__)
    return _builds_templates(value.__code__ for value in own)
