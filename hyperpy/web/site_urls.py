"""URLs of routes, with the path in front under which a proxy or a mount serves the site."""

import logging
from collections.abc import Iterable, Iterator, MappingView
from contextvars import ContextVar
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, NamedTuple, Never
from urllib.parse import quote, unquote, urlencode

from starlette.types import Scope

from hyperpy.exceptions import URLError, caller_place
from hyperpy.lazy import pydantic_core
from hyperpy.pages import current
from hyperpy.routing import root_prefix
from hyperpy.routing.urls import URLProblem, build_path, missing_parameter, parameters, pattern_problem

log = logging.getLogger("hyperpy")

BLOCKED: Final = "#blocked"

_LISTS: Final = (list, tuple, set, frozenset, range, Iterator, MappingView)


class Site(NamedTuple):
    """The application that handles a request, and the path in front of its URLs, percent-encoded."""

    app: Any
    root: str


# Set where a request may reach code outside a route file: middleware, explicit routes and mounts.
entered_site: ContextVar[Site | None] = ContextVar("entered_site", default=None)


def site_of(scope: Scope) -> Site:
    return Site(scope.get("app"), root_prefix(scope))


def current_site() -> Site | None:
    """The site of the running request; None outside of requests."""
    run = current.get(None)
    return entered_site.get() if run is None else site_of(run.scope)


def url(route: str, /, **values: object) -> str:
    """The URL of a route file: `url("/contacts/{contact_id}", contact_id=7, page=2)` is `/contacts/7?page=2`.

    `route` is written as in `hyper routes`. Of the values, those named in it become its parameters, percent-encoded;
    the others become the query: None is left out, and a list repeats its name. Values are written as inputs read them.
    In a request, the path under which the site is mounted or proxied comes first. Paths below `/static/` are routes
    too.

    Raises URLError for an unknown route (in a request), a missing parameter, or a value that can't be written. If a
    parameter's value can't be part of a path, such as `..`, the result is `#blocked` and a warning in the log.
    """
    site = current_site()
    loaded = getattr(site.app, "loaded_routes", None) if site else None
    known = loaded.patterns.problem(route, values) if loaded else pattern_problem(route)
    if problem := known or missing_parameter(route, values):
        _fail(problem)
    names = parameters(route)
    path = build_path(route, {name: parameter_text(name, values[name]) for name in names})
    if path is None:
        return _blocked(route, {name: values[name] for name in names})
    if site is not None:
        path = site.root + path
    if len(values) == len(names):
        return path
    query = [(name, text) for name, value in values.items() if name not in names for text in _query(name, value)]
    return f"{path}?{urlencode(query, quote_via=quote, errors='replace')}" if query else path


def under_root_path(url: str) -> str:
    """The URL of a redirect with the root path in front, if it is a path that has none."""
    site = current_site()
    if site is None or not site.root or not url.startswith("/"):
        return url
    path, root = unquote(url.partition("?")[0].partition("#")[0]), unquote(site.root)
    if path != root and not path.startswith(f"{root}/"):
        return site.root + url
    # From `url()` or `request.url.path`, unless the site has a route of its own below a folder of that name.
    return site.root + url if _is_only_inside(site.app, path, path.removeprefix(root)) else url


def _is_only_inside(app: Any, path: str, rest: str) -> bool:
    """Whether a route answers the path, and none answers the rest of it after the root path."""
    loaded = getattr(app, "loaded_routes", None)
    return (
        loaded is not None
        and bool(loaded.router.match(quote(path).encode()))
        and not (loaded.router.match(quote(rest or "/").encode()))
    )


def parameter_text(name: str, value: object) -> str:
    """The value of a path parameter as a route reads it. Raises URLError for one that can't be written."""
    if value is None or isinstance(value, _LISTS):
        kind = "None" if value is None else f"a {type(value).__name__}"
        _fail(URLProblem(f"the parameter `{name}` can't be {kind}", "Pass one value."))
    return _text(name, value)


def _query(name: str, value: object) -> list[str]:
    items: Iterable[object] = value if isinstance(value, _LISTS) else [value]  # type: ignore[assignment]
    return [_text(name, item) for item in items if item is not None]


def _text(name: str, value: object) -> str:
    """A value as an input of its type reads it."""
    if type(value) is str or type(value) is int:
        return str(value)
    if isinstance(value, Enum):
        return _text(name, value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, PurePath):
        return str(value)
    try:
        plain = pydantic_core.to_jsonable_python(value)
    except pydantic_core.PydanticSerializationError, UnicodeDecodeError:
        plain = None
    if isinstance(value, bytes | bytearray) or not isinstance(plain, str | int | float):
        hint = "Pass a str, a number, a date, a UUID, an Enum …, or a list of these for the query."
        _fail(URLProblem(f"`{name}` can't be a {type(value).__name__}", hint))
    return str(plain)


def _blocked(route: str, values: dict[str, object]) -> str:
    """The replacement for a URL that no request could have. Raises an error in debug mode."""
    shown = ", ".join(f"{name}={value!a:.100}" for name, value in values.items())
    what = f"a path can't contain {shown}"
    run = current.get(None)
    if run is not None and run.is_strict:
        hint = f"This is an error only in debug mode. Otherwise the URL is {BLOCKED}, and a warning is logged."
        _fail(URLProblem(what, hint))
    log.warning('%s  url("%s"): %s, returned %s', caller_place(), route, what, BLOCKED)
    return BLOCKED


def _fail(problem: URLProblem) -> Never:
    raise URLError(f"url(): {problem.what}", hint=problem.hint, place=caller_place())
