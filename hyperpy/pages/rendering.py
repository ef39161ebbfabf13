"""`render(…)`: the page of the request at hand, or some of its fragments, against the present values."""

from collections.abc import Iterable, Sequence
from functools import partial

from markupsafe import Markup

from hyperpy.exceptions import AnswerError, HyperError, UnknownFragmentError, did_you_mean
from hyperpy.pages.compiler import CompiledTemplate
from hyperpy.pages.run import Run, current
from hyperpy.templates import capture_fragments


def render(*, fragments: str | Iterable[str] | None = None) -> Markup:
    """The named fragments of this request's page, one after the other; without names, the whole page.

    Only what is inside the fragments is evaluated. The page is the template that the body has reached, else the first
    in the file that has the fragment. Raises UnknownFragmentError, which lists the known ones.
    """
    run = current.get(None)
    if run is None:
        raise AnswerError("render() outside a request", hint='Use `html(t"…")` to render a template anywhere.')
    if fragments is None:
        return Markup(run.page())
    names = [fragments] if isinstance(fragments, str) else list(fragments)
    reached = run.reached()
    templates = [reached] if reached else run.route.templates
    return Markup("".join([_fragment(run, name, templates) for name in names]))


def _fragment(run: Run, name: str, templates: Sequence[CompiledTemplate]) -> str:
    for template in templates:
        if codes := template.fragments.get(name):
            try:
                return "".join([eval(code, run.namespace) for code in codes]).strip()
            except HyperError as error:
                raise error.at(template.place) from error.__cause__
    return _captured(run, name, templates)


def _captured(run: Run, name: str, templates: Sequence[CompiledTemplate]) -> str:
    """A fragment whose name is computed, or that stands in a layout: the page has to be rendered to find it."""
    known: set[str] = set()
    for template in templates:
        found, seen = capture_fragments(partial(run.evaluate, template), {name})
        if name in found:
            return found[name].strip()
        known |= seen | set(template.fragments)
    what = f"the page has no fragment `{name}`"
    listed = ", ".join(f"`{known_name}`" for known_name in sorted(known))
    hint = f"It has {listed}." if known else f'Mark an element: <div id="{name}" {{fragment}}>…</div>'
    suggestion = did_you_mean(name, sorted(known))
    raise UnknownFragmentError(
        what, place=templates[0].place if templates else None, hint=f"{hint} {suggestion}".strip()
    )
