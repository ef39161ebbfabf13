"""`render(…)`: the page of the current request, or some of its fragments, with the current values."""

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from functools import partial
from hashlib import blake2b
from typing import Final, Literal, overload

from markupsafe import Markup

from hyperpy.exceptions import AnswerError, HyperError, TemplateError, UnknownFragmentError, caller_place, known_names
from hyperpy.pages.loading.compiled.code import CompiledTemplate
from hyperpy.pages.request.run import Run, current
from hyperpy.templates import Pending, allow_deferred, capture_fragments
from hyperpy.tracebacks import raising_place

IN_BOTH: Final = 'Return the element from a function, t"…", and interpolate its call in both places.'


@overload
def render(*, fragments: str | Iterable[str] | None = None, if_changed: Literal[False] = False) -> Markup: ...


@overload
def render(*, fragments: str | Iterable[str] | None = None, if_changed: bool) -> Markup | None: ...


def render(*, fragments: str | Iterable[str] | None = None, if_changed: bool = False) -> Markup | None:
    """Render the named fragments of this request's page, one after the other; without names, the whole page.

    Only the expressions inside the fragments are evaluated. The page is the template that the body has reached, or else
    the first one in the file that has the fragment. With `if_changed`, return None if this request has rendered the
    same before. Raises UnknownFragmentError, which lists the known names.
    """
    run = current.get(None)
    if run is None:
        raise AnswerError("render() needs a request", hint='Use `html(t"…")` to render a template anywhere.')
    if fragments is not None:
        run.mark_fragments()
        rendered = _fragments(run, fragments)
    else:
        with _Rendering(run, ""):
            rendered = {"": run.page()}
    if if_changed and run.digests is None:
        run.digests = {}
    if run.digests is not None and not _remember(run.digests, rendered) and if_changed:
        return None
    return Markup("".join(rendered.values()))


def _remember(digests: dict[str, bytes], rendered: dict[str, str]) -> bool:
    """Remember what has been rendered. Returns whether any of it has changed."""
    new = {
        name: blake2b(html.encode(errors="surrogatepass"), digest_size=16).digest() for name, html in rendered.items()
    }
    changed = any(digests.get(name) != digest for name, digest in new.items())
    digests.update(new)
    return changed


def _fragments(run: Run, fragments: str | Iterable[str]) -> dict[str, str]:
    names = [fragments] if isinstance(fragments, str) else fragments
    reached = run.reached()
    templates = [reached] if reached else run.route.templates
    rendered = {}
    for name in names:
        with _Rendering(run, name):
            rendered[name] = _fragment(run, name, templates)
    return rendered


class _Rendering:
    """Renders a fragment, or the page if `name` is empty. Raises an error if it is being rendered already."""

    __slots__ = ("name", "run", "token")

    def __init__(self, run: Run, name: str) -> None:
        self.run = run
        self.name = name

    def __enter__(self) -> None:
        names = _rendering.get()
        if self.name in names:
            raise _endless(self.run, self.name)
        self.token = _rendering.set((*names, self.name))

    def __exit__(self, *_: object) -> None:
        _rendering.reset(self.token)


# What the running code renders: names of fragments, and the empty string for the page.
_rendering: Final[ContextVar[tuple[str, ...]]] = ContextVar("hyperpy.rendering", default=())


def _endless(run: Run, name: str) -> HyperError:
    """The error of a page or fragment that renders itself."""
    reached = run.reached()
    if not name:
        what, hint = "the page renders itself", "Call render() without arguments outside of the page."
    elif reached and name in reached.fragments:
        what, hint = f"the fragment `{name}` renders itself", "Call render() outside of the element that it renders."
    elif _others(run, name):
        return _unknown(run, name, set())
    else:
        what = f"the page renders its fragment `{name}`, which can only be found by rendering the page"
        hint = IN_BOTH
    return AnswerError(what, place=caller_place(), hint=hint)


def _unknown(run: Run, name: str, known: set[str]) -> UnknownFragmentError:
    """The error of a fragment that no page of the file has, or only one that the request has not reached."""
    others = _others(run, name)
    what, hint = f"the page has no fragment `{name}`", known_names(name, sorted(known))
    if others:
        what = f"the page that this request has reached has no fragment `{name}`; line {others[0].place.line} has"
        hint = IN_BOTH
    elif not known:
        hint = f'Mark an element: <div id="{name}" {{fragment}}>…</div>'
    place = caller_place() or (run.route.templates[0].place if run.route.templates else None)
    return UnknownFragmentError(what, place=place, hint=hint)


def _others(run: Run, name: str) -> list[CompiledTemplate]:
    """The templates with a fragment that the request has not reached, if it has reached one."""
    reached = run.reached()
    return [each for each in run.route.templates if reached and each is not reached and name in each.fragments]


def _fragment(run: Run, name: str, templates: Sequence[CompiledTemplate]) -> str:
    for template in templates:
        if code := template.fragments.get(name):
            try:
                html: str = eval(code, run.namespace)
                return html.strip()
            except HyperError as error:
                raise error.at(raising_place(error) or template.place) from error.__cause__
    return _captured(run, name, templates)


def _captured(run: Run, name: str, templates: Sequence[CompiledTemplate]) -> str:
    """Render the page to find a fragment whose name is computed, or that is in a layout."""
    known: set[str] = set()
    for template in templates:
        html, names = _found(run, name, template)
        if html is not None:
            return html.strip()
        known |= names | set(template.fragments)
    raise _unknown(run, name, known)


def _found(run: Run, name: str, template: CompiledTemplate) -> tuple[str | None, set[str]]:
    """The fragment's HTML, None if the page does not have it, and the names of all fragments of the page."""
    names: set[str] = set()

    def captured() -> str:
        found, seen = capture_fragments(partial(run.evaluate, template), {name})
        names.update(seen)
        return found.get(name, "")

    html = allow_deferred(captured, ())
    if isinstance(html, Pending):
        html.close()
        raise TemplateError(
            f"the fragment `{name}` contains async values, and a fragment rendered alone can't wait for them",
            hint="Await them in the loader, result = await …, and interpolate {result}.",
            place=template.place,
        )
    return (html if name in names else None), names
