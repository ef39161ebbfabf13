"""`render(…)`: the page of the current request, or some of its fragments, with the current values."""

from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Literal, overload

from markupsafe import Markup

from hyperpy.exceptions import AnswerError, HyperError, TemplateError, UnknownFragmentError, caller_place, known_names
from hyperpy.pages.loading.compiled.code import CompiledTemplate
from hyperpy.pages.request.run import Run, current
from hyperpy.templates import Pending, allow_deferred, capture_fragments
from hyperpy.tracebacks import raising_place


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
    rendered = {"": run.page()} if fragments is None else _fragments(run, fragments)
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
    return {name: _fragment(run, name, templates) for name in names}


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
    what = f"the page has no fragment `{name}`"
    hint = known_names(name, sorted(known)) if known else f'Mark an element: <div id="{name}" {{fragment}}>…</div>'
    place = caller_place() or (templates[0].place if templates else None)
    raise UnknownFragmentError(what, place=place, hint=hint)


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
