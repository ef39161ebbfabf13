"""`redirect(f"/contact?saved={name}")`, where a visitor has written `name`: an `&`, `#` or `+` in it isn't encoded."""

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration, LoadWarning, place_of
from hyperpy.templates.syntax.contexts import URL_CONTEXTS, context_of

# What stands before a value that is all of an attribute.
_ATTRIBUTE: Final = lazy_pattern(r"""<([a-z][\w-]*)\s(?:[^<>]*\s)?([a-z][\w:-]*)\s*=\s*["']?""", re.IGNORECASE)
_IN_PARAMETER: Final = lazy_pattern(r"(?:https?:/)?/[^?#]*\?(?:[^#]*&)?[^?&=#]+=[^&#]*|\?(?:[^#]*&)?[^?&=#]+=[^&#]*")
_PARAMETERS: Final = lazy_pattern(r"([^?#\0]*)\?([a-z_]\w*=\0(?:&[a-z_]\w*=\0)*)", re.IGNORECASE)
# Their results hold what the text did.
_KEEPING: Final = frozenset({"capitalize", "casefold", "lower", "strip", "title", "upper"})
_CHECKS: Final = lazy_pattern(
    r"_*(?:assert|check|clean|ensure|is_?|quote|require|safe|sanit|slug|valid|verif)", re.IGNORECASE
)
_ENDS_AT_QUOTE: Final = lazy_pattern(r"[A-Za-z]+\"(?!\"\")")
_CALLS: Final = frozenset({"RedirectResponse", "redirect"})
_HOLE: Final = "x"

type Parts = Sequence[str | ast.expr]
"""The pieces of a text: static ones, and expressions."""


def unencoded_inputs(
    parsed: ParsedFile, declarations: Collection[Declaration], vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    """Warnings about text from a visitor in the query of a URL that the file puts together by itself."""
    if "?" not in parsed.source:
        return
    texts = _Texts(parsed, declarations, vocabulary)
    if not texts.names and not texts.forms:
        return
    for call in parsed.index.of(ast.Call):
        if call.args and vocabulary.public_name(call.func) in _CALLS:
            parts = _parts(call.args[0])
            for value in _in_query(parts, texts):
                yield _warning(value, _built(parts, ast.unparse(call.func)), parsed.file)
    lines = parsed.source.splitlines()
    for template in parsed.index.of(ast.TemplateStr):
        for name, value in _urls(template):
            parts = _parts(value)
            hint = f"Write the URL in the template, which encodes values: {name}={_written(parts, template, lines)}"
            yield from (_warning(text, hint, parsed.file) for text in _in_query(parts, texts))


def _urls(template: ast.TemplateStr) -> Iterator[tuple[str, ast.expr]]:
    """The values that begin attributes with a URL, with the names of these."""
    before = ""
    for part in template.values:
        if isinstance(part, ast.Interpolation):
            found = _ATTRIBUTE.fullmatch(before, max(before.rfind("<"), 0))
            if found and context_of(found[1], found[2]) in URL_CONTEXTS:
                yield found[2], part.value
        before += str(part.value) if isinstance(part, ast.Constant) else _HOLE


def _warning(value: ast.expr, hint: str, file: str) -> LoadWarning:
    what = (
        f"`{ast.unparse(value)}` is text from a request, and isn't encoded in this URL: `&` or `#` would end the value"
    )
    return LoadWarning(what, place_of(value, file), f"{hint}.")


class _Texts:
    """The inputs of a file that can be any text, as far as it is certain."""

    def __init__(self, parsed: ParsedFile, declarations: Collection[Declaration], vocabulary: Vocabulary) -> None:
        self._parsed = parsed
        unclear = _set_again(parsed) | _checked(parsed, vocabulary)
        own = [each for each in declarations if isinstance(each.node, ast.AnnAssign) and each.name not in unclear]
        self.names = {each.name for each in own if _is_text(each.annotation, each.marker)}
        self.forms = {each.name: _model(each.annotation) for each in own if vocabulary.is_form(each.annotation)}

    def include(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self.names
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id=form), attr="data"), attr=field):
                return form in self.forms and self._is_text_field(self.forms[form], field)
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _KEEPING:
                return self.include(value)
        return False

    def _is_text_field(self, model: str, field: str) -> bool:
        """Whether a field of a model in this file is any text. A validator may check it."""
        for node in self._parsed.tree.body:
            match node:
                case ast.ClassDef(name=name, body=body) if name == model:
                    if any(isinstance(each, ast.FunctionDef) for each in body):
                        return False
                    fields = [each for each in body if isinstance(each, ast.AnnAssign)]
                    return any(
                        isinstance(each.target, ast.Name)
                        and each.target.id == field
                        and _is_text(each.annotation, each.value)
                        for each in fields
                    )
        return False


