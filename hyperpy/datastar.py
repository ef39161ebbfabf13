"""Events for Datastar 1, and its signals as an input: `from hyperpy import datastar as ds`.

Yield what these functions return. Nothing here needs datastar-py, whose functions break lines where Datastar doesn't,
drop characters such as U+2028 with it, and write values into scripts as they are.
"""

from dataclasses import field, replace
from string.templatelib import Template
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from hyperpy.exceptions import EventError
from hyperpy.forms import Submission, SubmittedJSON
from hyperpy.forms.strict_inputs import JSONInput, json_input
from hyperpy.pages import InputMarker, current
from hyperpy.pages.datastar_requests import leaving_html
from hyperpy.pages.htmx_headers import absolute_path
from hyperpy.pages.submitted_bodies import BodyNeeds, FromBody, submitted_body
from hyperpy.record_classes import public_record, record
from hyperpy.streams import Event, StreamMode, stream_headers
from hyperpy.streams.dialects.datastar_encoding import encode_for_datastar
from hyperpy.streams.dialects.patch_events import (
    Mode,
    Namespace,
    check_options,
    complete_document,
    elements_event,
    html_of,
    is_document,
    removal_event,
    signals_event,
)
from hyperpy.templates import Markup, TrustedJS, markup, render_template
from hyperpy.web.redirect import check_url
from hyperpy.web.site_urls import under_root_path

__all__ = ["Signals", "answer", "forget", "patch", "redirect", "remove", "script", "signals", "view"]

type HTML = Template | Markup | str

_QUERY: Final = frozenset(("GET", "HEAD", "DELETE"))


@public_record(frozen=True, slots=True)
class Patch:
    """Elements for the page. Their HTML is rendered when the event is sent, and may have deferred values."""

    content: object
    selector: str | None
    mode: str
    use_view_transition: bool
    namespace: str

    def __event__(self) -> Event:
        return elements_event(
            self.content,
            selector=self.selector,
            mode=self.mode,
            use_view_transition=self.use_view_transition,
            namespace=self.namespace,
        )


@public_record(frozen=True, slots=True)
class View:
    """A page in the place of the one that is shown. `tail` is HTML that Datastar runs and removes."""

    content: object
    tail: str
    use_view_transition: bool

    def __event__(self) -> Event:
        html = html_of(self.content)
        if is_document(html):
            whole = markup(complete_document(html) + self.tail)
            return elements_event(whole, use_view_transition=self.use_view_transition)
        whole = markup(html + self.tail)
        return elements_event(whole, selector="body", mode="inner", use_view_transition=self.use_view_transition)


def patch(
    content: HTML,
    selector: str | None = None,
    mode: Mode = "outer",
    *,
    use_view_transition: bool = False,
    namespace: Namespace = "html",
) -> Patch:
    """Put elements into the page: into those that the CSS selector names, or else each in the place of its id.

    `"outer"` and `"inner"` morph the element or its content, `"replace"` does without morphing. The elements of an
    `"svg"` or `"mathml"` namespace are parsed as such. Raises EventError for other values, and, when it is sent, for
    elements that have no target.
    """
    check_options(selector, mode, namespace)
    return Patch(content, selector, mode, use_view_transition, namespace)


def remove(selector: str, *, use_view_transition: bool = False) -> Event:
    """Remove the elements that a CSS selector names."""
    return removal_event(selector, use_view_transition=use_view_transition)


def signals(values: object, *, only_if_missing: bool = False) -> Event:
    """Merge signals into those of the page: a dict, which may be nested, a dataclass or a pydantic model.

    A None deletes its signal. With `only_if_missing`, signals that the page has keep their values.
    """
    return signals_event(values, only_if_missing=only_if_missing)


def forget(*names: str) -> Event:
    """Delete signals: `forget("time", "user.name")`."""
    if not names:
        raise EventError("forget() needs the names of signals", hint='As in: ds.forget("time", "user.name")')
    found: dict[str, Any] = {}
    for name in names:
        if not all(str(name).split(".")):
            raise EventError(f"invalid name of a signal: {name!r:.60}", hint='As in: ds.forget("user.name")')
        *parents, last = name.split(".")
        place: dict[str, Any] | None = found
        for parent in parents:
            place = None if place is None else place.setdefault(parent, {})
        if place is not None:  # else all of it goes
            place[last] = None
    return signals_event(found)


