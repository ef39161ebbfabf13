"""`q: str = ""` beside `<input name="q">`, or before `q = q.strip()`: an assignment is never an input."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from hyperpy.exceptions import Place
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.names.builtin_names import builtins_now
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration, LoadWarning, place_of
from hyperpy.record_classes import record

_POSTED = lazy_pattern(
    r"<form\b([^>]*\s(?:method\s*=\s*[\"']?post\b|(?:data-)?hx-(?:post|put|patch)\s*=)[^>]*)>(.*?)(?=</form|<form|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_CONTROL = lazy_pattern(r"<(?:input|select|textarea)\b[^<>]*?\sname=[\"']?([A-Za-z_]\w*)")
_TYPES: Final = (bool, float, int, str)


def constant_controls(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[LoadWarning]:
    """Warnings about annotated constants with the name of a control in a t-string of the file."""
    controls = frozenset(name for text in _texts(parsed) for name in _CONTROL.findall(text))
    posted = _posted(parsed)
    for node in parsed.index.owned(None, ast.AnnAssign):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant() as value):
                again = None if name in parsed.bound_once else own_conversion(parsed.tree, name)
                is_fixed = name in parsed.bound_once or again is not None
                is_meant = name in controls or (again is not None and _is_empty(value.value))
                if not (is_fixed and is_meant) or vocabulary.is_final(node.annotation):
                    continue
                written = ast.unparse(node.annotation)
                is_always = "is always" if again is None else "starts as"
                what = f"`{name}` {is_always} {value.value!r}: an assignment takes nothing from the request"
                marked = f"{'Form' if name in posted else 'Query'}({ast.unparse(value)})"
                source = f"what the control `{name}` sends" if name in controls else "the value from the URL"
                hint = f"For {source}, write `{name}: {written} = {marked}`."
                yield LoadWarning(what, place_of(node, parsed.file), hint)


def own_conversion(tree: ast.Module, name: str) -> ast.Assign | None:
    """The statement that sets a name again, if it is the only one and calls something with its value: `q = q.strip()`.

    For a constant, this makes sense only if the value was meant to be another one.
    """
    stored = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    if sum(node.id == name for node in stored) != 2:
        return None
    if any(name in node.names for node in ast.walk(tree) if isinstance(node, ast.Global)):
        return None
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                nodes = list(ast.walk(value))
                read = {node.id for node in nodes if isinstance(node, ast.Name)}
                is_call = any(isinstance(node, ast.Call) for node in nodes)
                return statement if is_call and name in read and read - {name} <= builtins_now().names else None
    return None


def _is_empty(value: object) -> bool:
    """Whether a conversion of the value is pointless. That of a longer text may be its layout."""
    return value == "" or isinstance(value, bool | float | int)


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


@record(frozen=True, slots=True)
class FixedValue:
    """A variable whose value is a constant, or made from that: then it `is_start`."""

    target: ast.Name
    value: object
    annotation: str
    is_start: bool

    def ignored(self, sent: str, marker: str, file: str, sender: str = "") -> LoadWarning:
        """The warning that what is `sent` under its name has no effect; `sender` is the place that sends it."""
        name = self.target.id
        said = "starts as" if self.is_start else "is always"
        what = f"{sent} has no effect: `{name}` {said} {self.value!r}, since an assignment is never an input"
        source = "URL" if marker == "Query" else "form"
        hint = f"For the value from the {source}, write `{name}: {self.annotation} = {marker}({self.value!r})`."
        place = Place(file, self.target.lineno, self.target.col_offset, len(name))
        return LoadWarning(what, place, f"{sender} sends it. {hint}" if sender else hint)


def fixed_values(tree: ast.Module) -> Mapping[str, FixedValue]:
    """The variables of a file that have no value but a plain constant, or one made from that, by name."""
    assigned = list(_plain_constants(tree))
    if not assigned:
        return {}
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    found: dict[str, FixedValue] = {}
    for target, value, annotation in assigned:
        is_once = stored.count(target.id) == 1
        if is_once or own_conversion(tree, target.id) is not None:
            found[target.id] = FixedValue(target, value, annotation, is_start=not is_once)
    return found


def _plain_constants(tree: ast.Module) -> Iterator[tuple[ast.Name, object, str]]:
    """The variables to which the file assigns a literal, with that and their type."""
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(target=ast.Name() as target, value=ast.Constant(value=value)):
                annotation = ast.unparse(statement.annotation)
            case ast.Assign(targets=[ast.Name() as target], value=ast.Constant(value=value)):
                annotation = type(value).__name__
            case _:
                continue
        if isinstance(value, _TYPES) and not target.id.isupper() and "Final" not in annotation:
            yield target, value, annotation
