"""The modules of the project that its application has imported."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Final

_OURS: Final = frozenset({"hyper", "hyperpy"})  # which a checkout may hold


def project_modules() -> dict[str, ModuleType]:
    """The top-level modules and packages in the working directory, by name, without those of an environment in it."""
    here = Path.cwd()
    modules = {name: module for name, module in list(sys.modules.items()) if name.isidentifier() and name not in _OURS}
    return {name: module for name, module in sorted(modules.items()) if _is_of(module, here)}


def _is_of(module: object, folder: Path) -> bool:
    if not isinstance(module, ModuleType):
        return False
    places = [module.__file__] if getattr(module, "__file__", None) else list(getattr(module, "__path__", ()))
    return any(_is_inside(Path(place), folder) for place in places if place)


def _is_inside(place: Path, folder: Path) -> bool:
    if not place.is_relative_to(folder):
        return False
    parts = place.relative_to(folder).parts
    return not any(part.startswith(".") or part in ("site-packages", "dist-packages") for part in parts)
