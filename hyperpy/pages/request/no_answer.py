"""The errors of requests that reach neither a page nor a stream of their route."""

from hyperpy.exceptions import AnswerError, Place
from hyperpy.pages.loading.route import Route


def no_template(route: Route, method: str) -> AnswerError:
    """The error of a request that wants a page and has reached no template."""
    lines = ", ".join(str(template.place.line) for template in route.templates)
    what = f"this {method} request reached none of the templates (lines {lines})"
    if not route.templates:
        what = f"this {method} request has no answer"
    hint = "Write a template under `else:` or at the top level, or set `response`."
    if not route.templates:
        hint += '\nA call by itself is an answer only if it returns a Response. For one that returns HTML: t"{page()}"'
    return AnswerError(what, place=Place(route.file), hint=hint)


def no_stream(route: Route, method: str) -> AnswerError:
    """The error of a request that wants the stream and has not reached its function."""
    what = f"this {method} request has not reached the stream"
    line = route.stream.line if route.stream else 0
    return AnswerError(what, place=Place(route.file, line), hint="Set `response` where there is no stream.")
