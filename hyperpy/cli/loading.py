"""Loads the application that the settings name: TARGET, app.py, or the folder of routes on its own."""

import importlib
import inspect
import os
import sys
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.types import ASGIApp

from hyperpy.app import Hyper
from hyperpy.config import Command, Settings, load_settings, running_command
from hyperpy.exceptions import ConfigError, HyperError, RouteError, did_you_mean
from hyperpy.pages.analysis.mistakes.route_decorators import DECORATORS, advice
from hyperpy.tracebacks import raising_place
from hyperpy.web.static_files import StaticFolder

APP_FILE = "app.py"
DEFAULT_TARGET = "app:app"


def load_app(settings: Settings, *, debug: bool = False, development_key: str = "", tolerant: bool = False) -> ASGIApp:
    """The application named in the settings, loaded from the working directory.

    From here on, applications made in this context get these settings, `debug` and `tolerant`. Raises ConfigError if
    the settings are invalid, and whatever the user's own code raises.
    """
    folder = Path.cwd()
    if sys.path[:1] != [str(folder)]:
        sys.path.insert(0, str(folder))  # as `python app.py` does; an installed script has its own folder there
    running_command.set(Command(settings, debug, development_key, tolerant))
    target = settings.target or (DEFAULT_TARGET if (folder / APP_FILE).is_file() else None)
    if target is None:
        return Hyper(routes=settings.routes, static=settings.static)
    for name in ("routes", "static"):
        if name in settings.sources:
            raise settings.error(
                name,
                f"{target} chooses its own {name} folder",
                f'Write Hyper({name}="{getattr(settings, name)}") there, or remove the setting.',
            )
    return _import_target(target, settings)


def load_tolerantly(flags: Mapping[str, object], problems: list[HyperError]) -> Hyper | None:
    """The application, as far as its files and settings are valid; the errors of the others are added to `problems`.

    It is None if nothing of the site can be loaded. Raises whatever the user's own code raises.
    """
    settings = load_settings(flags, os.environ, Path.cwd(), problems.append)
    try:
        return loaded_hyper(load_app(settings, debug=True, tolerant=True), settings)
    except RouteError as error:  # such as a folder that doesn't exist
        problems.append(error)
        return None
    except ConfigError as error:  # a setting that is invalid beside others; all but these can be left out
        problems.append(error)
    needed = [name for name in ("routes", "static", "elsewhere", "target") if name in settings.sources]
    settings = load_settings({name: getattr(settings, name) for name in needed}, {}, Path(os.devnull))
    try:
        return loaded_hyper(load_app(settings, debug=True, tolerant=True), settings)
    except ConfigError, RouteError:
        return None


def loaded_hyper(app: ASGIApp, settings: Settings) -> Hyper:
    """The application, if it is one with route files. Raises ConfigError for any other."""
    if isinstance(app, Hyper):
        return app
    what = f"the application has the type {type(app).__name__}, not Hyper"
    raise settings.error("target", what, "Serve an application made by Hyper(): only these have route files.")


def static_folder(app: ASGIApp) -> StaticFolder | None:
    """The folder of an application's static files, if it is one that hyperpy knows."""
    return app.static_folder if isinstance(app, Hyper) else None


def _import_target(target: str, settings: Settings) -> ASGIApp:
    module_name, colon, attribute = target.partition(":")
    if not colon or not module_name or not attribute or "/" in target or module_name.endswith(".py"):
        module_name = module_name.removesuffix(".py").strip("./").replace("/", ".") or "app"
        hint = f"Write module:attribute, such as {module_name}:{attribute or 'app'}."
        raise settings.error("target", f"{target!r} is not of the form module:attribute", hint)
    module = _import_module(module_name, settings)
    try:
        app: Any = reduce(getattr, attribute.split("."), module)
    except AttributeError:
        raise _no_attribute(module, attribute, settings) from None
    problem = _find_problem(app, module_name, attribute)
    if problem is not None:
        raise settings.error("target", f"{target} {problem[0]}", problem[1])
    return app  # type: ignore[no-any-return]


def _import_module(name: str, settings: Settings) -> ModuleType:
    try:
        return importlib.import_module(name)
    except AttributeError as error:
        if not isinstance(error.obj, Hyper) or error.name not in DECORATORS:
            raise
        what = f"a Hyper application has no `{error.name}`"
        raise RouteError(what, place=raising_place(error), hint=advice(error.name, "")) from None
    except ModuleNotFoundError as error:
        # If an import inside the user's module fails, the user gets that traceback.
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        missing = error.name
    here = {path.stem for path in Path.cwd().glob("*.py")} | {path.parent.name for path in Path.cwd().glob("*/*.py")}
    hint = f"{did_you_mean(name, sorted(here))} Modules are searched for in {Path.cwd()} first."
    raise settings.error("target", f"no module named {missing!r}", hint.strip())


def _no_attribute(module: ModuleType, attribute: str, settings: Settings) -> ConfigError:
    file = Path(module.__file__).name if module.__file__ else module.__name__
    names = [name for name in vars(module) if not name.startswith("_")]
    apps = [name for name in names if isinstance(vars(module)[name], Hyper)]
    near = did_you_mean(attribute, names) or (f"Did you mean `{apps[0]}`?" if apps else "")
    hint = f"{near} Write {attribute.partition('.')[0]} = Hyper() in {file}, or name another TARGET.".strip()
    return settings.error("target", f"{file} has no `{attribute}`", hint)


def _find_problem(app: Any, module: str, attribute: str) -> tuple[str, str] | None:
    """Why `app` is not an ASGI application, and what to write instead; None if it looks like one."""
    example = f"Write application = {attribute}(), and serve {module}:application."
    if inspect.isclass(app):
        return "is a class, not an application", example
    if not callable(app):
        hint = f"Serve an object made by Hyper(), such as {module}:app."
        return f"has the type {type(app).__name__}, and is not an ASGI application", hint
    try:
        signature = inspect.signature(app)
    except TypeError, ValueError:
        return None
    if _takes(signature, 3):
        return None
    if _takes(signature, 0):
        return "is a function that makes an application, not an application", example
    if _takes(signature, 2):
        return "takes two arguments, like a WSGI application", "An ASGI application takes scope, receive and send."
    return "does not take scope, receive and send", "An ASGI application is a callable with these three parameters."


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
