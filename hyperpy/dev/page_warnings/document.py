"""The list of warnings that opens in a corner of the page."""

from collections.abc import Sequence
from string.templatelib import Template

from hyperpy.dev.problems import Editor
from hyperpy.dev.problems.page import linked, problem_document, shown_source, with_code
from hyperpy.dev.problems.source_code import Span, excerpt
from hyperpy.exceptions import advice
from hyperpy.pages import LoadWarning

_AROUND = 1  # lines before and after


def warnings_document(warnings: Sequence[LoadWarning], editor: Editor) -> str:
    """A document with the warnings, whose `main` has their number as `data-warnings`."""
    count = f"{len(warnings)} warning{'s' * (len(warnings) > 1)}"
    rows = [t"<li>{_warning(warning, editor)}</li>" for warning in warnings]
    body = t"<h1 class=calm data-warnings={len(warnings)}>{count} about this page</h1><ol>{rows}</ol>"
    return problem_document(count, body, "warnings", t"")


def _warning(warning: LoadWarning, editor: Editor) -> Template:
    span = Span.of_place(warning.place)
    source = shown_source(span, excerpt(span, _AROUND) if span.line else (), linked(editor), "")
    said = advice(warning.hint, warning.place)
    kind = ["hint", {"code": "\n" in said}]
    hint = t"<p class={kind}>{with_code(said)}</p>" if said else t""
    return t"<p class=said>{with_code(warning.what)}</p>{source}{hint}"