def _model(annotation: ast.expr) -> str:
    match annotation:
        case ast.Subscript(slice=ast.Name(id=name)):
            return name
    return ""


def _is_text(annotation: ast.expr, value: ast.expr | None) -> bool:
    """Whether a type is `str`, optional or with one marker, and without a pattern."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[kind, ast.Call() as marker])):
            return _is_text(kind, marker)
        case ast.BinOp(left=kind, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _is_text(kind, value)
    is_any = not (isinstance(value, ast.Call) and any(each.arg in (None, "pattern") for each in value.keywords))
    return isinstance(annotation, ast.Name) and annotation.id == "str" and is_any


def _set_again(parsed: ParsedFile) -> set[str]:
    """Names that may mean something else somewhere: they are set again, or are parameters."""
    stored = [node.id for node in parsed.index.of(ast.Name) if not isinstance(node.ctx, ast.Load)]
    once = {name for name in stored if stored.count(name) == 1}
    return {*stored} - once | {node.arg for node in parsed.index.of(ast.arg)}


def _checked(parsed: ParsedFile, vocabulary: Vocabulary) -> set[str]:
    """Names of inputs that the file compares with something, or gives to a function that may check them."""
    found: set[str] = set()
    index = parsed.index
    tests = [node.test for node in index.of(ast.If, ast.IfExp, ast.While, ast.Assert)]
    calls = [call for test in tests for call in index.of(ast.Call, inside=test)]
    calls += [call for call in index.of(ast.Call) if _CHECKS.match(ast.unparse(call.func).rpartition(".")[2])]
    used = [call for call in index.of(ast.Call) if vocabulary.public_name(call.func) not in _CALLS]
    calls += [value for call in used if _may_check(call, index) for value in (*call.args, *call.keywords)]
    subjects = [node.subject for node in index.of(ast.Match)]
    for node in (*index.of(ast.Compare), *subjects, *calls):
        found.update(name.id for name in index.of(ast.Name, inside=node))
    return found


def _may_check(call: ast.Call, index: FileIndex) -> bool:
    """Whether a function may check its arguments: because its result is used, or because it may raise in a `try`."""
    parent = index.parent(call)
    while isinstance(parent, ast.Await):
        parent = index.parent(parent)
    if not isinstance(parent, ast.Expr):
        return not isinstance(parent, ast.Interpolation | ast.FormattedValue)
    around: ast.AST | None = parent
    while around is not None and not isinstance(around, ast.Try):
        around = index.parent(around)
    return around is not None


def _parts(node: ast.expr) -> Parts:
    """The pieces of an f-string, or of strings that are added."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return [part for value in values for part in _parts(value)]
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return [value]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*_parts(left), *_parts(right)]
    return [node]


def _in_query(parts: Parts, texts: _Texts) -> Iterator[ast.expr]:
    """The inputs in the values of parameters of a URL whose beginning is static."""
    before = ""
    for part in parts:
        if isinstance(part, str):
            before += part
            continue
        if _IN_PARAMETER.fullmatch(before) and texts.include(part):
            yield part
        before += _HOLE


def _built(parts: Parts, function: str) -> str:
    """What to write for the same URL with its values encoded, in a call of the function."""
    values = [part for part in parts if not isinstance(part, str)]
    found = _PARAMETERS.fullmatch("".join(part if isinstance(part, str) else "\0" for part in parts))
    if found and found[1].startswith("/"):
        names = re.findall(r"(\w+)=\0", found[2])
        arguments = [f"{name}={ast.unparse(value)}" for name, value in zip(names, values, strict=True)]
        return f'Write {function}(url("{found[1]}", {", ".join(arguments)}))'
    return f"Write quote({ast.unparse(values[-1])}), with `from urllib.parse import quote`"


def _written(parts: Parts, template: ast.TemplateStr, lines: list[str]) -> str:
    """The pieces as an attribute's value, in other quotes than those of the t-string."""
    quote = "'" if _ENDS_AT_QUOTE.match(lines[template.lineno - 1].encode()[template.col_offset :].decode()) else '"'
    return quote + "".join(part if isinstance(part, str) else f"{{{ast.unparse(part)}}}" for part in parts) + quote
