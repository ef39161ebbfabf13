"""`q: str = ""` beside `<input name="q">`: an assignment is never an input."""

import ast
import re
from collections.abc import Iterable, Iterator

from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration, LoadWarning, place_of

_POSTED = re.compile(
    r"<form\b([^>]*\s(?:method\s*=\s*[\"']?post\b|(?:data-)?hx-(?:post|put|patch)\s*=)[^>]*)>(.*?)(?=</form|<form|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_CONTROL = re.compile(r"<(?:input|select|textarea)\b[^<>]*?\sname=[\"']?([A-Za-z_]\w*)")


def constant_controls(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[LoadWarning]:
    """Warnings about annotated constants with the name of a control in a t-string of the file."""
    controls = frozenset(name for text in _texts(parsed) for name in _CONTROL.findall(text))
    posted = _posted(parsed)
    for node in parsed.index.owned(None, ast.AnnAssign) if controls else ():
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant() as value) if name in controls:
                if name not in parsed.bound_once or vocabulary.is_final(node.annotation):
                    continue
                written = ast.unparse(node.annotation)
                what = f"`{name}` is always {value.value!r}: an assignment takes nothing from the request"
                marked = f"{'Form' if name in posted else 'Query'}({ast.unparse(value)})"
                hint = f"For what the control `{name}` sends, write `{name}: {written} = {marked}`."
                yield LoadWarning(what, place_of(node, parsed.file), hint)


def queries_of_forms(
    parsed: ParsedFile, declarations: Iterable[Declaration], vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    """Warnings about `name: str` under `if POST:` beside a form that sends a control of that name in its body."""
    sent = _posted(parsed)
    for declared in declarations:
        under_method = declared.methods is not None and "GET" not in declared.methods
        is_query = under_method and not (declared.marked or vocabulary.is_form(declared.annotation))
        if declared.name in sent and is_query:
            what = f"`{declared.name}` is taken from the query, but the form sends it in the body"
            hint = f"Write `{declared.name}: {ast.unparse(declared.annotation)} = Form()`."
            yield LoadWarning(what, place_of(declared.node, parsed.file), hint)


def _posted(parsed: ParsedFile) -> frozenset[str]:
    """The names of the controls that a form of the file sends in a body."""
    forms = (form for text in _texts(parsed) for form in _POSTED.findall(text) if "?" not in form[0])
    return frozenset(name for form in forms for name in _CONTROL.findall(form[1]))


def _texts(parsed: ParsedFile) -> Iterator[str]:
    for template in parsed.index.of(ast.TemplateStr):
        yield "x".join(str(part.value) for part in template.values if isinstance(part, ast.Constant))
