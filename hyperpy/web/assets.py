"""`asset()`: URLs of static files that change with their content."""

from typing import TYPE_CHECKING, Never

from hyperpy.exceptions import URLError, caller_place
from hyperpy.pages import current
from hyperpy.routing import URLProblem, root_prefix
from hyperpy.web.site_urls import current_site

if TYPE_CHECKING:
    from hyperpy.web.static_files import StaticFolder


def asset(name: str, /) -> str:
    """The URL of a static file's present content: `asset("css/app.css")` is `/static/css/app.0123456789abcdef.css`.

    `name` is the path of the file in the static folder. Browsers keep what such a URL returns for a year, since another
    content has another URL. The path under which the site is mounted or proxied comes first.

    Raises URLError outside a request, and for a file that doesn't exist or isn't public.
    """
    run = current.get(None)
    if run is not None:  # as `current_site` does, and faster
        app, root = run.scope.get("app"), root_prefix(run.scope)
    elif (site := current_site()) is not None:
        app, root = site
    else:
        hint = "Call it in a route file, or in a function that a route file calls: the path in front is the request's."
        _fail("it needs a request", hint)
    folder: StaticFolder | None = getattr(app, "static_folder", None)
    if folder is None:
        _fail(*no_static_files(name))
    if not isinstance(name, str):
        _fail(f"a name must be a str, not {type(name).__name__}", 'Write asset("css/app.css").')
    path = folder.url_path(name)
    if path is None:
        problem = folder.problem(name)
        if problem is None:  # it has appeared in between
            return asset(name)
        _fail(problem.what, problem.hint)
    return root + path


def no_static_files(name: str) -> URLProblem:
    return URLProblem("this application has no static files", 'Pass their folder: Hyper(static="static").')


def _fail(what: str, hint: str) -> Never:
    raise URLError(f"asset(): {what}", hint=hint, place=caller_place())
