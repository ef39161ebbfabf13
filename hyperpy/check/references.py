"""The URLs that a file's templates and redirects lead to, as far as they are literal."""

import ast
import html
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from hyperpy.check.site_files import SiteFile
from hyperpy.exceptions import Place
from hyperpy.pages.facts import place_of
from hyperpy.record_classes import record
from hyperpy.templates.at_load.literals import Literal
from hyperpy.templates.syntax.holes import Context, Spec, Value
from hyperpy.templates.syntax.nodes import Attribute, EndTag, Spread, Tag, walk

VALUE: Final = "\0"
"""In a target: a value, which takes up at least one segment of the path if it stands alone there."""
ANYTHING: Final = "\1"
"""In a target: what may be anything, and nothing."""

# hx-get → GET, for htmx's attributes and for the actions of Datastar. EventSource sends GET.
_VERBS: Final = {verb: verb.upper() for verb in ("get", "post", "put", "patch", "delete")}
STREAM_ATTRIBUTES: Final = frozenset({"sse-connect", "hx-sse:connect"})
# Their URLs are for WebSockets or other libraries, or depend on another attribute.
_SKIPPED: Final = frozenset(
    {"cite", "classid", "codebase", "hx-action", "hx-multipart:connect", "hx-query", "hx-ws:connect", "longdesc"}
) | {"manifest", "profile", "usemap", "ws-connect", "xml:base"}
_ACTION: Final = re.compile(r"@(get|post|put|patch|delete)\(\s*(['\"`])((?:(?!\2).)*)\2\s*([,)]?)", re.DOTALL)
# Attributes by which a script may send another request than the link or form would.
_TAKES_OVER: Final = re.compile(
    r"(?:data-)?hx-(?:get|post|put|patch|delete)\b|data-(?:turbo-)?method|on|@|v-on|x-on|data-on"
)
_EXPRESSION: Final = re.compile(r"\$\{[^}]*\}")


@record(frozen=True, slots=True)
class Reference:
    """`method` is None if it can't be known. `source` is what leads there, for messages: `hx-post`.

    `place` takes time to compute, and most references are right.
    """

    target: str
    method: str | None
    source: str
    place: Callable[[], Place]
    is_stream: bool = False
    is_fetched: bool = False
    """Whether what it leads to becomes a part of another page."""
    is_relative: bool = False
    """Whether it leads to the URL of its page."""
    controls: frozenset[str] = frozenset()
    """The names of the form controls whose values it sends, as far as the same t-string has them."""


class _Written(NamedTuple):
    """An attribute in a template, with the tag that it belongs to."""

    literal: Literal
    tag: Tag
    attribute: Attribute


def references(file: SiteFile) -> Iterator[Reference]:
    """The URLs in the templates of a file, and the targets of its literal redirects."""
    pages = _pages(file)
    for literal in file.literals:
        form: Tag | None = None
        for node in walk(literal.document.nodes):
            if isinstance(node, EndTag) and node.name == "form":
                form = None
            elif isinstance(node, Tag):
                form = node if node.name.lower() == "form" else form
                yield from _of_tag(file, literal, node, form)
                if form is node and literal.node in pages:
                    yield from _own_form(file, literal, node)
    for call in file.parsed.index.of(ast.Call):
        if call.args and file.vocabulary.public_name(call.func) == "redirect":
            target = expression_text(call.args[0])
            if target.startswith("/"):
                yield Reference(target, "GET", "redirect()", partial(place_of, call.args[0], file.path))


def _pages(file: SiteFile) -> frozenset[ast.TemplateStr]:
    """The t-strings that are pages of the file, and the t-strings nested in them."""
    index = file.parsed.index
    shown = [node.value for node in index.owned(None, ast.Expr) if isinstance(node.value, ast.TemplateStr)]
    return frozenset(node for page in shown for node in index.of(ast.TemplateStr, inside=page))


def _own_form(file: SiteFile, literal: Literal, form: Tag) -> Iterator[Reference]:
    """The URL of the page itself, for a form without an action."""
    names = {item.name.lower() for item in form.attributes if isinstance(item, Attribute)}
    method = _method(form, "method")
    if file.url and method and "action" not in names and not _is_taken_over(form):
        place = partial(file.place, literal, form.start, len(form.name) + 1)
        controls = _controls(literal, form)
        yield Reference(file.url, method, "this form", place, is_relative=True, controls=controls)


def _controls(literal: Literal, form: Tag) -> frozenset[str]:
    """The names of the controls in a form."""
    found: set[str] = set()
    is_inside = False
    for node in walk(literal.document.nodes):
        if node is form:
            is_inside = True
        elif is_inside and isinstance(node, EndTag) and node.name == "form":
            break
        elif is_inside and isinstance(node, Tag):
            found.update(_control(node))
    return frozenset(found)