def script(code: Template | TrustedJS) -> Event:
    """Run JavaScript in the page. `code` is a t-string, in which values become JSON: `script(t"show({message})")`.

    What it declares with `const` and `let` is its own. Raises EventError for a str, which could contain a visitor's
    text, and TemplateError where a value can't be JSON.
    """
    if isinstance(code, TrustedJS):
        code = t"{code}"
    if not isinstance(code, Template):
        hint = 'Write a t-string, in which values become JSON: ds.script(t"showToast({message})")'
        raise EventError(f"a script must be a t-string, not {type(code).__name__}", hint=hint)
    element = Template('<script data-effect="el.remove()">{\n', *code, "\n}</script>")
    return elements_event(markup(render_template(element)), selector="body", mode="append")


def view(content: HTML, url: str | None = None, *, use_view_transition: bool = False) -> View:
    """Show another page without loading it: a whole document, or else the content of `<body>`.

    `url`, a URL of this site, is then the one that the browser shows, as a new entry of its history. Going back loads
    the page that was shown before. Raises AnswerError for a URL of another site.
    """
    if url is None:
        return View(content, "", use_view_transition)
    check_url("view", url, external=None)
    tail = render_template(
        t"<i hidden data-init=\"history.pushState(null, '', {_resolved(url)}); "
        t"window.hyperView = location.pathname + location.search; window.onpopstate ??= () => "
        t'window.hyperView === location.pathname + location.search || location.reload(); el.remove()"></i>'
    )
    return View(content, tail, use_view_transition)


def redirect(url: str, *, external: bool = False) -> Event:
    """Leave the page for `url` while the stream is open; before it begins, use `hyperpy.redirect`.

    The URL is on this site unless `external`, as there. Raises AnswerError for any other.
    """
    check_url("redirect", url, external=external)
    return elements_event(markup(leaving_html(_resolved(url))), selector="body", mode="append")


def answer(*events: object) -> Response:
    """Answer a request of Datastar that isn't a stream with events, of any kind that a stream yields."""
    if not events:
        raise EventError("answer() needs an event", hint='As in: ds.answer(ds.signals({"saved": True}))')
    response = Response("".join(map(encode_for_datastar, events)))
    response.raw_headers += stream_headers(StreamMode.SSE)
    return response


class Signals(InputMarker):
    """The signals of the page, as the type says: `signals: Progress = ds.Signals()`, a model or a dataclass.

    Datastar sends them in the query of a GET and DELETE, and as the body otherwise. If they don't fit, the answer is
    422 and names each. Requests of other clients have no signals, and get the type's defaults, or None if it allows it.
    """

    def __new__(cls) -> Any:
        return SignalsMarker()


@record(frozen=True)
class SignalsMarker(FromBody):
    """The marker that `Signals()` makes, fitted to the type of its input."""

    input: JSONInput | None = field(default=None, repr=False)

    @property
    def needs(self) -> BodyNeeds:
        return BodyNeeds(json=True)

    def fitted(self, name: str, annotation: Any, kind: Any, *, has_default: bool) -> FromBody:
        return replace(self, input=json_input(name, annotation), optional=True)

    def value(self, request: Request, name: str) -> object:
        assert self.input
        submission = _sent_signals(request)
        if submission is not None:
            return submission.validated(self.input)
        return None if self.input.shape.optional else self.input.validate(_NO_SIGNALS)

    def validator(self, method: str, submission: Submission) -> JSONInput | None:
        return self.input if submission.json is not None else None


_NO_SIGNALS: Final = Submission(json=SubmittedJSON(b"{}", {}))


def _sent_signals(request: Request) -> Submission | None:
    if request.method in _QUERY and (text := request.query_params.get("datastar")) is not None:
        return Submission(json=SubmittedJSON(text.encode(), None))
    form = submitted_body(request.scope).form
    return form if form is not None and form.json is not None else None


def _resolved(url: str) -> str:
    """The URL relative to that of the request, under the path where the site is mounted."""
    run = current.get(None)
    return under_root_path(url) if run is None else absolute_path(run.scope, under_root_path(url))