def _control(tag: Tag) -> Iterator[str]:
    """The name of a control that a form sends, if it is literal."""
    if tag.name.lower() in ("input", "select", "textarea"):
        values = (item.value for item in tag.attributes if isinstance(item, Attribute) and item.name.lower() == "name")
        yield from (
            html.unescape(str(value[0])) for value in values if value and isinstance(value[0], str) and len(value) == 1
        )


def _is_taken_over(tag: Tag) -> bool:
    return any(isinstance(item, Attribute) and _TAKES_OVER.match(item.name.lower()) for item in tag.attributes)


def _of_tag(file: SiteFile, literal: Literal, tag: Tag, form: Tag | None) -> Iterator[Reference]:
    for attribute in tag.attributes:
        if isinstance(attribute, Attribute) and attribute.value is not None:
            written = _Written(literal, tag, attribute)
            yield from _actions(file, written)
            yield from _url(file, written, form)


def _url(file: SiteFile, written: _Written, form: Tag | None) -> Iterator[Reference]:
    attribute, element = written.attribute, written.tag.name.lower()
    name = attribute.name.lower().removeprefix("data-")
    name = name.partition(":inherited")[0]
    if attribute.context not in (Context.URL, Context.IMAGE_URL) or name in _SKIPPED:
        return
    verb = _VERBS.get(name.removeprefix("hx-")) if name.startswith("hx-") else None
    method: str | None = verb or "GET"
    if name == "action":
        method = _method(written.tag, "method")
    elif name == "formaction":
        method = _method(written.tag, "formmethod", form)
    if name in ("hx-push-url", "hx-replace-url") and attribute.value in (("true",), ("false",)):
        return
    if element in ("base", "link") and _text_of(written.tag, "rel") in ("dns-prefetch", "preconnect"):
        return
    if verb is None and _is_taken_over(written.tag):
        method = None
    target = target_text(written.literal, attribute.value or ())
    place = partial(file.place, written.literal, attribute.start, len(attribute.name))
    is_stream, is_fetched = name in STREAM_ATTRIBUTES, name in STREAM_ATTRIBUTES or verb is not None
    controls: frozenset[str] = frozenset()
    if name == "action" or (verb and element == "form"):
        controls = _controls(written.literal, written.tag)
    elif verb:
        controls = frozenset(_control(written.tag))
    yield Reference(target, method, attribute.name, place, is_stream, is_fetched, controls=controls)


def _actions(file: SiteFile, written: _Written) -> Iterator[Reference]:
    """The literal URLs in the expressions of Datastar: `data-on:click="@post('/todos')"`."""
    attribute = written.attribute
    if not attribute.name.lower().startswith("data-"):
        return
    text = html.unescape("".join(piece if isinstance(piece, str) else ANYTHING for piece in attribute.value or ()))
    for match in _ACTION.finditer(text):
        target = _EXPRESSION.sub(ANYTHING, match[3]) + ("" if match[4] else ANYTHING)
        place = partial(file.place, written.literal, attribute.start, len(attribute.name))
        yield Reference(target, _VERBS[match[1]], f"@{match[1]}()", place, is_fetched=True)


def _method(tag: Tag, name: str, form: Tag | None = None) -> str | None:
    """The method of a form or of a button in it; None if a value or a spread decides."""
    for item in tag.attributes:
        if isinstance(item, Spread):
            return None
        if item.name.lower() == name:
            text = _text_of(tag, name)
            return text.upper() if text in ("get", "post") else None
    if name == "formmethod":
        return _method(form, "method") if form is not None else None
    return "GET"


def _text_of(tag: Tag, name: str) -> str | None:
    """The literal value of an attribute, in lower case; None if it isn't literal."""
    for item in tag.attributes:
        if not isinstance(item, Attribute) or item.name.lower() != name:
            continue
        if item.value is not None and all(isinstance(piece, str) for piece in item.value):
            return html.unescape("".join(map(str, item.value))).strip().lower()
    return None


def target_text(literal: Literal, value: Value) -> str:
    """A URL attribute as text, with VALUE and ANYTHING in the place of values."""
    text = ""
    for piece in value:
        if isinstance(piece, str):
            text += html.unescape(piece)
            continue
        shape = literal.document.shapes[piece]
        hole = literal.holes.get(piece)
        if len(value) == 1 and hole is not None and shape.spec is Spec.NONE and shape.conversion is None:
            text += expression_text(hole.value)
        else:
            text += ANYTHING if shape.spec is Spec.SAFE else VALUE
    return text.strip()


def expression_text(expression: ast.expr) -> str:
    """A literal string or f-string, with VALUE in the place of its values; ANYTHING for other expressions."""
    match expression:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in values)
    return ANYTHING
